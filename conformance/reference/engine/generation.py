"""Generates an answer: the words, cut where they must end, counted in tokens."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.reference.engine import tokens
from conformance.reference.engine.choice import digest
from conformance.reference.engine.stopping import capped, stopped
from conformance.reference.engine.structured import instance
from conformance.reference.engine.tools import ToolCall, call
from conformance.reference.engine.turns import Turn, question
from conformance.reference.engine.wording import answer_text, printable

if TYPE_CHECKING:
    from conformance.reference.engine.stopping import Finish
    from conformance.reference.engine.tools import Tool

_LONGEST_RESULT = 400

LONGEST_ANSWER = 4096
"""Tokens that an answer has at most, whatever was asked."""


@dataclass(frozen=True)
class Form:
    """The JSON Schema that the answer must be an instance of; `literal` says that a text is answered without quotes."""

    schema: Any
    literal: bool = False


@dataclass(frozen=True)
class Task:
    """What to generate: the conversation and everything that shapes its answer.

    `cap` is the most tokens to generate, None for no cap. `tools` are the ones to call instead of answering in words.
    """

    model: str
    turns: tuple[Turn, ...]
    cap: int | None = None
    stops: tuple[str, ...] = ()
    seed: int | None = None
    form: Form | None = None
    tools: tuple[Tool, ...] = ()


@dataclass(frozen=True)
class Generated:
    """An answer: its tokens, why it ends, the calls instead of words, the stop text that ended it."""

    pieces: tuple[str, ...]
    finish: Finish
    calls: tuple[ToolCall, ...] = ()
    stop: str | None = None

    @property
    def text(self) -> str:
        """The answer's words."""
        return "".join(self.pieces)

    @property
    def tokens(self) -> int:
        """What was generated, in tokens; the arguments of a call count."""
        return len(self.pieces)


def generate(task: Task, index: int = 0) -> Generated:
    """Answer a task; the same task and index give the same answer.

    `index` tells several answers to one task apart.

    Raises:
        UnanswerableError: no value was found that the wanted schema allows.
    """
    cap = LONGEST_ANSWER if task.cap is None else min(task.cap, LONGEST_ANSWER)
    key = digest(task.model, task.seed, index, *((turn.role, turn.text) for turn in task.turns))
    if task.tools:
        return _called(task.tools, key, cap)
    text, stop = stopped(_text(task, key), task.stops)
    pieces, finish = capped(tokens.split(text), cap)
    return Generated(pieces, finish, stop=stop if finish == "stop" else None)


def _called(tools: tuple[Tool, ...], key: int, cap: int) -> Generated:
    """Return the calls of these tools, one after the other until the cap cuts them."""
    written: list[str] = []
    calls: list[ToolCall] = []
    finish: Finish = "stop"
    for place, tool in enumerate(tools):
        called = call(tool, key, place)
        pieces, finish = capped(tokens.split(called.arguments), cap - len(written))
        if pieces:
            calls.append(ToolCall(called.id, called.name, "".join(pieces)))
            written += pieces
        if finish == "length":
            break
    return Generated(tuple(written), "tool_calls" if finish == "stop" else finish, tuple(calls))


def _text(task: Task, key: int) -> str:
    if task.form is None:
        last = task.turns[-1] if task.turns else Turn("user", "")
        if last.role in {"tool", "function"}:
            return f"According to the tool: {printable(last.text)[:_LONGEST_RESULT]}"
        return answer_text(question(task.turns), key)
    value = instance(task.form.schema, key)
    if task.form.literal and isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
