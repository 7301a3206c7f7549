"""Lays reports out as a table: a column a run, a row a requirement."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.contract.model import Level
from conformance.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.storedreport import Stored, StoredRequirement

ABSENT = "absent"
"""The verdict of a cell whose report does not have the requirement."""


@dataclass(frozen=True)
class Cell:
    """What one report says of one requirement: the verdict, and why."""

    verdict: str
    reason: str = ""
    finding: str = ""
    waived: str = ""


@dataclass(frozen=True)
class Line:
    """A row: the requirement's id, its level (or levels, where reports differ), its statement, a cell a column."""

    id: str
    level: str
    statement: str
    cells: tuple[Cell, ...]

    @property
    def differs(self) -> bool:
        """Whether two reports differ in their verdicts on it."""
        return len({cell.verdict for cell in self.cells}) > 1


@dataclass(frozen=True)
class Section:
    """The rows of one group."""

    name: str
    lines: tuple[Line, ...]

    def kept(self, column: int) -> str:
        """Return how many requirements of the group a report says are kept, of how many it has."""
        found = [line.cells[column].verdict for line in self.lines if line.cells[column].verdict != ABSENT]
        return f"{found.count(str(Verdict.PASS))} of {len(found)}" if found else "none"


@dataclass(frozen=True)
class Column:
    """One run: what it is called, how it ended, and for each level how many requirements are kept of how many."""

    api: str
    target: str
    started: str
    suite: str
    verdict: str
    totals: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """Several runs side by side."""

    columns: tuple[Column, ...]
    sections: tuple[Section, ...]

    @property
    def differing(self) -> int:
        """How many rows differ."""
        return sum(line.differs for section in self.sections for line in section.lines)

    @property
    def size(self) -> int:
        """How many rows there are."""
        return sum(len(section.lines) for section in self.sections)


def table(runs: Sequence[Stored]) -> Table:
    """Return the runs as a table; rows stand in the order of the first report that has them, by groups."""
    ids = dict.fromkeys(id_ for run in runs for id_ in run.requirements)
    groups = dict.fromkeys(id_.partition(".")[0] for id_ in ids)
    sections = (
        Section(name, tuple(_line(id_, runs) for id_ in ids if id_.partition(".")[0] == name)) for name in groups
    )
    return Table(tuple(map(_column, runs)), tuple(sections))


def _line(id_: str, runs: Sequence[Stored]) -> Line:
    rows = [run.requirements.get(id_) for run in runs]
    there = [row for row in rows if row]
    levels = dict.fromkeys(str(row.level) for row in there)
    return Line(id_, " or ".join(levels), there[0].statement, tuple(map(_cell, rows)))


def _cell(row: StoredRequirement | None) -> Cell:
    if row is None:
        return Cell(ABSENT)
    finding = row.findings[0].message if row.findings else ""
    more = f" (and {len(row.findings) - 1} more)" if len(row.findings) > 1 else ""
    return Cell(str(row.verdict), row.reason, finding + more, row.waived)


def _column(run: Stored) -> Column:
    return Column(
        api=run.api,
        target=run.target,
        started=str(run.document.get("started", "")),
        suite=run.suite_version,
        verdict=run.verdict,
        totals=tuple((str(level), _total(run, level)) for level in Level),
    )


def _total(run: Stored, level: Level) -> str:
    found = Counter(row.verdict for row in run.requirements.values() if row.level is level)
    if not found:
        return "none"
    others = [f"{found[verdict]} {verdict}" for verdict in Verdict if found[verdict] and verdict is not Verdict.PASS]
    return ", ".join([f"{found[Verdict.PASS]} of {found.total()} kept", *others])
