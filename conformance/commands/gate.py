"""What of a run decides its exit status beside its verdicts: waivers, repetition, a baseline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conformance.comparison import compare
from conformance.report import Exit, worst
from conformance.reporters.comparison import render_comparison
from conformance.reporters.json_report import run_document
from conformance.storedreport import of_document, read
from conformance.usage import UsageTrouble
from conformance.waiverdraft import drafted
from conformance.waiverfile import read_waivers, waivers_given

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from conformance.report import Report
    from conformance.run import Run
    from conformance.storedreport import Stored
    from conformance.waivers import Waiver

_ENDED = {Exit.INTERRUPTED, Exit.SUITE_FAILED}
"""What no baseline excuses."""


@dataclass(frozen=True)
class Gate:
    """The waivers of a run, how often it is repeated, the runs that it is compared with (None: with none)."""

    waivers: tuple[Waiver, ...] = ()
    repeat: int = 1
    baseline: tuple[Stored, ...] | None = None

    def applied(self, run: Run) -> Run:
        """Return a run with the waivers, to be repeated as often as the gate says.

        Raises:
            UsageTrouble: the baseline cannot be compared with it.
        """
        if self.baseline is not None and run.api.id not in {each.api for each in self.baseline}:
            there = ", ".join(each.api for each in self.baseline)
            raise UsageTrouble(f"the baseline has no run of {run.api.id}, only of {there}")
        return replace(run, waivers=self.waivers, repeat=self.repeat)

    def status(self, reports: Sequence[Report], console: Console) -> Exit:
        """Return the exit status of finished runs; prints how they compare with the baseline, if there is one."""
        return worst(self._status(report, console) for report in reports)

    def _status(self, report: Report, console: Console) -> Exit:
        if self.baseline is None:
            return report.exit_status
        old = [each for each in self.baseline if each.api == report.api]
        comparison = compare(old, [of_document(run_document(report))], strict=report.strict)
        render_comparison(comparison, console)
        if report.exit_status in _ENDED:
            return report.exit_status
        return Exit.BROKEN if report.waivers.stale else comparison.exit_status


def gate(*, waivers: Path | None, write_waivers: Path | None, baseline: Path | None, repeat: int) -> Gate:
    """Read what a run is gated by, before anything is sent.

    Raises:
        UsageTrouble: a file cannot be read, is not what it should be, or would be overwritten.
    """
    if write_waivers and write_waivers.exists():
        raise UsageTrouble(f"{write_waivers} is there: --write-waivers writes a new file, and replaces none")
    file = waivers_given(waivers)
    known = tuple(read(baseline)) if baseline else None
    if known and len({each.api for each in known}) < len(known):
        raise UsageTrouble(f"{baseline} has an API twice: compare with one run of it")
    return Gate(read_waivers(file) if file else (), repeat, known)


def waiver_draft(reports: Sequence[Report]) -> str:
    """Return the file of waivers for what runs found broken; empty where there is nothing to waive."""
    rows = [rows for report in reports if (rows := drafted(report))]
    return "\n".join(["# Known failures. Say why each is waived; see docs/gate.md.\n", *rows]) if rows else ""
