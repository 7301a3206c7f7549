"""Where an answer ends: at a stop text, or at the cap on tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Finish = Literal["stop", "length", "tool_calls"]


def stopped(text: str, stops: Sequence[str]) -> tuple[str, str | None]:
    """Return the text before the first stop text in it, with that stop text; the whole text and None without one."""
    found = [(text.index(stop), stop) for stop in stops if stop and stop in text]
    if not found:
        return text, None
    at, stop = min(found)
    return text[:at], stop


def capped(tokens: tuple[str, ...], most: int) -> tuple[tuple[str, ...], Finish]:
    """Return at most so many tokens, with the reason why they end there."""
    if len(tokens) <= most:
        return tokens, "stop"
    return tokens[:most], "length"
