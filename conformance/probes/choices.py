"""Probes of several choices at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.probes.asking import LONG, ask
from conformance.probes.registry import probe
from conformance.probes.tolerance import whole_chats

if TYPE_CHECKING:
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

_SOME = 5
"""Output tokens of each choice."""
_ASKED = 2


@probe()
def choices_two(target: Target) -> Calls:
    """Asks for two choices, whole and streamed."""
    for operation in whole_chats(target):
        if "n" in operation.request:
            body = ask(target, operation, LONG, tokens=_SOME, n=_ASKED)
            yield target.call(operation, body, tokens=_ASKED * _SOME)
            if operation.streams == "on-request":
                yield target.call(operation, body | {"stream": True}, tokens=_ASKED * _SOME)
