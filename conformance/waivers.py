"""Waivers: broken promises that are known, and do not gate until a day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date


@dataclass(frozen=True)
class Waiver:
    """One broken requirement that does not gate up to and including the day `expires` (UTC).

    Where `api` or `operation` is empty, it is for all.
    """

    requirement: str
    reason: str
    expires: date
    api: str = ""
    operation: str = ""

    @property
    def scope(self) -> str:
        """What it is for, in words."""
        return f"{self.requirement} in {self.operation}" if self.operation else self.requirement

    def __str__(self) -> str:
        return f"waived until {self.expires.isoformat()}: {self.reason}"


@dataclass(frozen=True)
class Unused:
    """A waiver that waives nothing in a run, and why."""

    waiver: Waiver
    why: str


@dataclass(frozen=True)
class Waivers:
    """What became of the waivers of a run: used, stale (which gates), or not known for want of a judgement."""

    used: tuple[Waiver, ...] = ()
    stale: tuple[Unused, ...] = ()
    unjudged: tuple[Unused, ...] = ()

    def of(self, requirements: Collection[str]) -> Waivers:
        """Return those of some requirements, given by id."""
        return Waivers(
            tuple(waiver for waiver in self.used if waiver.requirement in requirements),
            tuple(each for each in self.stale if each.waiver.requirement in requirements),
            tuple(each for each in self.unjudged if each.waiver.requirement in requirements),
        )
