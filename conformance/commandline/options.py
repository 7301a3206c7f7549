"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from conformance.commands.configured import Lines
from conformance.generation.effort import EFFORT_ENV, Effort

Body = TypeVar("Body", bound=Callable[..., Any])

TARGET = (
    click.option("--api", "apis", multiple=True, metavar="ID", help="The API to judge (repeatable; default: all)."),
    click.option(
        "-u", "--target", metavar="URL", help="Base URL of the target; default: the bundled reference server."
    ),
    click.option("--api-key", metavar="KEY", help="The key to the target; better: --api-key-env."),
    click.option("--api-key-env", metavar="NAME", help="Environment variable that holds the key."),
    click.option(
        "--header", "headers", multiple=True, type=Lines(), metavar="'K: V'", help="Header sent with every request."
    ),
    click.option("--model", metavar="ID", help="Model to use; default: the first usable one."),
    click.option("--with", "optional", multiple=True, metavar="API:GROUP", help="Turn on an optional group."),
    click.option(
        "--effort",
        type=click.Choice([str(effort) for effort in Effort]),
        default=str(Effort.STANDARD),
        envvar=EFFORT_ENV,
        show_default=True,
        help="How much is generated from the specification beside the fixed probes.",
    ),
    click.option("--level", type=click.Choice(["must", "should"]), default="should", help="Judge only must, or all."),
    click.option("--strict", is_flag=True, help="A broken should fails the run, too."),
    click.option("--concurrency", type=click.IntRange(1, 64), default=8, show_default=True, help="Requests at once."),
    click.option("--max-requests", type=click.IntRange(1), default=2000, show_default=True, help="Requests at most."),
    click.option(
        "--max-output-tokens",
        type=click.IntRange(1),
        default=200_000,
        show_default=True,
        help="Output tokens at most.",
    ),
    click.option("--max-seconds", type=click.FloatRange(1), default=1800.0, show_default=True, help="Seconds at most."),
    click.option(
        "--timeout",
        type=click.FloatRange(0.1),
        default=60.0,
        show_default=True,
        help="Seconds for one request.",
    ),
    click.option("--allow-configure", is_flag=True, help="Allow requests that change the deployment."),
    click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything that is drawn."),
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


def with_options(options: tuple[Callable[[Any], Any], ...]) -> Callable[[Body], Body]:
    """Add options to a command, in their order."""

    def decorate(function: Body) -> Body:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate
