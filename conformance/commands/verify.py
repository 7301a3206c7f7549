"""The command `verify`: checks a certificate without network, and says what it could show again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from conformance.certification.archive import MOST, BundleTrouble
from conformance.certification.verification import is_own
from conformance.certification.verification import verify as verified_of
from conformance.commands.trouble import end, usage
from conformance.exchange.visible import visible
from conformance.report import Exit
from conformance.reporters.console import Console
from conformance.reporters.terminal import render
from conformance.reporters.terminal_scores import level_lines, reached

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from conformance.certification.verification import Verified


def verify(*, bundle: Path, public_key: Path | None, report: bool, verbose: bool) -> Exit:
    """Verify a bundle and print what was found; returns the exit status."""
    with usage():
        try:
            found = verified_of(_read(bundle), public_key)
        except BundleTrouble as trouble:
            raise end(f"{bundle} is refused: {trouble}", Exit.USAGE) from trouble
    if report:
        render(found.report, Console(), verbose=verbose)
    for line in _lines(found, verbose=verbose):
        click.echo(line)
    click.echo(f"{bundle}: {_conclusion(found)}")
    return found.exit_status


def _read(path: Path) -> bytes:
    """Return the bytes of a file, one more than are verified at most."""
    try:
        with path.open("rb") as stream:
            return stream.read(MOST + 1)
    except OSError as error:
        raise end(f"cannot read {path}: {error.strerror}", Exit.USAGE) from error


def _lines(found: Verified, *, verbose: bool) -> Iterator[str]:
    said, judged = found.manifest, found.rejudged
    suite = said["suite"]
    yield f"target:    {visible(said['target'], most=200)}, {said['api']}, {said['started']}"
    same = "this one" if is_own(said) else f"not this one: {suite['digest'][:16]}"
    yield f"suite:     {visible(suite['version'], most=40)} ({same}), effort {said['effort']}, seed {said['seed']}"
    yield f"signature: {found.signature}"
    yield "files:     none was altered"
    yield f"drawn:     {visible(found.drawn, most=200)}"
    if found.report.score:
        first, *rest = level_lines(found.report.score)
        yield f"levels:    {visible(first, most=200)}"
        yield from (f"         {visible(line, most=200)}" for line in rest)
    total = len(judged.results)
    yield f"verdicts:  {judged.derived} of {total} follow from the bytes of {said['exchanges']} exchanges alone"
    parts = (
        ("with what was noted beside them (times, notices)", judged.noted),
        ("not judged because of a flag of the run", judged.flagged),
        ("by the run's own word that it could not tell", judged.unsent),
        ("by rules that this suite has otherwise", found.changed),
        ("OTHERWISE than the report says", judged.differing),
    )
    for text, names in parts:
        if names:
            yield f"           {len(names)} {text}: {_listed(names, most=len(names) if verbose else 8)}"


def _listed(names: Iterable[str], most: int) -> str:
    shown = [visible(name, most=80) for name in names]
    more = len(shown) - most
    return ", ".join(shown[:most]) + (f" and {more} more (-v lists them)" if more > 0 else "")


def _conclusion(found: Verified) -> str:
    if found.exit_status is Exit.CONFORMANT:
        scored = found.manifest["set"]
        to = f" to {visible(scored)}" if scored else ""
        return f"verified: a certificate of conformance{to}{reached(found.report.score)}"
    if found.exit_status is Exit.BROKEN:
        return "verified: not conformant"
    return f"verified, but no certificate: {visible(found.reason, most=300)}"
