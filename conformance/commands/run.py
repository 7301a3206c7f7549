"""The command `run`: judges a target, or every API against the bundled server."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from conformance.claims import apis_of, claimed, scope_called
from conformance.commands.ci import awaited, commands_stopped, sharded, tell_github
from conformance.commands.files import folder_for, save, writable
from conformance.commands.gate import gate, waiver_draft
from conformance.commands.runpage import PAGE, run_page
from conformance.commands.said import runs_said
from conformance.commands.trouble import end, usage
from conformance.generation.planning import costs_of, in_all
from conformance.probes.needed import probes_for
from conformance.probes.plan import plan
from conformance.report import Exit
from conformance.reporters import ctrf, json_report
from conformance.reporters.console import Console
from conformance.reporters.progress import Progress
from conformance.reporters.terminal import render
from conformance.suite.main import NothingSelected, PytestRefused, SuiteFailed, execute

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
    with usage(), commands_stopped(), runs_said(said["apis"], said) as found:
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
