"""Reaches into the tool calls of chat answers for the deviations of tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.chat import bent, sent
from conformance.reference.deviations.streambending import each_choice

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.answer import Answer, Incoming, Respond

Call = dict[str, Any]


def each_call(incoming: Incoming, respond: Respond, bend: Callable[[Call], object]) -> Answer:
    """Answer, with each call of a whole chat answer bent in place."""

    def of_body(body: dict[str, Any]) -> None:
        for choice in body["choices"]:
            for call in choice["message"].get("tool_calls", ()):
                bend(call)

    return bent(incoming, respond, of_body)


def each_message(incoming: Incoming, respond: Respond, bend: Callable[[dict[str, Any]], object]) -> Answer:
    """Answer, with the message of each choice of a whole chat answer bent in place."""
    return bent(incoming, respond, lambda body: [bend(choice["message"]) for choice in body["choices"]])


def each_part(incoming: Incoming, respond: Respond, bend: Callable[[Call], object]) -> Answer:
    """Answer, with what each delta of a stream says of a call bent in place."""
    return each_choice(
        incoming, respond, lambda choice: [bend(part) for part in choice["delta"].get("tool_calls") or ()]
    )


def each_later_part(incoming: Incoming, respond: Respond, bend: Callable[[Call, Call], object]) -> Answer:
    """Answer, with each but the first part of each streamed call bent in place; `bend` is given the first one too."""
    firsts: dict[int, Call] = {}

    def of_part(part: Call) -> None:
        first = firsts.setdefault(part["index"], part)
        if first is not part:
            bend(part, first)

    return each_part(incoming, respond, of_part)


def functions(incoming: Incoming) -> list[dict[str, Any]]:
    """Return the functions that a chat request offers."""
    said = sent(incoming).get("tools")
    tools = [tool for tool in said if isinstance(tool, dict)] if isinstance(said, list) else []
    return [tool["function"] for tool in tools if isinstance(tool.get("function"), dict)]


def choice(incoming: Incoming) -> Any:  # noqa: ANN401 - any JSON value
    """Return the tool_choice of a chat request that offers tools, else None."""
    return sent(incoming).get("tool_choice") if functions(incoming) else None
