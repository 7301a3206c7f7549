"""Commands that tell what the suite knows."""

from __future__ import annotations

import sys
from pathlib import Path

import click

_LISTS = ["apis", "requirements", "capabilities", "sets", "probes", "deviations", "bugs"]


@click.command("list", short_help="List what the suite knows.")
@click.argument("what", type=click.Choice(_LISTS), default="apis")
@click.option("--api", "apis", multiple=True, metavar="ID", help="Only of this API (repeatable).")
def list_(what: str, apis: tuple[str, ...]) -> None:
    """List apis, requirements, capabilities, sets, probes, deviations or known bug classes."""
    from conformance.commands.catalogue import listing

    sys.exit(listing(what, apis))


@click.command(short_help="Explain a requirement, or all of them.")
@click.argument("requirement", required=False)
@click.option("--api", "apis", multiple=True, metavar="ID", help="Only for this API (repeatable).")
@click.option(
    "--markdown",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write what is known of all requirements there, a page an API.",
)
def explain(requirement: str | None, apis: tuple[str, ...], markdown: Path | None) -> None:
    """Explain a requirement: what it says, where it stands, how it is judged, what breaks it."""
    from conformance.commands.explain import explanation

    sys.exit(explanation(requirement, apis, markdown))
