"""Calls of tools: which one is called, with arguments that its schema allows."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.reference.engine.choice import digest
from conformance.reference.engine.structured import UnanswerableError, instance

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Tool:
    """A function that the model may call; `parameters` is a JSON Schema, None for no arguments."""

    name: str
    description: str = ""
    parameters: Any = None


@dataclass(frozen=True)
class ToolCall:
    """A call: its id, the function's name, the arguments as JSON text."""

    id: str
    name: str
    arguments: str


def call(tool: Tool, key: object, place: int = 0) -> ToolCall:
    """Call a tool with arguments that its parameters allow; `place` tells several calls of one answer apart.

    Raises:
        UnanswerableError: no arguments were found that they allow.
    """
    text = json.dumps(_arguments(tool.parameters, key), ensure_ascii=False)
    return ToolCall(f"call_{digest('call', key, place, tool.name):016x}", tool.name, text)


def _arguments(parameters: Any, key: object) -> Any:  # noqa: ANN401 - any JSON value
    """Return arguments that the parameters allow; an unknown dialect of JSON Schema is read as the newest."""
    if not parameters:
        return {}
    wanted = parameters if "type" in parameters else {**parameters, "type": "object"}
    try:
        return instance(wanted, key)
    except UnanswerableError:
        if "$schema" not in wanted:
            raise
        return instance({name: value for name, value in wanted.items() if name != "$schema"}, key)


def fitting(tools: Sequence[Tool], prompt: str) -> tuple[Tool, ...]:
    """Return the tools that a prompt asks for: those that it names, else the first that shares a telling word with it.

    A tool is named where its name stands in the prompt as it is; failing that, where a word of its name does that
    is of no tool before it.
    """
    literal = tuple(tool for tool in tools if re.search(rf"(?<!\w){re.escape(tool.name)}(?!\w)", prompt))
    if literal:
        return literal
    asked = _words(prompt)
    return _named(tools, asked) or tuple(tool for tool in tools if _words(tool.description) & asked)[:1]


def _named(tools: Sequence[Tool], asked: set[str]) -> tuple[Tool, ...]:
    found: list[Tool] = []
    left = set(asked)
    for tool in tools:
        if shared := _words(tool.name) & left:
            found.append(tool)
            left -= shared
    return tuple(found)


def _words(text: str) -> set[str]:
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", text[:4000]).lower()
    return set(re.findall(r"\w{4,}", parted)) - {
        "with",
        "from",
        "this",
        "that",
        "what",
        "function",
    }
