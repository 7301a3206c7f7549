"""Commands that make and check certificates."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click


@click.command(short_help="Judge a target thoroughly, write a certificate.")
@click.option("--api", metavar="ID", help="The API to judge.")
@click.option("-u", "--target", metavar="URL", help="Base URL of the target.")
@click.option("--api-key", metavar="KEY", help="The key to the target; better: --api-key-env.")
@click.option("--api-key-env", metavar="NAME", help="Environment variable that holds the key.")
@click.option("--header", "headers", multiple=True, metavar="'K: V'", help="Header sent with every request.")
@click.option("--model", metavar="ID", help="Model to use; default: the first usable one.")
@click.option("--with", "optional", multiple=True, metavar="API:GROUP", help="Turn on an optional group.")
@click.option("--allow-configure", is_flag=True, help="Allow requests that change the deployment.")
@click.option("--offers", multiple=True, metavar="NAMES", help="Capabilities that must be there.")
@click.option("--set", "scored", metavar="SET[/LEVEL]", help="Score this dated set of requirements: see `list sets`.")
@click.option("--strict", is_flag=True, help="A broken should fails the run, too.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything that is drawn.")
@click.option("--concurrency", type=click.IntRange(1, 64), default=8, show_default=True, help="Requests at once.")
@click.option("--max-requests", type=click.IntRange(1), default=20_000, show_default=True, help="Requests at most.")
@click.option("--max-output-tokens", type=click.IntRange(1), default=2_000_000, show_default=True, help="At most.")
@click.option("--max-seconds", type=click.FloatRange(1), default=7200.0, show_default=True, help="Seconds at most.")
@click.option("--timeout", type=click.FloatRange(0.1), default=60.0, show_default=True, help="Seconds for one request.")
@click.option("--sign", type=click.Path(path_type=Path), metavar="KEYFILE", help="Private key to sign with.")
@click.option("--new-key", "key_file", type=click.Path(path_type=Path), metavar="FILE", help="Make a key pair instead.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="BUNDLE.zip", help="Required.")
@click.option(
    "--report-dir",
    type=click.Path(path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Where reports go.",
)
@click.option("-v", "--verbose", is_flag=True, help="List notes and every finding.")
@click.option("--effort", hidden=True)
@click.option("--level", hidden=True)
@click.option("-k", "expression", hidden=True)
@click.option("--waivers", hidden=True)
@click.option("--baseline", hidden=True)
@click.option("--shard", hidden=True)
@click.option("--repeat", hidden=True)
def certify(**said: Any) -> None:  # noqa: ANN401
    """Judge a target thoroughly and write a bundle that anyone can verify.

    Nothing is waived and nothing left out. The bundle is a certificate only where the target is conformant; else it is
    evidence. --new-key makes a key pair for --sign (needs the extra `sign`).
    """
    from conformance.commands.certify import certify as make

    sys.exit(make(**said))


@click.command(short_help="Check a certificate, judge its exchanges again.")
@click.argument("bundle", type=click.Path(path_type=Path), metavar="BUNDLE")
@click.option("--public-key", type=click.Path(path_type=Path), metavar="FILE", help="Whose signature it must bear.")
@click.option("--report", is_flag=True, help="Print the report, too.")
@click.option("-v", "--verbose", is_flag=True, help="List everything.")
def verify(**said: Any) -> None:  # noqa: ANN401
    """Check a bundle of `certify`, and judge its exchanges again; opens no connection.

    \b
    Exit status: 0 a certificate of conformance, 1 verified but not conformant,
    2 unreadable, altered or wrongly signed, 3 verified but inconclusive.
    """  # noqa: D301
    from conformance.commands.verify import verify as check

    sys.exit(check(**said))
