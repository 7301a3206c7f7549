"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from conformance.commands.configured import Lines
from conformance.generation.effort import EFFORT_ENV, Effort

Body = TypeVar("Body", bound=Callable[..., Any])
Option = Callable[[Any], Any]

KEY = (
    click.option("--api-key", metavar="KEY", help="The key to the target; better: --api-key-env."),
    click.option("--api-key-env", metavar="NAME", help="Environment variable that holds the key."),
)
HEADER = click.option(
    "--header", "headers", multiple=True, type=Lines(), metavar="'K: V'", help="Header sent with every request."
)
REACH = (
    *KEY,
    HEADER,
    click.option("--model", metavar="ID", help="Model to use; default: the first usable one."),
    click.option("--with", "optional", multiple=True, metavar="API:GROUP", help="Turn on an optional group."),
)
"""The options that say how the target is reached, and what of it is asked."""
TIMEOUT = click.option(
    "--timeout", type=click.FloatRange(0.1), default=60.0, show_default=True, help="Seconds for one request."
)
CONFIGURE = click.option("--allow-configure", is_flag=True, help="Allow requests that change the deployment.")
SEED = click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything that is drawn.")
STRICT = click.option("--strict", is_flag=True, help="A broken should fails the run, too.")
VERBOSE = click.option("-v", "--verbose", is_flag=True, help="List notes and every finding.")
CLAIMS = (
    click.option("--offers", multiple=True, metavar="NAMES", help="Capabilities that must be there."),
    click.option(
        "--set", "scored", metavar="SET[/LEVEL]", help="Score this dated set of requirements: see `list sets`."
    ),
)
"""The options that say what a target claims."""


def costs(requests: int = 2000, tokens: int = 200_000, seconds: float = 1800.0) -> tuple[Option, ...]:
    """Return the options that cap a run, with their defaults."""
    return (
        click.option(
            "--concurrency", type=click.IntRange(1, 64), default=8, show_default=True, help="Requests at once."
        ),
        click.option(
            "--max-requests", type=click.IntRange(1), default=requests, show_default=True, help="Requests at most."
        ),
        click.option(
            "--max-output-tokens",
            type=click.IntRange(1),
            default=tokens,
            show_default=True,
            help="Output tokens at most.",
        ),
        click.option(
            "--max-seconds", type=click.FloatRange(1), default=seconds, show_default=True, help="Seconds at most."
        ),
        TIMEOUT,
    )


def effort(default: Effort, envvar: str | None = None) -> Option:
    """Return the option that says how much is generated."""
    return click.option(
        "--effort",
        type=click.Choice([str(effort) for effort in Effort]),
        default=str(default),
        envvar=envvar,
        show_default=True,
        help="How much is generated from the specification beside the fixed probes.",
    )


def file(*names: str, said: str, metavar: str | None = None) -> Option:
    """Return an option that names a file to write or read."""
    return click.option(*names, type=click.Path(path_type=Path, dir_okay=False), metavar=metavar, help=said)


def written(said: str) -> Option:
    """Return the option that names the file to write, or - for standard output."""
    return click.option(
        "-o",
        "--output",
        required=True,
        type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
        metavar="FILE",
        help=said,
    )


REPORT_DIR = click.option(
    "--report-dir",
    type=click.Path(path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Where reports go.",
)
REPORT_JSON = file("--report-json", said="Write the JSON report here, too.")

TARGET = (
    click.option("--api", "apis", multiple=True, metavar="ID", help="The API to judge (repeatable; default: all)."),
    click.option(
        "-u", "--target", metavar="URL", help="Base URL of the target; default: the bundled reference server."
    ),
    *REACH,
    effort(Effort.STANDARD, EFFORT_ENV),
    click.option("--level", type=click.Choice(["must", "should"]), default="should", help="Judge only must, or all."),
    STRICT,
    *costs(),
    CONFIGURE,
    SEED,
    click.option(
        "-k",
        "--select",
        "expression",
        default="",
        metavar="EXPR",
        help="Only requirements that match (as pytest's -k).",
    ),
)
"""The options that say what is judged, how, and at what cost."""


def with_options(*options: Option) -> Callable[[Body], Body]:
    """Add options to a command, in their order."""

    def decorate(function: Body) -> Body:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate
