"""Probes of streamed answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.probes.asking import LONG, ask
from conformance.probes.registry import probe

if TYPE_CHECKING:
    from conformance.contract.model import Operation
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

SCRIPTS = "Repeat exactly this text: 😀 春天來了 🎉 지내고 привет 👩‍🚀 žluťoučký 𝒳"
LEFT = "Count from one to forty in words, separated by commas."
_SETTLING = 0.1
"""Seconds that a server gets to notice that its client left."""


def _streaming(target: Target) -> list[Operation]:
    """Return the operations that stream what is said to them; text completions are asked by probes of their own."""
    return [o for o in target.operations if o.streams != "never" and o.kind != "completion"]


@probe()
def stream_long(target: Target) -> Calls:
    """Asks twice for a long stream, long enough to be watched."""
    for operation in _streaming(target):
        for _ in range(2):
            yield target.call(operation, ask(target, operation, LONG, tokens=target.api.profile.caps.long, stream=True))


@probe()
def stream_scripts(target: Target) -> Calls:
    """Asks for a stream of many scripts, with characters outside the BMP."""
    for operation in _streaming(target):
        cap = target.api.profile.caps.long
        yield target.call(operation, ask(target, operation, SCRIPTS, tokens=cap, stream=True))


@probe()
def stream_left(target: Target) -> Calls:
    """Leaves a stream after its first pieces, then asks the same unstreamed."""
    plain = [operation for operation in target.of_kind("chat") if operation.streams != "always"]
    for operation in _streaming(target):
        cap = target.api.profile.caps.long
        yield target.call(operation, ask(target, operation, LEFT, tokens=cap, stream=True), leave_after=2)
        for other in plain[:1]:
            yield target.call(other, ask(target, other, LEFT), wait=_SETTLING)


@probe()
def stream_flag(target: Target) -> Calls:
    """Says the flag where the operation decides: no stream of a stream, a stream of what is none."""
    for operation in target.of_kind("chat"):
        if operation.streams == "always":
            yield target.call(operation, ask(target, operation, stream=False))
            yield target.call(operation, ask(target, operation, stream=None))
        elif operation.streams == "never" and "stream" in operation.request:
            yield target.call(operation, ask(target, operation, stream=True))
            yield target.call(operation, ask(target, operation, LONG, tokens=target.api.profile.caps.long, stream=True))
