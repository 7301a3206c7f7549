"""The command `explain`: all that is known of a requirement, or of all of them."""

from __future__ import annotations

from difflib import get_close_matches
from textwrap import fill
from typing import TYPE_CHECKING

import click

from conformance.commands.explaining import Fact, facts
from conformance.commands.handbook import pages
from conformance.commands.trouble import end, usage
from conformance.contract.capabilities import declared
from conformance.contract.load import api_ids
from conformance.report import Exit
from conformance.usage import known_api

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from conformance.contract.model import Api

_WIDTH = 78
_LABEL = 11


def explanation(requirement: str | None, apis: tuple[str, ...], markdown: Path | None = None) -> Exit:
    """Print what is known of a requirement, with the APIs that it is known of where they differ; or write all pages."""
    with usage():
        chosen = [known_api(name) for name in apis or api_ids()]
    if (requirement is None) is (markdown is None):
        raise end("name a requirement, or --markdown DIR for all of them", Exit.USAGE)
    if markdown is not None:
        _write(chosen, markdown)
    elif requirement is not None:
        _explain(requirement, [declared(api, {each.name for each in api.capabilities}) for api in chosen])
    return Exit.CONFORMANT


def _write(apis: list[Api], folder: Path) -> None:
    with usage():
        found = pages(apis)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in found.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise end(f"cannot write to {folder}: {error.strerror}", Exit.USAGE) from error


def _explain(requirement: str, apis: list[Api]) -> None:
    with usage():
        found = {a.id: facts(a, row) for a in apis for row in a.requirements if row.id == requirement}
    if not found:
        near = get_close_matches(requirement, {row.id for api in apis for row in api.requirements}, 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`llm-conformance list requirements` shows all"
        raise end(f"unknown requirement {requirement!r}: {hint}", Exit.USAGE)
    click.echo(requirement)
    _print(Fact("apis", (", ".join(found),)))
    for label in dict.fromkeys(fact.label for known in found.values() for fact in known):
        _print(_together(label, found))


def _together(label: str, found: Mapping[str, tuple[Fact, ...]]) -> Fact:
    """Return what is known under a label; where APIs differ in it, each text that not all share with its APIs."""
    of: dict[str, list[str]] = {}
    for api, known in found.items():
        for text in next((fact.texts for fact in known if fact.label == label), ()):
            of.setdefault(text, []).append(api)
    return Fact(
        label, tuple(text if len(apis) == len(found) else f"{', '.join(apis)}: {text}" for text, apis in of.items())
    )


def _print(fact: Fact) -> None:
    start, blank = f"  {fact.label:<{_LABEL}}", " " * (2 + _LABEL)
    for text in fact.texts:
        click.echo(fill(text, _WIDTH, initial_indent=start, subsequent_indent=blank, break_on_hyphens=False))
        start = blank
