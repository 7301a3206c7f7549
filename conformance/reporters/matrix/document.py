"""Writes the matrix as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reporters.matrix.table import ABSENT
from conformance.reporters.symbols import SYMBOLS, WORDS
from conformance.reporters.templating import page

if TYPE_CHECKING:
    from conformance.reporters.matrix.table import Table


def text(shown: Table) -> str:
    """Return a page that holds the whole matrix; it needs neither a network nor a script to be read."""
    return page(
        "matrix.html.j2",
        styles=("palette.css", "matrix.css"),
        scripts=("theme.js", "matrix.js"),
        table=shown,
        symbols=SYMBOLS | {ABSENT: "·"},
        words=WORDS | {ABSENT: "not in this report"},
    )
