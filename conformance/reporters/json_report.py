"""Writes reports as JSON, as `specs/report.schema.json` describes it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from conformance.contract.model import Level
from conformance.report import FORMAT, READINGS, Verdict, worst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.report import Finding, Report, Result


def document(reports: Sequence[Report]) -> dict[str, Any]:
    """Return the JSON document: of one report the report itself, of several a list of runs."""
    if len(reports) == 1:
        return {"format": FORMAT} | run_document(reports[0])
    return {
        "format": FORMAT,
        "exit_status": int(worst(report.exit_status for report in reports)),
        "runs": [run_document(report) for report in reports],
    }


def text(reports: Sequence[Report]) -> str:
    """Return the document as indented text that ends with a line feed and has a UTF-8 form."""
    written = json.dumps(document(reports), ensure_ascii=False, indent=2)
    # Half a surrogate pair has no UTF-8; what `backslashreplace` writes for it is its JSON escape.
    return written.encode(errors="backslashreplace").decode() + "\n"


def run_document(report: Report) -> dict[str, Any]:
    """Return one run, without the format."""
    return {
        "api": report.api,
        "title": report.title,
        "target": report.target,
        "suite_version": report.suite_version,
        "started": datetime.fromtimestamp(report.started, UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "verdict": report.verdict,
        "exit_status": int(report.exit_status),
        "strict": report.strict,
        "interrupted": report.interrupted,
        "trouble": report.trouble or None,
        "spent": {
            "requests": report.spent.requests,
            "output_tokens": report.spent.output_tokens,
            "seconds": round(report.spent.seconds, 3),
        },
        "seed": report.seed,
        "totals": {str(level): _totals(report, level) for level in Level},
        "readings": {name: _reading(report.in_reading(name)) for name in READINGS},
        "requirements": [_requirement(result) for result in report.results],
    }


def _totals(report: Report, level: Level) -> dict[str, int]:
    counts = {str(verdict): report.count(verdict, level) for verdict in Verdict}
    return {"total": sum(counts.values())} | counts


def _reading(report: Report) -> dict[str, Any]:
    return {
        "verdict": report.verdict,
        "exit_status": int(report.exit_status),
        "totals": {str(level): _totals(report, level) for level in Level},
    }


def _requirement(result: Result) -> dict[str, Any]:
    requirement = result.requirement
    return {
        "id": requirement.id,
        "level": str(requirement.level),
        "verdict": str(result.verdict),
        "reason": result.reason or None,
        "judged": result.judged,
        "basis": requirement.basis,
        "source": requirement.source,
        "statement": requirement.statement,
        "doubt": requirement.doubt or None,
        "operations": list(requirement.operations),
        "reading": requirement.reading or None,
        "bugs": list(requirement.bugs),
        "findings": [_finding(finding, requirement.level) for finding in result.findings],
    }


def _finding(finding: Finding, level: Level) -> dict[str, str | None]:
    return {
        "level": str(finding.level or level),
        "message": finding.message,
        "expected": finding.expected or None,
        "actual": finding.actual or None,
        "where": finding.where or None,
        "exchange": finding.exchange or None,
        "curl": finding.curl or None,
    }
