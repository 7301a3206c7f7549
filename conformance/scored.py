"""What a report says of capabilities and of levels of certification, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True)
class Offer:
    """Whether a target has a capability, and whether it was declared to have it.

    `offered` is None where nothing tells; `reason` says why, or how its absence shows.
    """

    name: str
    statement: str
    declared: bool
    offered: bool | None
    reason: str = ""


class Reached(StrEnum):
    """What is known of a level of certification."""

    REACHED = "reached"
    """Each must of it is kept, or is about what the target does not offer; at least one was judged."""
    NOT_REACHED = "not-reached"
    """A must of it is broken."""
    INCONCLUSIVE = "inconclusive"
    """A must of it was not judged."""
    NOT_OFFERED = "not-offered"
    """None of its musts applies to the target."""


@dataclass(frozen=True)
class LevelScore:
    """One level of certification: its requirements' ids, the musts that are broken, those that were not judged."""

    name: str
    verdict: Reached
    rows: tuple[str, ...]
    broken: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()


@dataclass(frozen=True)
class Score:
    """How a run stands by a dated set of requirements.

    `scored` is the level that the run was asked to score, `full` for all of the set; empty where every requirement of
    today counts, and the set is told beside.
    """

    id: str
    date: date
    levels: tuple[LevelScore, ...]
    scored: str = ""

    @property
    def reached(self) -> tuple[str, ...]:
        """The names of the levels that are reached."""
        return tuple(level.name for level in self.levels if level.verdict is Reached.REACHED)
