"""The command that serves the documented APIs, or recordings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click


@click.command(short_help="Serve the APIs, or recordings, on this machine.")
@click.option("--api", "apis", multiple=True, metavar="ID", help="Serve only this API (repeatable; default: all).")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Address to listen on.")
@click.option("--deviate", "deviations", multiple=True, metavar="NAME", help="Break promises: see `list deviations`.")
@click.option("--latency", type=click.FloatRange(0), default=0.0, metavar="MS", help="Milliseconds before each answer.")
@click.option(
    "--tokens-per-second",
    type=click.FloatRange(0, min_open=True),
    default=250.0,
    show_default=True,
    help="Speed of streams.",
)
@click.option("--api-key", metavar="KEY", help="The only key that is accepted.")
@click.option(
    "--fixtures",
    "places",
    multiple=True,
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Play recordings back instead: a HAR file, or a folder of them (repeatable).",
)
@click.option("--timing", metavar="WHEN", help="Of recordings: recorded (default), none, or seconds for an answer.")
@click.option("--split", type=click.Choice(["bytes"]), help="Of recordings: send every byte of a body by itself.")
@click.option("--base-path", metavar="PATH", help="Of recordings: the base path, in place of the recorded one.")
def serve(**said: Any) -> None:  # noqa: ANN401
    """Serve the documented APIs, or recordings, on this machine."""
    from conformance.commands.serve import serve as start

    sys.exit(start(**said))
