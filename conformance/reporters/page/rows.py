"""Prepares what the page says of each requirement and of each finding."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.report import Verdict
from conformance.reporters.page.arrivals import arrivals
from conformance.reporters.page.panels import panels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conformance.exchange.model import Exchange
    from conformance.reporters.page.arrivals import Arrivals
    from conformance.reporters.page.panels import Panel

_MOST_FINDINGS = 20
_MOST_EXCHANGES = 3
"""Of a requirement: those of further findings are named only, to keep the page light."""
_MOST_IN_ALL = 240
"""Where more requirements are broken than this allows, each shows one exchange."""

BROKEN = frozenset({Verdict.ERROR, Verdict.FAIL, Verdict.WARN})


@dataclass(frozen=True)
class Seen:
    """The exchange of a finding: one line that says what it is, its panels, and when its pieces arrived."""

    summary: str
    detail: str
    panels: tuple[Panel, ...]
    arrivals: Arrivals | None


@dataclass(frozen=True)
class Shown:
    """A finding as the report says it, with its exchange where the page has room for it."""

    said: Mapping[str, Any]
    seen: Seen | None


@dataclass(frozen=True)
class Row:
    """A requirement as the report says it; `place` is that in the report, `more` counts findings that are left out."""

    said: Mapping[str, Any]
    place: int
    findings: tuple[Shown, ...]
    more: int

    @property
    def group(self) -> str:
        """The first word of its id."""
        return str(self.said["id"]).partition(".")[0]

    @property
    def rank(self) -> int:
        """How bad its verdict is, 0 the worst."""
        return list(Verdict).index(Verdict(self.said["verdict"]))

    @property
    def broken(self) -> bool:
        """Whether it is broken, or we are."""
        return Verdict(self.said["verdict"]) in BROKEN


@dataclass(frozen=True)
class Group:
    """The rows of one group, in the order of the report, with how many have each verdict."""

    name: str
    rows: tuple[Row, ...]

    @property
    def counts(self) -> list[tuple[str, int]]:
        """The verdicts that there are, worst first, and how often."""
        found = Counter(row.said["verdict"] for row in self.rows)
        return [(str(verdict), found[verdict]) for verdict in Verdict if found[verdict]]


def rows(requirements: Sequence[Mapping[str, Any]], exchanges: Mapping[str, Exchange]) -> list[Row]:
    """Return the rows of a report, in its order."""
    broken = sum(bool(said["findings"]) for said in requirements)
    room = max(1, min(_MOST_EXCHANGES, _MOST_IN_ALL // max(1, broken)))
    return [_row(said, number, exchanges, room) for number, said in enumerate(requirements)]


def groups(made: Sequence[Row]) -> list[Group]:
    """Return the groups of rows, in the order in which they appear."""
    names = dict.fromkeys(row.group for row in made)
    return [Group(name, tuple(row for row in made if row.group == name)) for name in names]


def _row(said: Mapping[str, Any], number: int, exchanges: Mapping[str, Exchange], room: int) -> Row:
    findings = said["findings"][:_MOST_FINDINGS]
    shown = []
    for finding in findings:
        exchange = exchanges.get(finding["exchange"] or "") if room else None
        room -= exchange is not None
        shown.append(Shown(finding, _seen(exchange, finding["where"] or "") if exchange else None))
    return Row(said, number, tuple(shown), len(said["findings"]) - len(findings))


def _seen(exchange: Exchange, where: str) -> Seen:
    answer = f"status {exchange.status}" if exchange.response else "no response"
    summary = f"{exchange.id}: {exchange.request.method} {exchange.request.url}: {answer}, "
    ending = f"{exchange.ending} after {exchange.seconds:.3f} s"
    return Seen(summary + ending, exchange.detail, panels(exchange, where), arrivals(exchange))
