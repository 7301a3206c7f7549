"""Drafts waivers for what a run found broken."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from conformance.exchange.visible import visible
from conformance.report import Exit
from conformance.waiverfile import UNSAID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.report import Report, Result

_DAYS = 30
_MOST = 90
"""Characters of a finding that are quoted."""


def drafted(report: Report) -> str:
    """Return waivers, as TOML, for what a report says is broken and not waived yet; empty where there is nothing.

    There is one an operation where all findings of a requirement tell theirs, else one for the requirement. The reasons
    are to be written; they expire 30 days after the run. Nothing is drafted of a run that was interrupted, whose target
    was in trouble, or that failed by a fault of the suite.
    """
    if report.interrupted or report.trouble or report.exit_status is Exit.SUITE_FAILED:
        return ""
    broken = [result for result in report.results if report.gates(result) and not result.waiver]
    return "\n".join(row for result in broken for row in _rows(report, result))


def _rows(report: Report, result: Result) -> Iterator[str]:
    seen = list(dict.fromkeys(finding.operation for finding in result.findings))
    expires = datetime.fromtimestamp(report.started, UTC).date() + timedelta(days=_DAYS)
    for operation in seen if seen and all(seen) else [""]:
        messages = [each.message for each in result.findings if operation in {"", each.operation}]
        lines = [
            f"# {visible((messages or [result.reason])[0], most=_MOST)}",
            "[[waiver]]",
            f"requirement = {json.dumps(result.requirement.id)}",
            f"api = {json.dumps(report.api)}",
            *([f"operation = {json.dumps(operation)}"] if operation else []),
            f'reason = "{UNSAID}: say why"',
            f"expires = {expires.isoformat()}",
        ]
        yield "\n".join(lines) + "\n"
