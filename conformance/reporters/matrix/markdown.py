"""Writes the matrix as Markdown (GFM, its tables)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.exchange.visible import visible
from conformance.reporters.matrix.table import ABSENT
from conformance.reporters.symbols import SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conformance.reporters.matrix.table import Table

_ACTED_ON = re.compile(r"([\\`*_{}\[\]<>()#+!|&~:@-])")
"""CommonMark 0.31 § 2.4, and what GFM makes links of."""
_MOST = 200


def text(shown: Table) -> str:
    """Return the matrix as a table a group below a table of totals; every text is escaped."""
    return "\n".join([*_totals(shown), *_sections(shown)]) + "\n"


def _totals(shown: Table) -> Iterator[str]:
    names = _names(shown)
    yield "# Conformance side by side"
    yield ""
    yield from _head(["", *names])
    yield _row(["verdict", *(_said(column.verdict) for column in shown.columns)])
    for number, (level, _) in enumerate(shown.columns[0].totals):
        yield _row([level, *(_said(column.totals[number][1]) for column in shown.columns)])
    yield ""
    yield f"{shown.differing} of {shown.size} requirements differ."


def _sections(shown: Table) -> Iterator[str]:
    for section in shown.sections:
        yield ""
        yield f"## {_said(section.name)}"
        yield ""
        yield from _head(["requirement", "level", *_names(shown)])
        for line in section.lines:
            cells = (_verdict(cell.verdict, waived=bool(cell.waived)) for cell in line.cells)
            yield _row([_said(line.id), line.level, *cells])


def _names(shown: Table) -> list[str]:
    return [
        "<br>".join(_said(part) for part in (column.api, column.target, column.started) if part)
        for column in shown.columns
    ]


def _verdict(verdict: str, *, waived: bool) -> str:
    said = "not in this report" if verdict == ABSENT else f"{_said(SYMBOLS[verdict])} {verdict}"
    return f"{said} (waived)" if waived else said


def _head(cells: list[str]) -> Iterator[str]:
    yield _row(cells)
    yield _row("---" for _ in cells)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _said(value: str) -> str:
    return _ACTED_ON.sub(r"\\\1", visible(value, most=_MOST))
