"""Commands that read reports."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from conformance.commandline.options import VERBOSE, file, with_options, written


@click.command(short_help="Put the reports of a run's shards together.")
@click.argument("files", nargs=-1, required=True, metavar="REPORT...", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the whole report here.",
)
@with_options(file("--report-ctrf", said="Write a CTRF report here, too."), VERBOSE)
def merge(**said: Any) -> None:  # noqa: ANN401
    """Put the JSON reports of a run's shards together.

    The exit status is that of the whole run; 2 where they are not all shards of one run.
    """
    from conformance.commands.merge import merge as join

    sys.exit(join(**said))


@click.command(short_help="Compare two reports; fail for regressions only.")
@click.argument("old", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("new", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--strict", is_flag=True, help="The regression of a should fails, too.")
@file("--report-json", said="Write the comparison here, as JSON.")
def compare(**said: Any) -> None:  # noqa: ANN401
    """Compare two JSON reports, and fail for regressions only.

    \b
    Exit status: 0 no regression, 1 a regression, 2 a report cannot be read or
    compared, 3 a must is no longer tested, or nothing can be compared.
    """  # noqa: D301
    from conformance.commands.compare import compare as show

    sys.exit(show(**said))


@click.command(short_help="Show reports side by side.")
@click.argument("reports", nargs=-1, required=True, metavar="REPORT...", type=click.Path(path_type=Path))
@written("- prints it.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Write Markdown in place of a page.")
def matrix(**said: Any) -> None:  # noqa: ANN401
    """Show stored reports side by side: a column a run, a row a requirement.

    REPORT is a report.json, of any API, target or date; one that holds several runs gives several columns.
    """
    from conformance.commands.matrix import matrix as show

    sys.exit(show(**said))


@click.command(short_help="Write a badge of a report.")
@click.argument("report", type=click.Path(path_type=Path))
@written("The SVG image; - prints it.")
@file("--endpoint", metavar="FILE", said="Write what shields.io reads here, too.")
@click.option("--label", default="", metavar="TEXT", help="What the badge is about; default: the API.")
def badge(**said: Any) -> None:  # noqa: ANN401
    """Say a stored report in one badge; never green where nothing was tested."""
    from conformance.commands.badge import badge as make

    sys.exit(make(**said))
