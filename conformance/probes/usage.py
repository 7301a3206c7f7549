"""Probes of what streams say about their tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.probes.asking import LONG, ask
from conformance.probes.registry import probe

if TYPE_CHECKING:
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

_SOME = 5
"""Output tokens of a stream that has several chunks."""


@probe()
def usage_streamed(target: Target) -> Calls:
    """Asks for streams that tell their usage, of a chat and of a text completion."""
    for operation in target.of_kind("chat", "completion"):
        if operation.streams != "never" and {"stream", "stream_options"} <= set(operation.request):
            options = {"include_usage": True}
            body = ask(target, operation, LONG, tokens=_SOME, stream=True, stream_options=options)
            yield target.call(operation, body)
