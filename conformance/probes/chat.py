"""Probes of whole chat answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.probes.asking import LONG, ask
from conformance.probes.registry import probe

if TYPE_CHECKING:
    from conformance.contract.model import Operation
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

_ENOUGH = 128
"""Output tokens in which a tiny structured answer surely fits."""

_COLOUR = {"type": "object", "properties": {"colour": {"type": "string"}}}
_TOOL = {"type": "function", "function": {"name": "note_colour", "parameters": _COLOUR}}
_FORMAT = {"type": "json_schema", "json_schema": {"name": "colour", "schema": _COLOUR}}
_ASK_COLOUR = "Name the colour of a clear sky, as a JSON object with the single member colour."

ALONE: tuple[dict[str, Any], ...] = (
    {"temperature": 1},
    {"temperature": 2},
    {"top_p": 1},
    {"max_tokens": 1},
    {"user": "llm-conformance"},
    {"stream": False},
    {"reasoning": {"effort": "low"}, "max_tokens": _ENOUGH},
    {"reasoning_effort": "low", "max_tokens": _ENOUGH},
    {"tools": [_TOOL]},
    {"tools": [_TOOL], "tool_choice": "auto"},
    {"response_format": _FORMAT, "max_tokens": _ENOUGH},
    {"web_search_options": {"search_context_size": "low"}},
    {"structured_outputs": {"json": _COLOUR}, "max_tokens": _ENOUGH},
    {"frequency_penalty": 0.5},
    {"presence_penalty": 0.5},
    {"repetition_penalty": 1.1},
    {"stop": "five"},
    {"seed": 7},
    {"seed": 7},
)
"""Values of the kind that the descriptions of the options mean; the seed twice, so that two answers can be compared."""


@probe()
def chat_plain(target: Target) -> Calls:
    """Asks twice for one word."""
    for operation in _whole(target):
        yield target.call(operation, ask(target, operation))
        yield target.call(operation, ask(target, operation))


@probe()
def chat_capped(target: Target) -> Calls:
    """Asks for a long answer in few tokens."""
    for operation in _whole(target):
        yield target.call(operation, ask(target, operation, LONG, tokens=5))


@probe()
def chat_bare(target: Target) -> Calls:
    """Sends nothing but the required fields."""
    for operation in _whole(target):
        yield target.call(operation, ask(target, operation, max_tokens=None, temperature=None))


@probe()
def chat_options(target: Target) -> Calls:
    """Sends each documented option alone, then all of them together."""
    for operation in _whole(target):
        together: dict[str, Any] = {}
        for words in ALONE:
            body = _with(target, operation, words)
            if target.api.schemas.valid(operation.promise, body) and set(words) <= set(operation.request):
                yield target.call(operation, body)
                together |= words
        yield target.call(operation, _with(target, operation, together | {"temperature": 0.7}))


@probe()
def chat_conversation(target: Target) -> Calls:
    """Sends a system message, several turns, and both."""
    system = {"role": "system", "content": "You answer with a single word."}
    turns = [
        {"role": "user", "content": "Which colour has snow?"},
        {"role": "assistant", "content": "White."},
        {"role": "user", "content": "And coal?"},
    ]
    for operation in _whole(target):
        for messages in ([system, turns[0]], turns, [system, *turns]):
            yield target.call(operation, ask(target, operation, messages=messages))


@probe()
def chat_forced_tool(target: Target) -> Calls:
    """Demands the call of one tool."""
    forced = {"type": "function", "function": {"name": "note_colour"}}
    for operation in _whole(target):
        body = ask(
            target, operation, "Note the colour of a clear sky.", tokens=_ENOUGH, tools=[_TOOL], tool_choice=forced
        )
        yield target.call(operation, body)


def _whole(target: Target) -> list[Operation]:
    return [operation for operation in target.of_kind("chat") if operation.streams != "always"]


def _with(target: Target, operation: Operation, words: dict[str, Any]) -> dict[str, Any]:
    prompt = _ASK_COLOUR if {"response_format", "structured_outputs"} & set(words) else LONG
    return ask(target, operation, prompt, **{"temperature": None, **words})
