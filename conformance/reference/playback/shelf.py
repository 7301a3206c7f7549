"""Recordings by what their requests ask for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING

from conformance.exchange.model import Ending
from conformance.exchange.visible import visible
from conformance.reference.playback.comparing import differences, nearness

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.exchange.model import Exchange
    from conformance.reference.playback.asked import Asked

_COUNTED = 1000
"""Differences of a body that are counted at most."""
_LONGEST = 1000
"""Characters of a message at most."""


@dataclass(frozen=True)
class Recording:
    """One recorded exchange: what it answers, and the name of the file that it is in."""

    asked: Asked
    exchange: Exchange
    file: str


@dataclass(frozen=True)
class Unmatched:
    """A request that nothing recorded answers: the recording that is nearest, and how that one differs."""

    asked: Asked
    nearest: str
    differs: str

    @property
    def message(self) -> str:
        """One line about it, fit for a terminal."""
        near = f"nearest: {self.nearest}; {self.differs}" if self.nearest else self.differs
        return visible(f"nothing recorded answers {self.asked.line}; {near}", most=_LONGEST)


class Shelf:
    """Finds the recording that answers a request; those of one request are taken in turn, then the last again."""

    def __init__(self, recordings: Iterable[Recording]) -> None:
        self.recordings = tuple(recordings)
        self.played: Counter[str] = Counter()
        """How often each recording was taken, by file and id."""
        self.unmatched = 0
        """How many requests nothing recorded answered."""
        self._taken: Counter[tuple[int, ...]] = Counter()

    def take(self, asked: Asked) -> Recording | Unmatched:
        """Return the recording that is next for a request, or what is nearest."""
        ranks = {number: rank for number, each in enumerate(self.recordings) if (rank := _rank(asked, each.asked))}
        if not ranks:
            self.unmatched += 1
            return self._nearest(asked)
        best = min(ranks.values())
        nearest = [number for number, rank in ranks.items() if rank == best]
        # Where a client left, the answer is not whole; who does leave can be given a whole one.
        whole = [number for number in nearest if self.recordings[number].exchange.ending is not Ending.ABANDONED]
        group = tuple(whole or nearest)
        found = self.recordings[group[min(self._taken[group], len(group) - 1)]]
        self._taken[group] += 1
        self.played[_name(found)] += 1
        return found

    def _nearest(self, asked: Asked) -> Unmatched:
        there = [each for each in self.recordings if each.asked.line == asked.line]
        if not there:
            lines = sorted({each.asked.line for each in self.recordings})
            near = get_close_matches(asked.line, lines, n=3, cutoff=0.0)
            return Unmatched(asked, "", f"recorded are {', '.join(near)}" if near else "nothing is recorded")
        nearest = min(there, key=lambda each: _distance(asked, each.asked))
        return Unmatched(asked, _name(nearest), _difference(asked, nearest.asked))


def _rank(asked: Asked, recorded: Asked) -> tuple[int, int] | None:
    """Return how near a recorded request is, the body first, then the header fields; None where it is another one."""
    if _first_difference(asked, recorded):
        return None
    near = nearness(asked, recorded)
    return None if near is None else (near, len(asked.fields ^ recorded.fields))


def _first_difference(asked: Asked, recorded: Asked) -> str:
    if asked.line != recorded.line:
        return f"{recorded.line} is recorded"
    if asked.query != recorded.query:
        return "the query differs"
    if not _same_credential(asked, recorded):
        return f"it presents {recorded.credential}, this one {asked.credential}"
    if asked.media != recorded.media:
        return f"its content type is {recorded.media or 'none'}, not {asked.media or 'none'}"
    return ""


def _same_credential(asked: Asked, recorded: Asked) -> bool:
    if recorded.credential == "what nobody knows":
        return asked.credential != "the wrong credential"
    return asked.credential == recorded.credential


def _distance(asked: Asked, recorded: Asked) -> tuple[int, int, int]:
    """Return how far a recorded request of the same method and path is, for people."""
    apart = bool(_first_difference(asked, recorded))
    bodies = differences(asked.json.value, recorded.json.value)
    return sum(1 for _ in islice(bodies, _COUNTED)), apart, len(asked.fields ^ recorded.fields)


def _difference(asked: Asked, recorded: Asked) -> str:
    if first := _first_difference(asked, recorded):
        return first
    if not (asked.json.ok and recorded.json.ok):
        return "the bodies differ, and not both are JSON"
    return f"differs at {next(differences(asked.json.value, recorded.json.value), '/')}"


def _name(recording: Recording) -> str:
    return f"{recording.exchange.id} in {recording.file}"
