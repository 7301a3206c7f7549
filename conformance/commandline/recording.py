"""Commands that keep evidence, and judge it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from conformance.commandline.options import with_options
from conformance.commands.recordoptions import OPTIONS as RECORD


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--api", metavar="ID", help="The API to judge by; default: the one that the paths are of.")
@click.option("--target", metavar="URL", help="Base URL of the recorded target; default: found from the paths.")
@click.option("--base-path", metavar="PATH", help="Where the API begins on its host, if that is not found.")
@click.option("--strict", is_flag=True, help="A broken should fails, too.")
@click.option("--report-json", type=click.Path(path_type=Path, dir_okay=False), help="Write the JSON report here.")
@click.option("-v", "--verbose", is_flag=True, help="List notes and every finding.")
def judge(**said: Any) -> None:  # noqa: ANN401
    """Judge recorded traffic; sends nothing.

    FILES are HAR files of browsers, proxies or a run, Charles sessions (.chlsj), or transcripts of curl -i or -v;
    - is standard input.
    """
    from conformance.commands.judge import judge as decide

    sys.exit(decide(**said))


@click.command(short_help="Keep answers as fixtures, or say what changed.")
@with_options(RECORD)
def record(**said: Any) -> None:  # noqa: ANN401
    """Keep a target's answers as fixtures, scrubbed; where there are fixtures, say what changed.

    Exit status as of run, but 1 if a must is newly broken, with --strict if anything changed.
    """
    from conformance.commands.record import record as keep

    sys.exit(keep(**said))


@click.command(short_help="Pass traffic on, record and judge it on its way.")
@click.option("-u", "--target", required=True, metavar="URL", help="Base URL of the target that everything goes to.")
@click.option("--api", required=True, metavar="ID", help="The API whose promises are judged.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free one.")
@click.option("--deviate", "deviations", multiple=True, metavar="NAME", help="Bend answers: see `list deviations`.")
@click.option(
    "--keep",
    type=click.IntRange(1, 1024),
    default=16,
    show_default=True,
    metavar="MB",
    help="Megabytes kept of a body.",
)
@click.option(
    "--report-dir",
    type=click.Path(path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Where reports go.",
)
@click.option("--report-json", type=click.Path(path_type=Path, dir_okay=False), help="Write the JSON report here, too.")
@click.option("--strict", is_flag=True, help="A broken should fails, too.")
@click.option("-v", "--verbose", is_flag=True, help="List notes and every finding.")
def proxy(**said: Any) -> None:  # noqa: ANN401
    """Pass a client's traffic on to a target, record it, judge it as it passes.

    Listens on 127.0.0.1 until Ctrl-C, then reports; the exit status is that of the report (as of `judge`).
    """
    from conformance.commands.proxy import proxy as pass_on

    sys.exit(pass_on(**said))
