"""Probes of requests that are right or wrong in unusual ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.probes.asking import SHORT, ask
from conformance.probes.errors import bodied, path_of
from conformance.probes.registry import probe
from conformance.probes.target import placed, written

if TYPE_CHECKING:
    from conformance.contract.model import Operation
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

DEPTH = 5_000
"""Arrays within arrays."""
DIGITS = 400
"""Digits of an integer beyond the range of a double."""
LENGTH = 1_000_000
"""Characters of a long text."""
CONTROLS = "".join(map(chr, (0, 1, 7, 8, 11, 12, 27, 31, 127, 0x85, 0x2028)))

_MARK = "llm-conformance-here"


def _with(target: Target, operation: Operation, word: str, text: bytes) -> bytes:
    """Return a capped request whose field has this JSON text, which no serialiser would write."""
    body = placed(ask(target, operation), operation.request[word], _MARK)
    return written(body).replace(f'"{_MARK}"'.encode(), text)


@probe()
def robustness_deep_json(target: Target) -> Calls:
    """Sends messages that nest five thousand arrays deep."""
    for operation in target.of_kind("chat"):
        body = _with(target, operation, "messages", b"[" * DEPTH + b"]" * DEPTH)
        yield target.call(operation, body, tokens=target.api.profile.caps.short)


@probe()
def robustness_huge_number(target: Target) -> Calls:
    """Asks for numbers of tokens that no machine number can hold."""
    for operation in target.of_kind("chat"):
        for text in (b"9" * DIGITS, b"1e400"):
            yield target.call(operation, _with(target, operation, "max_tokens", text))


@probe()
def robustness_long_string(target: Target) -> Calls:
    """Sends one message of a million characters."""
    operation = target.of_kind("chat")[0]
    prompt = f"{SHORT}. ".ljust(LENGTH, "a")
    yield target.call(operation, ask(target, operation, prompt))


@probe()
def robustness_control_chars(target: Target) -> Calls:
    """Sends a message with NUL and other control characters, escaped as JSON demands."""
    for operation in target.of_kind("chat"):
        yield target.call(operation, ask(target, operation, f"{SHORT}{CONTROLS}"))


@probe()
def robustness_empty_body(target: Target) -> Calls:
    """Sends each operation with a body an empty one, declared as JSON."""
    for operation in bodied(target):
        yield target.call(operation, b"", path=path_of(target, operation), tokens=0)
