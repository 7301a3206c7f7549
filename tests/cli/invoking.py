"""The command as tests start it, and how it ended."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = str(Path(sys.executable).with_name("llm-conformance"))


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit status, what it said, and the folder of its reports."""

    status: int
    out: str
    err: str
    reports: Path

    @property
    def folder(self) -> Path:
        """The one folder that the run wrote."""
        (found,) = self.reports.iterdir()
        return found

    @property
    def report(self) -> dict[str, Any]:
        """The JSON report of the one run."""
        return json.loads((self.folder / "report.json").read_text(encoding="utf-8"))

    def verdict(self, requirement: str) -> str:
        """Return the verdict on a requirement."""
        return {row["id"]: row["verdict"] for row in self.report["requirements"]}[requirement]


def environment(**more: str) -> dict[str, str]:
    """Return an environment without keys, 80 columns wide, in which runs send the fixed probes only."""
    kept = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY") and not k.startswith("PYTEST")}
    return kept | {"COLUMNS": "80", "LLM_CONFORMANCE_EFFORT": "smoke"} | more
