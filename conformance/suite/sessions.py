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
        found = (*report.results, *report.unscored) if report else ()
        return next((r for r in found if r.requirement.id == requirement), None)

    def is_scored(self, api: str, requirement: str) -> bool:
        """Tell whether a requirement counts in its run: it does where no set that lacks it was asked for."""
        report = self.reports.get(api)
        return report is None or all(r.requirement.id != requirement for r in report.unscored)


SESSIONS = pytest.StashKey[Sessions]()
