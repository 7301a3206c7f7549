"""The command `run`: judges a target, or every API against the bundled server."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from typing import TYPE_CHECKING, Any

from conformance.claims import apis_of, claimed, scope_called
from conformance.commands.ci import awaited, commands_stopped, sharded, tell_github
from conformance.commands.gate import gate, waiver_draft
from conformance.commands.runpage import PAGE, run_page
from conformance.commands.trouble import end, usage
from conformance.generation.effort import Effort
from conformance.generation.planning import costs_of, in_all
from conformance.probes.needed import probes_for
from conformance.probes.plan import plan
from conformance.report import Exit
from conformance.reporters import ctrf, json_report
from conformance.reporters.console import Console
from conformance.reporters.progress import Progress
from conformance.reporters.terminal import render
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
    report_ctrf: Path | None,
    shard: str | None,
    wait_for_target: float | None,
    verbose: bool,
    level: str,
    expression: str,
    pytest_args: Sequence[str],
    offers: Sequence[str] = (),
    scored: str | None = None,
    waivers: Path | None = None,
    write_waivers: Path | None = None,
    baseline: Path | None = None,
    repeat: int = 1,
    **said: Any,  # noqa: ANN401 - options as click gives them
) -> Exit:
    """Execute the run, print it, write its reports; returns the exit status."""
    console = Console()
    reports: list[Report] = []
    folders: list[Path] = []
    unmatched = ""
    writable(report_json)
    writable(report_ctrf)
    with usage():
        gating = gate(waivers=waivers, write_waivers=write_waivers, baseline=baseline, repeat=repeat)
        writable(write_waivers)
        scope = scope_called(scored) if scored else None
        said["apis"] = apis_of(scope, said["apis"])
    with usage(), commands_stopped(), _runs(said) as found:
        chosen = [gating.applied(each) for each in claimed(found, offers, scope)]
        named = {
            "expression": expression,
            "pytest_args": pytest_args,
            "offers": offers,
            "set": scored,
            "repeat": repeat,
        }
        whole = {"waivers": waivers, "write_waivers": write_waivers, "baseline": baseline}
        parts = sharded(chosen, shard, level, said | named | whole)
        awaited(parts, wait_for_target)
        for each in parts:
            folder = folder_for(report_dir, each.api.id)
            _announce(console, each, level, expression)
            try:
                report = _executed(each, folder, level, expression, pytest_args)
            except NothingSelected as nothing:
                shutil.rmtree(folder, ignore_errors=True)
                unmatched = str(nothing)
                continue
            save(folder / "report.json", json_report.text([report], [folder]))
            save(folder / "ctrf.json", ctrf.text([report]))
            save(folder / PAGE, run_page(folder, json_report.run_document(report, folder)))
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
    if report_ctrf:
        save(report_ctrf, ctrf.text(reports))
    tell_github(reports, folders)
    if write_waivers:
        _draft(write_waivers, reports, console)
    return gating.status(reports, console)


def _draft(path: Path, reports: Sequence[Report], console: Console) -> None:
    if text := waiver_draft(reports):
        save(path, text)
    said = f"waivers drafted: {path}" if text else "no waivers drafted: there is nothing to waive"
    console.print(said, soft_wrap=True, markup=False, highlight=False)


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
    rows = {row.id for row in each.rows(level)}
    costs = [*plan(each.target, probes_for(each.api, rows)), *costs_of(each.corpus, each.target)]
    most = in_all(costs * each.repeat)
    requests, tokens = min(most.requests, each.limits.requests), min(most.output_tokens, each.limits.output_tokens)
    thinking = min(most.thinking_tokens, max(0, each.limits.output_tokens - tokens))
    small = min(most.small, each.limits.requests - requests)
    more = f", {small} requests more where cases fail" if small else ""
    part = f", of which -k {expression} takes a part" if expression else f", shard {each.shard}" if each.shard else ""
    console.print(
        f"{each.api.id} at {each.target.base_url}: at most {requests} requests and {tokens} output tokens "
        f"({thinking} more of a model that thinks){more}{part}",
        soft_wrap=True,
        markup=False,
        highlight=False,
    )


def _executed(each: Run, folder: Path, level: str, expression: str, pytest_args: Sequence[str]) -> Report:
    progress = Progress()
    fixed = probes_for(each.api, {row.id for row in each.rows(level)})
    progress.start(each.repeat * (len(fixed) + len(each.corpus.cases)))
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
