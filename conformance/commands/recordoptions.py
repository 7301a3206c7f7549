"""The options of the command `record`."""

from __future__ import annotations

from pathlib import Path

import click

from conformance.generation.effort import Effort

OPTIONS = (
    click.option("-u", "--target", required=True, metavar="URL", help="Base URL of the target."),
    click.option("--api", required=True, metavar="ID", help="The API that the target offers."),
    click.option(
        "--into",
        required=True,
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Folder of the fixtures; those of the API are in a folder of its own.",
    ),
    click.option("--scrub", multiple=True, metavar="PATTERN", help="Regular expression of what is not recorded, too."),
    click.option("--scrub-host", is_flag=True, help="Do not record the target's host name."),
    click.option("--probe", "probes", multiple=True, metavar="NAME", help="Only this probe: see `list probes`."),
    click.option("--operation", "operations", multiple=True, metavar="ID", help="Only requests to this operation."),
    click.option("--update", is_flag=True, help="Replace the fixtures that changed, add those that are new."),
    click.option(
        "--report-json", type=click.Path(path_type=Path, dir_okay=False), help="Write what changed here, as JSON."
    ),
    click.option("--strict", is_flag=True, help="Any drift fails, not only a newly broken must."),
    click.option("--api-key", metavar="KEY", help="The key to the target; better: --api-key-env."),
    click.option("--api-key-env", metavar="NAME", help="Environment variable that holds the key."),
    click.option("--header", "headers", multiple=True, metavar="'K: V'", help="Header sent with every request."),
    click.option("--model", metavar="ID", help="Model to use; default: the first usable one."),
    click.option("--with", "optional", multiple=True, metavar="API:GROUP", help="Turn on an optional group."),
    click.option(
        "--effort",
        type=click.Choice([str(effort) for effort in Effort]),
        default=str(Effort.SMOKE),
        show_default=True,
        help="How much is generated from the specification beside the fixed probes.",
    ),
    click.option("--concurrency", type=click.IntRange(1, 64), default=8, show_default=True, help="Requests at once."),
    click.option("--max-requests", type=click.IntRange(1), default=2000, show_default=True, help="Requests at most."),
    click.option(
        "--max-output-tokens", type=click.IntRange(1), default=200_000, show_default=True, help="Tokens at most."
    ),
    click.option("--max-seconds", type=click.FloatRange(1), default=1800.0, show_default=True, help="Seconds at most."),
    click.option(
        "--timeout", type=click.FloatRange(0.1), default=60.0, show_default=True, help="Seconds for one request."
    ),
    click.option("--allow-configure", is_flag=True, help="Allow requests that change the deployment."),
    click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything that is drawn."),
)
