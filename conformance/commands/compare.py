"""The command `compare`: says what changed between two reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.commands.files import save, writable
from conformance.commands.trouble import usage
from conformance.comparison import compare as compared
from conformance.reporters.comparison import comparison_document, render_comparison
from conformance.reporters.console import Console
from conformance.reporters.json_report import written
from conformance.storedreport import read

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.report import Exit


def compare(*, old: Path, new: Path, strict: bool, report_json: Path | None) -> Exit:
    """Compare two stored reports, print what changed, write it; returns the exit status."""
    with usage():
        comparison = compared(read(old), read(new), strict=strict)
    writable(report_json)
    render_comparison(comparison, Console())
    if report_json:
        save(report_json, written(comparison_document(comparison)))
    return comparison.exit_status
