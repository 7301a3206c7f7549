"""Writes what a command made where the user wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from conformance.commands.files import save, writable

if TYPE_CHECKING:
    from pathlib import Path


def written(output: Path, text: str) -> None:
    """Write a text to a file, or print it where that is `-`.

    Raises:
        Ended: it cannot be written.
    """
    if str(output) == "-":
        click.echo(text, nl=False)
        return
    writable(output)
    save(output, text)
    click.echo(f"llm-conformance: {output} is written", err=True)
