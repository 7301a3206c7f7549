"""What a CI system asks of a run: shards, waiting for the target, and telling GitHub Actions."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from conformance.commands.trouble import end
from conformance.report import Exit
from conformance.reporters.github import MOST_BYTES, summary, workflow_commands
from conformance.sharding import shard_called
from conformance.transport.waiting import wait_for
from conformance.usage import UsageTrouble

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from conformance.report import Report
    from conformance.run import Run

_WHOLE = {
    "expression": "-k",
    "pytest_args": "pytest's arguments",
    "waivers": "--waivers",
    "write_waivers": "--write-waivers",
    "baseline": "--baseline",
    "scored": "--set",
    "offers": "--offers",
}
"""What is said of a whole run only, by the parameter that says it."""


def sharded(chosen: Sequence[Run], shard: str | None, level: str, said: Mapping[str, Any]) -> list[Run]:
    """Return the runs, each as the shard that is asked for.

    Raises:
        UsageTrouble: there is no such shard, or what else was said is of a whole run only.
    """
    if shard is None:
        return list(chosen)
    part = shard_called(shard)
    for name, option in _WHOLE.items():
        if said.get(name):
            raise UsageTrouble(f"--shard splits a whole run: it goes without {option}")
    if (said.get("repeat") or 1) > 1:
        raise UsageTrouble("--shard splits a whole run: it goes without --repeat")
    if said.get("target") is not None and said.get("allow_configure"):
        raise UsageTrouble("shards run at once, and one would see what another configures: leave --allow-configure out")
    if any(each.waivers for each in chosen):
        raise UsageTrouble("--shard splits a whole run: it goes without waivers")
    parts = [replace(each, shard=part, level=level) for each in chosen]
    for each in parts:
        if not each.rows(level):
            raise UsageTrouble(f"nothing of {each.api.id} is left for shard {part}: split it into fewer")
    return parts


def awaited(chosen: Sequence[Run], seconds: float | None) -> None:
    """Wait for so many seconds at most until every target answers HTTP.

    Raises:
        Ended: one did not.
    """
    for each in chosen if seconds is not None else ():
        if reason := wait_for(each.target.base_url, seconds or 0.0):
            raise end(reason, Exit.INCONCLUSIVE)


@contextmanager
def commands_stopped(environ: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Keep GitHub Actions from obeying what a target made us print."""
    if environ.get("GITHUB_ACTIONS") != "true":
        yield
        return
    token = secrets.token_hex(16)
    click.echo(f"::stop-commands::{token}")
    try:
        yield
    finally:
        click.echo(f"::{token}::")


def tell_github(
    reports: Sequence[Report], folders: Sequence[Path] = (), environ: Mapping[str, str] = os.environ
) -> None:
    """Annotate the step and add to its summary, where GitHub Actions runs it."""
    if environ.get("GITHUB_ACTIONS") != "true":
        return
    for line in workflow_commands(reports):
        click.echo(line)
    if not (name := environ.get("GITHUB_STEP_SUMMARY")):
        return
    path = Path(name)
    try:
        there = path.stat().st_size if path.exists() else 0
        with path.open("a", encoding="utf-8") as opened:
            opened.write(summary(reports, folders, MOST_BYTES - there))
    except OSError as error:
        click.echo(f"llm-conformance: no summary: cannot write {path}: {error.strerror}", err=True)
