"""The runs of one pytest session, kept where every hook finds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conformance.exchange.model import Exchange
    from conformance.report import Report, Result
    from conformance.run import Run


@dataclass
class Sessions:
    """The runs of one pytest session and, once they were executed, their reports and exchanges by API.

    `recording` is the HAR file that exchanges are appended to, `done` is told each finished probe. `fault` is what
    kept a run from its report.
    """

    runs: dict[str, Run]
    level: str = "should"
    recording: Path | None = None
    done: Callable[[str], None] = lambda _: None
    reports: dict[str, Report] = field(default_factory=dict)
    exchanges: dict[str, dict[str, Exchange]] = field(default_factory=dict)
    fault: Exception | None = None

    def result(self, api: str, requirement: str) -> Result | None:
        """Return the result of a requirement, None before its run was executed."""
        report = self.reports.get(api)
        return next((r for r in report.results if r.requirement.id == requirement), None) if report else None


SESSIONS = pytest.StashKey[Sessions]()
