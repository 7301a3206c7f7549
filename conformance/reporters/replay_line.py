"""Writes the command that tells whether a finding is still there."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.contract.model import Requirement
    from conformance.report import Finding


def replay_line(requirement: Requirement, finding: Finding, folder: Path | None) -> str:
    """Return the line for a POSIX shell; empty without a folder of the run, or an exchange that was recorded there."""
    if folder is None or not finding.exchange or not finding.curl:
        return ""
    return shlex.join(["llm-conformance", "replay", f"{requirement.id}@{finding.exchange}", "--report", str(folder)])
