"""Commands that judge a target, or say what that would cost."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from conformance.commandline.options import CLAIMS, REPORT_DIR, REPORT_JSON, TARGET, VERBOSE, file, with_options
from conformance.commands.configured import Configured
from conformance.commands.configured import options as of_file


@click.command(cls=Configured, short_help="Judge a target, or all APIs on the bundled server.")
@of_file
@with_options(
    *TARGET,
    REPORT_DIR,
    REPORT_JSON,
    file("--report-ctrf", said="Write a CTRF report here, too."),
    click.option("--shard", metavar="I/N", help="Send part I of N only; `merge` puts the reports together."),
)
@click.option(
    "--wait-for-target",
    type=click.FloatRange(0, 86_400),
    metavar="S",
    help="Wait for so many seconds at most until the target answers HTTP.",
)
@click.option(
    "--save-failures",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep failing cases there, and send again those that are kept.",
)
@with_options(
    file(
        "--waivers",
        metavar="FILE",
        said="Known failures that do not fail the run; default: waivers.toml, if it is there.",
    ),
    file("--write-waivers", metavar="FILE", said="Draft waivers for what is broken in a new file."),
    file("--baseline", metavar="REPORT", said="Fail for regressions only, compared with this JSON report."),
)
@click.option(
    "--repeat",
    type=click.IntRange(1, 100),
    default=1,
    show_default=True,
    metavar="N",
    help="Send everything so many times; what is broken in some runs only is flaky, and broken.",
)
@with_options(*CLAIMS, VERBOSE)
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def run(**said: Any) -> None:  # noqa: ANN401 - options as click gives them
    """Judge a target, or every API against the bundled reference server."""
    from conformance.commands.run import run as execute

    sys.exit(execute(**said))


@click.command(cls=Configured)
@of_file
@with_options(*TARGET)
def plan(**said: Any) -> None:  # noqa: ANN401
    """Say what a run would send at most; sends nothing."""
    from conformance.commands.plan import plan as show

    sys.exit(show(**said))


@click.command(cls=Configured, short_help="Say which options are in force, and from where.")
def config(**_said: Any) -> None:  # noqa: ANN401
    """Say which options of a run are in force, and where each comes from.

    Takes the options of `run`: what the command line does not say comes from LLM_CONFORMANCE_<OPTION>, then from
    llm-conformance.toml or [tool.llm-conformance] in pyproject.toml.
    """
    from conformance.commands.config import config as show

    sys.exit(show())


config.params += [each for each in run.params if isinstance(each, click.Option)]
