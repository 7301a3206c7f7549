"""The commands `list` and `explain`: what the suite knows."""

from __future__ import annotations

from collections import Counter
from difflib import get_close_matches
from textwrap import fill
from typing import TYPE_CHECKING

import click

from conformance.commands.trouble import end, usage
from conformance.contract.bugs import bugs
from conformance.contract.load import api_ids
from conformance.report import Exit
from conformance.usage import known_api

if TYPE_CHECKING:
    from conformance.contract.model import Api, Requirement

_INDENT = " " * 13


def _chosen(apis: tuple[str, ...]) -> list[Api]:
    with usage():
        return [known_api(name) for name in apis or api_ids()]


def listing(what: str, apis: tuple[str, ...]) -> Exit:
    """Print a catalogue, an entry a line."""
    chosen = _chosen(apis)
    if what == "apis":
        for api in chosen:
            click.echo(f"{api.id:<14} {api.profile.title} ({api.profile.base_url})")
    elif what == "requirements":
        for api in chosen:
            for row in api.requirements:
                click.echo(
                    f"{api.id:<14} {row.id:<34} {row.level:<7} {row.statement}{' (excluded)' * bool(row.excluded)}"
                )
    elif what == "probes":
        from conformance.probes.registry import catalogue as probes

        used = {name for api in chosen for row in api.requirements for name in row.probes}
        for name, probe in probes().items():
            if not apis or name in used:
                click.echo(f"{name:<34} {probe.sentence}")
    elif what == "bugs":
        _bugs(chosen)
    else:
        _deviations(apis)
    return Exit.CONFORMANT


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


def explanation(requirement: str, apis: tuple[str, ...]) -> Exit:
    """Print what is known of a requirement, for each API that has it."""
    chosen = _chosen(apis)
    found = [(api, row) for api in chosen for row in api.requirements if row.id == requirement]
    if not found:
        near = get_close_matches(requirement, {row.id for api in chosen for row in api.requirements}, 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`llm-conformance list requirements` shows all"
        raise end(f"unknown requirement {requirement!r}: {hint}", Exit.USAGE)
    for api, row in found:
        _explain(api, row)
    return Exit.CONFORMANT


def _explain(api: Api, row: Requirement) -> None:
    from conformance.reference.deviations.registry import catalogue as deviations

    biting = [
        name
        for name, deviation in deviations().items()
        if row.id in deviation.breaks.get(api.id, ()) or row.id in deviation.bends.get(api.id, ())
    ]
    facts = (
        ("api", f"{api.id} ({api.profile.title})"),
        ("level", row.level),
        ("basis", row.basis),
        ("statement", row.statement),
        ("source", row.source),
        ("operations", ", ".join(row.operations) or "the API as a whole"),
        ("judged by", row.judge),
        ("shown by", ", ".join(row.probes)),
        ("needs", ", ".join(row.needs)),
        ("broken by", ", ".join(biting)),
        ("reading", row.reading),
        ("known as", ", ".join(row.bugs)),
        ("optional", row.optional),
        ("doubt", row.doubt),
        ("excluded", row.excluded),
    )
    click.echo(row.id)
    for name, text in facts:
        if text:
            click.echo(
                fill(text, 78, initial_indent=f"  {name:<11}", subsequent_indent=_INDENT, break_on_hyphens=False)
            )
