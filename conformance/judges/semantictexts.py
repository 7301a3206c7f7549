"""Reads what an answer says, streamed or whole, choice by choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.judges.streams import deltas
from conformance.judges.values import MISSING, at, each

if TYPE_CHECKING:
    from conformance.judges.reading import Reading

_FREE = frozenset({"stop", "stream", "stream_options", "max_tokens", "max_completion_tokens", "user"})
"""Words that change where an answer ends or how it is sent, but not its text up to there."""


@dataclass(frozen=True)
class Said:
    """The text of one choice, why it ended (None: not said), where it stands."""

    text: str
    finish: str | None
    where: str


def said(reading: Reading) -> list[Said]:
    """Return the content of each choice of a successful answer that ran to its end; one without text is left out."""
    if not reading.succeeded or not reading.whole:
        return []
    return _streamed(reading) if reading.is_stream else _whole(reading)


def _whole(reading: Reading) -> list[Said]:
    found = []
    for where, choice in each(reading.answer, "/choices/*"):
        content, finish = at(choice, "/message/content"), at(choice, "/finish_reason")
        if isinstance(content, str):
            place = f"{where}/message/content"
            found.append(Said(content, finish if isinstance(finish, str) else None, place))
    return found


def _streamed(reading: Reading) -> list[Said]:
    texts: dict[int, list[str]] = {}
    finishes: dict[int, str] = {}
    for delta in deltas(reading):
        content = delta.fields.get("content")
        if isinstance(content, str):
            texts.setdefault(delta.index, []).append(content)
        if delta.finishes:
            finishes[delta.index] = delta.finish
    return [Said("".join(t), finishes.get(i), f"choice {i}, deltas") for i, t in texts.items()]


def same_question(one: Reading, other: Reading) -> bool:
    """Tell whether two requests ask the same of the same model at temperature 0, but for where the answer ends."""
    if one.operation is None or one.operation is not other.operation or one.word("temperature") != 0:
        return False
    words = set(one.operation.request) - _FREE
    return one.word("messages") is not MISSING and all(one.word(word) == other.word(word) for word in words)
