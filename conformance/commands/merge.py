"""The command `merge`: one report of the shards of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.commands.ci import commands_stopped, tell_github
from conformance.commands.files import save, writable
from conformance.commands.trouble import usage
from conformance.merging import merged
from conformance.report import worst
from conformance.reporters import ctrf, json_report
from conformance.reporters.console import Console
from conformance.reporters.terminal import render
from conformance.storedreport import read

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from conformance.merging import Merged
    from conformance.report import Exit


def merge(*, files: Sequence[Path], output: Path, report_ctrf: Path | None, verbose: bool) -> Exit:
    """Merge the reports, print the whole, write it; returns its exit status."""
    with usage():
        wholes = merged(stored for path in files for stored in read(path))
    writable(output)
    writable(report_ctrf)
    reports = [whole.report for whole in wholes]
    save(output, json_report.written(_document(wholes)))
    if report_ctrf:
        save(report_ctrf, ctrf.text(reports))
    console = Console()
    with commands_stopped():
        for report in reports:
            render(report, console, verbose=verbose)
    tell_github(reports)
    return worst(report.exit_status for report in reports)


def _document(wholes: Sequence[Merged]) -> dict[str, Any]:
    """Return the JSON document with the replay lines of the shards, which name the folders that they wrote."""
    found = json_report.document([whole.report for whole in wholes])
    for whole, run in zip(wholes, found.get("runs", [found]), strict=True):
        for result, row in zip(whole.report.results, run["requirements"], strict=True):
            for finding, said in zip(result.findings, row["findings"], strict=True):
                said["replay"] = whole.replays.get((row["id"], finding))
    return found
