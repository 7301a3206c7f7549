"""Probes of tool calls: forced, chosen, forbidden, several at once, and answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.exchange import jsontext
from conformance.probes.asking import SHORT, ask
from conformance.probes.registry import probe
from conformance.probes.target import pointed

if TYPE_CHECKING:
    from conformance.contract.model import Operation
    from conformance.exchange.model import Exchange
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

_CALLED = 32
"""Output tokens in which a call with one short argument fits."""
_SEVERAL = 64
"""Output tokens in which two such calls fit."""
_TOLD = 16
"""Output tokens in which a code fits."""
_REFUSED = 5
"""Output tokens where a refusal is expected, or nothing of interest is said."""
_CUT = 3
"""Output tokens in which no call with an argument fits."""


def _tool(name: str, description: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON Schema
    function = {"name": name, "description": description} | ({"parameters": parameters} if parameters else {})
    return {"type": "function", "function": function}


_COLOUR = _tool(
    "note_colour",
    "Notes a colour.",
    type="object",
    properties={"colour": {"type": "string"}},
    required=["colour"],
)
_GREETING = _tool(
    "greet", "Greets a person.", type="object", properties={"name": {"type": "string"}}, required=["name"]
)
_PING = _tool("ping", "Takes no arguments.")
_PAGE = _tool(
    "fetch_page",
    "Fetches a page.",
    **{
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "address": {"type": "string", "format": "uri"},
            "depth": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "options": {"$ref": "#/$defs/Options"},
        },
        "required": ["address"],
        "additionalProperties": False,
        "$defs": {"Options": {"type": "object", "properties": {"fresh": {"type": "boolean"}}}},
    },
)

_ID = "a1B2c3D4e"
"""An id that every server can read: Mistral's has nine letters and digits."""
_CODE = "7Q4XK2"
"""What a tool tells, and no model says of its own accord."""
_BOTH = "Call the function note_colour with the colour blue, and at the same time call the function ping."

_EITHER = "Call the function note_colour with the colour blue, and at the same time call the function greet with Ada."


def _named(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


def _answered(call: dict[str, Any] | None, content: Any, name: str = _ID) -> list[dict[str, Any]]:  # noqa: ANN401
    """Return a conversation in which a tool told a code; `call` is the message that called it."""
    asked = {"role": "user", "content": "Which code does the tool tell? Reply with the code alone."}
    function = {"name": "note_colour", "arguments": '{"colour": "blue"}'}
    calling = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": _ID, "type": "function", "function": function}],
    }
    return [asked, call or calling, {"role": "tool", "tool_call_id": name, "content": content}]


def _own_call(exchange: Exchange) -> tuple[dict[str, Any] | None, str]:
    """Return the message of a whole answer, as it came, with the id of the call in it; None where there is none."""
    said = jsontext.parse(exchange.response.body) if exchange.response else None
    message = pointed(said.value, "/choices/0/message") if said and said.ok else None
    name = pointed(message, "/tool_calls/0/id")
    return (message, name) if isinstance(message, dict) and isinstance(name, str) else (None, _ID)


def _calling(target: Target) -> list[Operation]:
    """Return the chat operations that take tools and answer whole or streamed, as they are asked."""
    return [o for o in target.of_kind("chat") if {"tools", "tool_choice"} <= set(o.request) and o.streams != "always"]


@probe()
def tools_forced(target: Target) -> Calls:
    """Demands the call of one of two tools by name, the same streamed, goes on with the answer and demands both."""
    tools, forced = [_COLOUR, _GREETING], _named("note_colour")
    for operation in _calling(target):
        body = ask(target, operation, "Greet Ada.", tokens=_CALLED, tools=tools, tool_choice=forced)
        called = yield target.call(operation, body)
        yield target.call(operation, body | {"stream": True})
        talk = [*_answered(*_told(called)), {"role": "user", "content": _EITHER}]
        again = ask(target, operation, messages=talk, tokens=_SEVERAL, tools=tools, tool_choice="required")
        yield target.call(operation, again)


def _told(called: Exchange) -> tuple[dict[str, Any] | None, str, str]:
    message, name = _own_call(called)
    return message, f"The code is {_CODE}.", name


@probe()
def tools_answered(target: Target) -> Calls:
    """Tells what a tool told, in parts; allows one call alone; then whatever tells why one of the two was refused.

    Where both were accepted, says that no tool may be called.
    """
    parts = [{"type": "text", "text": "The code "}, {"type": "text", "text": f"is {_CODE}."}]
    for operation in _calling(target):
        talk = _answered(None, parts)
        told = yield target.call(operation, ask(target, operation, messages=talk, tokens=_TOLD, tools=[_COLOUR]))
        single = yield target.call(operation, _either(target, operation, parallel=False))
        if _is_refused(told):
            simpler = _answered(None, f"The code is {_CODE}.")
            body = ask(target, operation, messages=simpler, tokens=_TOLD, tools=[_COLOUR])
        elif _is_refused(single):
            body = _either(target, operation, parallel=True)
        else:
            body = ask(target, operation, SHORT, tokens=_REFUSED, tool_choice="none")
        yield target.call(operation, body)
        orphan = _answered(None, f"The code is {_CODE}.", "z9Y8x7W6v")
        yield target.call(operation, ask(target, operation, messages=orphan, tokens=_REFUSED, tools=[_COLOUR]))


def _either(target: Target, operation: Operation, *, parallel: bool) -> dict[str, Any]:
    tools = [_COLOUR, _GREETING]
    return ask(target, operation, _EITHER, tokens=_CALLED, tools=tools, parallel_tool_calls=parallel)


def _is_refused(exchange: Exchange) -> bool:
    return 400 <= (exchange.status or 0) < 500


@probe()
def tools_several(target: Target) -> Calls:
    """Asks for two calls at once, streamed."""
    for operation in _calling(target):
        both = ask(target, operation, _BOTH, tokens=_SEVERAL, tools=[_COLOUR, _PING], stream=True)
        yield target.call(operation, both)


@probe()
def tools_chosen(target: Target) -> Calls:
    """Demands any call where none is called for, forbids one that is, and demands one of no tool."""
    for operation in _calling(target):
        yield target.call(operation, ask(target, operation, SHORT, tokens=_TOLD, tools=[_PING], tool_choice="required"))
        forbidden = "Call the function note_colour with the colour blue."
        yield target.call(
            operation, ask(target, operation, forbidden, tokens=_TOLD, tools=[_COLOUR], tool_choice="none")
        )
        yield target.call(
            operation, ask(target, operation, tokens=_REFUSED, tools=[], tool_choice="required", stream=True)
        )


@probe()
def tools_cut(target: Target) -> Calls:
    """Demands a call whose parameters use all of JSON Schema, in too few tokens."""
    forced = _named("fetch_page")
    for operation in _calling(target):
        prompt = "Fetch the page https://example.com/."
        yield target.call(operation, ask(target, operation, prompt, tokens=_CUT, tools=[_PAGE], tool_choice=forced))
