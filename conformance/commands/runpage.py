"""Writes the page of a run into its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.exchange.har import HarError, read
from conformance.reporters.page import document

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from conformance.exchange.model import Exchange

PAGE = "page.html"
"""What the page is called in the folder of a run."""

_BESIDE = ("report.html", "report.json", "junit.xml", "ctrf.json", "exchanges.har")
_RECORDING = "exchanges.har"


def run_page(folder: Path, run: Mapping[str, Any]) -> str:
    """Return the page of a run; `run` is its part of the JSON report, the exchanges are recorded in the folder."""
    files = tuple(name for name in _BESIDE if (folder / name).is_file())
    return document.text(run, _shown(folder / _RECORDING, run), files)


def _shown(recording: Path, run: Mapping[str, Any]) -> dict[str, Exchange]:
    """Return the exchanges that findings name; none where the recording cannot be read."""
    named = {finding["exchange"] for row in run["requirements"] for finding in row["findings"]} - {None}
    if not named:
        return {}
    try:
        return {exchange.id: exchange for exchange in read(recording) if exchange.id in named}
    except HarError:
        return {}
