"""A conversation as the engine sees it: turns of plain text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.reference.engine import tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

_PER_TURN = 4
"""Tokens that mark the beginning and end of a turn."""
_PRIMING = 3
"""Tokens that open the answer."""


@dataclass(frozen=True)
class Turn:
    """One message: who speaks, and the text; `media` counts pictures and other parts that are no text."""

    role: str
    text: str
    media: int = 0


_PER_MEDIUM = 85
"""Tokens of a picture at low detail."""


def prompt_tokens(turns: Sequence[Turn]) -> int:
    """Return what a conversation costs on the way in, in tokens."""
    return _PRIMING + sum(_PER_TURN + tokens.count(turn.text) + _PER_MEDIUM * turn.media for turn in turns)


def question(turns: Sequence[Turn]) -> str:
    """Return the text to answer: the last user turn, else the last turn."""
    spoken = [turn.text for turn in turns if turn.role == "user"] or [turn.text for turn in turns]
    return spoken[-1] if spoken else ""
