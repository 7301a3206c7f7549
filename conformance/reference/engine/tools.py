"""Calls of tools: which one is called, with arguments that its schema allows."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.reference.engine.choice import digest
from conformance.reference.engine.structured import instance

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


def call(tool: Tool, key: object) -> ToolCall:
    """Call a tool with arguments that its parameters allow.

    Raises:
        UnanswerableError: no arguments were found that they allow.
    """
    arguments = {} if tool.parameters is None else instance(tool.parameters, key)
    text = json.dumps(arguments, ensure_ascii=False)
    return ToolCall(f"call_{digest('call', key, tool.name):016x}", tool.name, text)


def fitting(tools: Sequence[Tool], prompt: str) -> Tool | None:
    """Return the first tool whose name or description shares a telling word with the prompt, or None."""
    asked = _words(prompt)
    return next((tool for tool in tools if _words(f"{tool.name} {tool.description}") & asked), None)


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
