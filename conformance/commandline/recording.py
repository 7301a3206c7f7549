"""Commands that keep evidence, and judge it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from conformance.commandline.options import (
    CONFIGURE,
    REACH,
    REPORT_DIR,
    REPORT_JSON,
    SEED,
    STRICT,
    VERBOSE,
    costs,
    effort,
    file,
    with_options,
)
from conformance.generation.effort import Effort


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--api", metavar="ID", help="The API to judge by; default: the one that the paths are of.")
@click.option("--target", metavar="URL", help="Base URL of the recorded target; default: found from the paths.")
@click.option("--base-path", metavar="PATH", help="Where the API begins on its host, if that is not found.")
@with_options(STRICT, file("--report-json", said="Write the JSON report here."), VERBOSE)
def judge(**said: Any) -> None:  # noqa: ANN401
    """Judge recorded traffic; sends nothing.

    FILES are HAR files of browsers, proxies or a run, Charles sessions (.chlsj), or transcripts of curl -i or -v;
    - is standard input.
    """
    from conformance.commands.judge import judge as decide

    sys.exit(decide(**said))


@click.command(short_help="Keep answers as fixtures, or say what changed.")
@click.option("-u", "--target", required=True, metavar="URL", help="Base URL of the target.")
@click.option("--api", required=True, metavar="ID", help="The API that the target offers.")
@click.option(
    "--into",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder of the fixtures; those of the API are in a folder of its own.",
)
@click.option("--scrub", multiple=True, metavar="PATTERN", help="Regular expression of what is not recorded, too.")
@click.option("--scrub-host", is_flag=True, help="Do not record the target's host name.")
@click.option("--probe", "probes", multiple=True, metavar="NAME", help="Only this probe: see `list probes`.")
@click.option("--operation", "operations", multiple=True, metavar="ID", help="Only requests to this operation.")
@click.option("--update", is_flag=True, help="Replace the fixtures that changed, add those that are new.")
@click.option("--strict", is_flag=True, help="Any drift fails, not only a newly broken must.")
@with_options(
    file("--report-json", said="Write what changed here, as JSON."),
    *REACH,
    effort(Effort.SMOKE),
    *costs(),
    CONFIGURE,
    SEED,
)
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
@with_options(REPORT_DIR, REPORT_JSON, STRICT, VERBOSE)
def proxy(**said: Any) -> None:  # noqa: ANN401
    """Pass a client's traffic on to a target, record it, judge it as it passes.

    Listens on 127.0.0.1 until Ctrl-C, then reports; the exit status is that of the report (as of `judge`).
    """
    from conformance.commands.proxy import proxy as pass_on

    sys.exit(pass_on(**said))
