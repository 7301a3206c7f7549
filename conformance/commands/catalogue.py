"""The command `list`: what the suite knows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from conformance.commands.trouble import usage
from conformance.contract.bugs import bugs
from conformance.contract.load import api_ids
from conformance.contract.sets import sets
from conformance.report import Exit
from conformance.usage import known_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.contract.model import Api


def _chosen(apis: tuple[str, ...]) -> list[Api]:
    with usage():
        return [known_api(name) for name in apis or api_ids()]


def listing(what: str, apis: tuple[str, ...]) -> Exit:
    """Print a catalogue, an entry a line."""
    chosen = _chosen(apis)
    if what == "deviations":
        _deviations(apis)
    elif what == "probes":
        _probes(chosen, every=not apis)
    else:
        _LISTS[what](chosen)
    return Exit.CONFORMANT


def _apis(chosen: list[Api]) -> None:
    for api in chosen:
        click.echo(f"{api.id:<14} {api.profile.title} ({api.profile.base_url})")


def _requirements(chosen: list[Api]) -> None:
    for api in chosen:
        for row in api.requirements:
            excluded = " (excluded)" if row.excluded else ""
            click.echo(f"{api.id:<14} {row.id:<34} {row.level:<7} {row.statement}{excluded}")


def _probes(chosen: list[Api], *, every: bool) -> None:
    from conformance.probes.registry import catalogue as probes

    used = {name for api in chosen for row in api.requirements for name in row.probes}
    for name, probe in probes().items():
        if every or name in used:
            click.echo(f"{name:<34} {probe.sentence}")


def _capabilities(chosen: list[Api]) -> None:
    for api in chosen:
        for capability in api.capabilities:
            click.echo(f"{api.id:<14} {capability.name:<18} {capability.statement}")


def _sets(chosen: list[Api]) -> None:
    with usage():
        known = sets().values()
    for each in known:
        if each.api in {api.id for api in chosen}:
            counts = ", ".join(f"{level} {len(each.of(level))}" for level in each.level_names)
            click.echo(f"{each.id:<24} {each.date.isoformat()}  {counts}")


def _bugs(chosen: list[Api]) -> None:
    with usage():
        known = bugs()
    rows = {row.id for api in chosen for row in api.requirements}
    for bug in known.values():
        found = ", ".join(row for row in bug.rows if row in rows)
        click.echo(f"{bug.slug:<34} {bug.disposition:<15} {bug.severity:<9} {found or bug.reason or 'not here'}")
    counts = Counter(bug.disposition for bug in known.values())
    click.echo(f"{len(known)} classes: {', '.join(f'{n} {name}' for name, n in counts.most_common())}")


def _deviations(apis: tuple[str, ...]) -> None:
    from conformance.reference.deviations.registry import catalogue as deviations

    with usage():
        known = bugs()
    for name, deviation in deviations().items():
        if not apis or set(apis) & set(deviation.apis):
            broken = sorted(
                {row for table in (deviation.breaks, deviation.bends) for rows in table.values() for row in rows}
            )
            where = next((url for slug in sorted(deviation.bugs) for url in known[slug].issues), "")
            rows = ", ".join(broken) or "breaks nothing"
            click.echo(f"{name:<40} {deviation.sentence} [{', '.join(deviation.apis)}: {rows}] {where}".rstrip())


_LISTS: dict[str, Callable[[list[Api]], None]] = {
    "apis": _apis,
    "requirements": _requirements,
    "capabilities": _capabilities,
    "sets": _sets,
    "bugs": _bugs,
}
