"""The command `matrix`: shows stored reports side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.commands.trouble import usage
from conformance.commands.written import written
from conformance.report import Exit
from conformance.reporters.matrix import document, markdown
from conformance.reporters.matrix.table import table
from conformance.storedreport import read

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def matrix(*, reports: Sequence[Path], output: Path, as_markdown: bool) -> Exit:
    """Write the runs of reports side by side, a column a run; returns the exit status."""
    with usage():
        shown = table([run for path in reports for run in read(path)])
    written(output, markdown.text(shown) if as_markdown else document.text(shown))
    return Exit.CONFORMANT
