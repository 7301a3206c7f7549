"""The command `judge`: judges recorded traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from conformance.commands.files import save, writable
from conformance.commands.trouble import usage
from conformance.contract.load import api_ids, load_api
from conformance.recorded import judge_recorded
from conformance.recordings.choosing import Place
from conformance.recordings.reading import chosen_from
from conformance.reporters import json_report
from conformance.reporters.console import Console
from conformance.reporters.terminal import render
from conformance.usage import UsageTrouble, base_url, known_api

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.report import Exit


def judge(
    *,
    files: tuple[Path, ...],
    api: str | None,
    target: str | None,
    base_path: str | None,
    strict: bool,
    report_json: Path | None,
    verbose: bool,
) -> Exit:
    """Judge recordings as one body of evidence; returns the exit status."""
    writable(report_json)
    with usage():
        apis = [known_api(api)] if api else [load_api(name) for name in api_ids()]
        chosen = chosen_from(files, apis, _place(target, base_path))
    for line in [*chosen.advice, chosen.summary]:
        click.echo(f"llm-conformance: {line}", err=True)
    report = judge_recorded(chosen.api, chosen.exchanges, base_url=chosen.base_url, strict=strict)
    if report_json:
        save(report_json, json_report.text([report]))
    render(report, Console(), verbose=verbose)
    return report.exit_status


def _place(target: str | None, base_path: str | None) -> Place:
    if target is not None and base_path is not None:
        raise UsageTrouble("--target says the base path already: leave --base-path out")
    if base_path is not None and not base_path.startswith("/"):
        raise UsageTrouble(f"{base_path!r} is no base path: it begins with /, as in /v1")
    return Place(base_url(target) if target is not None else "", base_path or "")
