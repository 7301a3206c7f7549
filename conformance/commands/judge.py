"""The command `judge`: judges recorded traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.commands.run import save, writable
from conformance.commands.trouble import end, usage
from conformance.exchange.har import HarError, read
from conformance.report import Exit
from conformance.reporters import json_report
from conformance.reporters.console import Console
from conformance.reporters.terminal import render
from conformance.run import judge_recorded
from conformance.usage import base_url, known_api

if TYPE_CHECKING:
    from pathlib import Path


def judge(
    *,
    files: tuple[Path, ...],
    api: str,
    target: str | None,
    strict: bool,
    report_json: Path | None,
    verbose: bool,
) -> Exit:
    """Judge recordings as one body of evidence; returns the exit status."""
    writable(report_json)
    with usage():
        known = known_api(api)
        aim = base_url(target) if target is not None else ""
    try:
        exchanges = [exchange for file in files for exchange in read(file)]
    except HarError as trouble:
        raise end(str(trouble), Exit.USAGE) from trouble
    report = judge_recorded(known, exchanges, base_url=aim, strict=strict)
    if report_json:
        save(report_json, json_report.text([report]))
    render(report, Console(), verbose=verbose)
    return report.exit_status
