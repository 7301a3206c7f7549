"""Probes of what streams lose: white space, and their pieces where tools are offered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.probes.asking import LONG, ask
from conformance.probes.registry import probe

if TYPE_CHECKING:
    from conformance.contract.model import Operation
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

SPACED = "Repeat exactly this text:\none two\n\n  three four\n\n- five\n- six"
_SPACED_TOKENS = 32
_LONG_TOKENS = 40
_CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
_WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {"name": "get_weather", "description": "Tells the weather in a city.", "parameters": _CITY},
}


def _both_ways(target: Target, *words: str) -> list[Operation]:
    chats = (operation for operation in target.of_kind("chat") if operation.streams == "on-request")
    return [operation for operation in chats if {"stream", *words} <= set(operation.request)]


@probe()
def stream_spaced(target: Target) -> Calls:
    """Asks for a text of several lines and indents, streamed and whole."""
    for operation in _both_ways(target):
        for stream in (True, None):
            yield target.call(operation, ask(target, operation, SPACED, tokens=_SPACED_TOKENS, stream=stream))


@probe()
def stream_tools(target: Target) -> Calls:
    """Asks for a long stream and offers a tool that does not help."""
    for operation in _both_ways(target, "tools"):
        body = ask(target, operation, LONG, tokens=_LONG_TOKENS, stream=True, tools=[_WEATHER])
        yield target.call(operation, body)
