"""Commands that make and check certificates."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from conformance.commandline.options import (
    CLAIMS,
    CONFIGURE,
    REACH,
    REPORT_DIR,
    SEED,
    STRICT,
    VERBOSE,
    costs,
    file,
    with_options,
)


@click.command(short_help="Judge a target thoroughly, write a certificate.")
@click.option("--api", metavar="ID", help="The API to judge.")
@click.option("-u", "--target", metavar="URL", help="Base URL of the target.")
@with_options(*REACH, CONFIGURE, *CLAIMS, STRICT, SEED, *costs(20_000, 2_000_000, 7200.0))
@click.option("--sign", type=click.Path(path_type=Path), metavar="KEYFILE", help="Private key to sign with.")
@click.option("--new-key", "key_file", type=click.Path(path_type=Path), metavar="FILE", help="Make a key pair instead.")
@file("-o", "--output", metavar="BUNDLE.zip", said="Required.")
@with_options(REPORT_DIR, VERBOSE)
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
