"""How fast recordings are played."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_GAP = 5.0
"""Seconds that nothing comes at most, where the recorded time is kept."""


@dataclass(frozen=True)
class Pace:
    """How fast: `longest` seconds without anything at most, and the whole answer within `total` seconds."""

    longest: float = LONGEST_GAP
    total: float = math.inf

    def times(self, recorded: Iterable[float]) -> list[float]:
        """Return when to play what came at these times, all in seconds since the request."""
        found, before, now = [], 0.0, 0.0
        for at in recorded:
            now += min(max(at - before, 0.0), self.longest)
            before = max(at, before)
            found.append(now)
        scale = min(1.0, self.total / now) if now else 1.0
        return [at * scale for at in found]


RECORDED = Pace()
AT_ONCE = Pace(longest=0.0)


def pace(text: str) -> Pace:
    """Return the pace that a word of the command line means: `recorded`, `none`, or seconds for a whole answer.

    Raises:
        ValueError: it means none.
    """
    if text == "recorded":
        return RECORDED
    if text == "none":
        return AT_ONCE
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise ValueError(f"--timing is recorded, none or a number of seconds, not {text!r}")
    return Pace(total=seconds)
