"""Ends a command in one clear line and the documented exit status."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from conformance.contract.load import SpecError
from conformance.report import Exit
from conformance.usage import UsageTrouble

if TYPE_CHECKING:
    from collections.abc import Iterator


class Ended(Exception):  # noqa: N818 - an ending, not an error
    """A command ended early with an exit status; the line that says why was printed."""

    def __init__(self, status: Exit) -> None:
        super().__init__(status)
        self.status = status


def end(message: str, status: Exit) -> Ended:
    """Print one line on standard error and return what to raise."""
    click.echo(f"llm-conformance: {' '.join(message.split())}", err=True)
    return Ended(status)


@contextmanager
def usage() -> Iterator[None]:
    """Turn what the user can mend into one line and exit status 2.

    Raises:
        Ended: the user has something to mend.
    """
    try:
        yield
    except (UsageTrouble, SpecError) as trouble:
        raise end(str(trouble), Exit.USAGE) from trouble
