"""Commands that show a finding again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from conformance.commandline.options import CONFIGURE, HEADER, KEY, TIMEOUT, with_options, written


@click.command(short_help="Send a finding again: is it still there?")
@click.argument("findings", nargs=-1, metavar="[FINDING...]")
@click.option("--report", type=click.Path(path_type=Path), metavar="PATH", help="Folder of the run; default: newest.")
@click.option("--har", type=click.Path(path_type=Path), metavar="FILE", help="A recording, in place of a run.")
@click.option("--entry", metavar="N|ID", help="The exchange of the recording; default: its only one.")
@click.option("--api", metavar="ID", help="The API of the recording; default: the one that the paths are of.")
@click.option("-u", "--target", metavar="URL", help="Base URL to send to; default: the one that was recorded.")
@click.option("--bisect", "bisected", nargs=2, metavar="A B", help="Base URLs of two targets: show what differs.")
@with_options(*KEY)
@click.option("--api-key-env-b", metavar="NAME", help="Environment variable that holds the key to B.")
@HEADER
@click.option("--model", metavar="ID", help="Model to ask in place of the one that was asked.")
@click.option("--model-b", metavar="ID", help="Model to ask B.")
@click.option("--deviate", "deviations", multiple=True, metavar="NAME", help="Start the bundled server, deviating.")
@click.option("--whole-probe", is_flag=True, help="Send all requests of the probe, in order.")
@click.option("--repeat", type=click.IntRange(1, 100), default=1, show_default=True, help="How often to try.")
@with_options(TIMEOUT, CONFIGURE)
def replay(**said: Any) -> None:  # noqa: ANN401
    """Send again what a finding shows, and say whether it is still there.

    FINDING is REQUIREMENT@EXCHANGE, or a requirement or an exchange for all findings of it. --har takes an exchange of
    any recording instead, and says what it breaks now and broke then. --bisect sends to two targets.

    \b
    Exit status: 0 gone, 1 still there, 2 usage error, 3 cannot tell.
    With --bisect: 0 the same, 1 the targets differ, 2 usage error, 3 cannot tell.
    """  # noqa: D301
    from conformance.commands.replay import replay as look

    sys.exit(look(**said))


@click.command(short_help="Write a finding as a bug report in Markdown.")
@click.argument("finding")
@click.option("--report", type=click.Path(path_type=Path), metavar="PATH", help="Folder of the run; default: newest.")
@written("- prints it.")
def export(**said: Any) -> None:  # noqa: ANN401
    """Write a finding as a bug report in Markdown for whoever maintains the server; sends nothing.

    FINDING is REQUIREMENT@EXCHANGE, or a requirement or an exchange for the first finding of it.
    """
    from conformance.commands.export import export as write

    sys.exit(write(**said))
