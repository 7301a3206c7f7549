"""Probes of log probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.probes.asking import LONG, ask
from conformance.probes.registry import probe
from conformance.probes.tolerance import whole_chats

if TYPE_CHECKING:
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

_SOME = 6
"""Output tokens that are told the probabilities of."""
_ALTERNATIVES = 2


@probe()
def logprobs_told(target: Target) -> Calls:
    """Asks for log probabilities with two alternatives, whole and streamed, then for them alone."""
    for operation in whole_chats(target):
        if {"logprobs", "top_logprobs"} <= set(operation.request):
            body = ask(target, operation, LONG, tokens=_SOME, logprobs=True, top_logprobs=_ALTERNATIVES)
            yield target.call(operation, body)
            if operation.streams == "on-request":
                yield target.call(operation, body | {"stream": True})
            yield target.call(operation, ask(target, operation, LONG, tokens=_SOME, logprobs=True))
