"""Writes the page of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.contract.model import Level
from conformance.report import READINGS, Verdict
from conformance.reporters.page import arrivals
from conformance.reporters.page.rows import groups, rows
from conformance.reporters.symbols import SYMBOLS, WORDS
from conformance.reporters.templating import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.exchange.model import Exchange


def text(run: Mapping[str, Any], exchanges: Mapping[str, Exchange], files: tuple[str, ...] = ()) -> str:
    """Return the page of a run, as the JSON report describes it (`run` of `specs/report.schema.json`).

    `exchanges` are the recorded ones by id, those that findings name; `files` stand beside the page. The page needs
    neither a network nor a script to be read.
    """
    made = rows(run["requirements"], exchanges)
    worst = sorted(made, key=lambda row: (row.rank, row.place))
    return page(
        "page.html.j2",
        styles=("palette.css", "page.css"),
        scripts=("theme.js", "page.js"),
        run=run,
        rows=worst,
        groups=groups(made),
        levels=[str(level) for level in Level],
        verdicts=[str(verdict) for verdict in Verdict],
        readings=READINGS if any(row.said["reading"] for row in made) else (),
        symbols=SYMBOLS,
        words=WORDS,
        files=files,
        plot=(arrivals.WIDTH, arrivals.HEIGHT),
    )
