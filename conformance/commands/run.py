"""The command `run`: judges a target, or every API against the bundled server."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from typing import TYPE_CHECKING, Any

from conformance.commands.trouble import end, usage
from conformance.generation.effort import Effort
from conformance.generation.planning import costs_of, in_all
from conformance.probes.plan import plan
from conformance.report import Exit, worst
from conformance.reporters import json_report
from conformance.reporters.console import Console
from conformance.reporters.progress import Progress
from conformance.reporters.terminal import render
from conformance.run import probes_for, selection
from conformance.settings import runs
from conformance.suite.main import NothingSelected, PytestRefused, SuiteFailed, execute
from conformance.transport.budget import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from conformance.report import Report
    from conformance.run import Run


def run(
    *,
    report_dir: Path,
    report_json: Path | None,
    verbose: bool,
    level: str,
    expression: str,
    pytest_args: Sequence[str],
    **said: Any,  # noqa: ANN401 - options as click gives them
) -> Exit:
    """Execute the run, print it, write its reports; returns the exit status."""
    console = Console()
    reports: list[Report] = []
    folders: list[Path] = []
    unmatched = ""
    writable(report_json)
    with usage(), _runs(said) as chosen:
        for each in chosen:
            folder = folder_for(report_dir, each.api.id)
            _announce(console, each, level, expression)
            try:
                report = _executed(each, folder, level, expression, pytest_args)
            except NothingSelected as nothing:
                shutil.rmtree(folder, ignore_errors=True)
                unmatched = str(nothing)
                continue
            save(folder / "report.json", json_report.text([report], [folder]))
            reports.append(report)
            folders.append(folder)
            render(report, console, verbose=verbose, folder=folder)
            console.print(f"reports: {folder}", soft_wrap=True, markup=False, highlight=False)
            if report.interrupted:
                break
    if not reports:
        raise end(unmatched, Exit.USAGE)
    if report_json:
        save(report_json, json_report.text(reports, folders))
    return worst(report.exit_status for report in reports)


def limits(said: dict[str, Any]) -> Limits:
    """Return the limits that the options set."""
    return Limits(
        requests=said["max_requests"],
        output_tokens=said["max_output_tokens"],
        seconds=said["max_seconds"],
        concurrency=said["concurrency"],
        timeout=said["timeout"],
    )


def _runs(said: dict[str, Any]) -> contextlib.AbstractContextManager[list[Run]]:
    return runs(
        said["apis"],
        target=said["target"],
        key=said["api_key"],
        key_env=said["api_key_env"],
        headers=said["headers"],
        model=said["model"],
        configure=said["allow_configure"],
        optional=said["optional"],
        limits=limits(said),
        strict=said["strict"],
        seed=said["seed"],
        effort=Effort(said["effort"]),
        failures=said["save_failures"],
    )


def _announce(console: Console, each: Run, level: str, expression: str) -> None:
    rows = {row.id for row in selection(each.api, level)}
    most = in_all([*plan(each.target, probes_for(each.api, rows)), *costs_of(each.corpus, each.target)])
    requests, tokens = min(most.requests, each.limits.requests), min(most.output_tokens, each.limits.output_tokens)
    thinking = min(most.thinking_tokens, max(0, each.limits.output_tokens - tokens))
    small = min(most.small, each.limits.requests - requests)
    more = f", {small} requests more where cases fail" if small else ""
    part = f", of which -k {expression} takes a part" if expression else ""
    console.print(
        f"{each.api.id} at {each.target.base_url}: at most {requests} requests and {tokens} output tokens "
        f"({thinking} more of a model that thinks){more}{part}",
        soft_wrap=True,
        markup=False,
        highlight=False,
    )


def _executed(each: Run, folder: Path, level: str, expression: str, pytest_args: Sequence[str]) -> Report:
    progress = Progress()
    fixed = probes_for(each.api, {row.id for row in selection(each.api, level)})
    progress.start(len(fixed) + len(each.corpus.cases))
    try:
        return execute(each, folder, level=level, expression=expression, pytest_args=pytest_args, done=progress.advance)
    except PytestRefused as trouble:
        raise end(str(trouble), Exit.USAGE) from trouble
    except SuiteFailed as trouble:
        raise end(str(trouble), Exit.SUITE_FAILED) from trouble
    finally:
        progress.stop()


def folder_for(report_dir: Path, api: str) -> Path:
    """Make the folder of a run, named for now.

    Raises:
        Ended: it cannot be made.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    folder = report_dir / f"{stamp}-{api}"
    number = 1
    try:
        while folder.exists():
            number += 1
            folder = report_dir / f"{stamp}-{api}-{number}"
        folder.mkdir(parents=True)
    except OSError as error:
        raise end(f"cannot write reports to {report_dir}: {error.strerror}", Exit.USAGE) from error
    return folder


def writable(path: Path | None) -> None:
    """Find out before the run that its report can be written."""
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        there = path.exists()
        with path.open("a", encoding="utf-8"):
            pass
        if not there:
            path.unlink()
    except OSError as error:
        raise end(f"cannot write {path}: {error.strerror}", Exit.USAGE) from error


def save(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all.

    Raises:
        Ended: it cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise end(f"cannot write {path}: {error.strerror}", Exit.SUITE_FAILED) from error
