"""The command `badge`: says a stored report in one image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.commands.trouble import usage
from conformance.commands.written import written
from conformance.report import Exit
from conformance.reporters import badge as badges
from conformance.storedreport import read

if TYPE_CHECKING:
    from pathlib import Path


def badge(*, report: Path, output: Path, endpoint: Path | None, label: str) -> Exit:
    """Write the badge of a report as SVG, and for shields.io if asked; returns the exit status."""
    with usage():
        made = badges.badge(read(report), label)
    written(output, badges.svg(made))
    if endpoint:
        written(endpoint, badges.endpoint(made))
    return Exit.CONFORMANT
