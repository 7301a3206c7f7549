"""Writes reports as JSON, as `specs/report.schema.json` describes it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from conformance.contract.model import Level
from conformance.report import FORMAT, READINGS, Verdict, worst
from conformance.reporters.replay_line import replay_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from conformance.contract.model import Requirement
    from conformance.report import Finding, Generated, Report, Result


def document(reports: Sequence[Report], folders: Sequence[Path] = ()) -> dict[str, Any]:
    """Return the JSON document: of one report the report itself, of several a list of runs.

    `folders` are those that the runs wrote, one a report, if they did.
    """
    runs = [run_document(report, folder) for report, folder in zip_longest(reports, folders)]
    if len(reports) == 1:
        return {"format": FORMAT} | runs[0]
    return {
        "format": FORMAT,
        "exit_status": int(worst(report.exit_status for report in reports)),
        "runs": runs,
    }


def text(reports: Sequence[Report], folders: Sequence[Path] = ()) -> str:
    """Return the document as indented text that ends with a line feed and has a UTF-8 form."""
    written = json.dumps(document(reports, folders), ensure_ascii=False, indent=2)
    # Half a surrogate pair has no UTF-8; what `backslashreplace` writes for it is its JSON escape.
    return written.encode(errors="backslashreplace").decode() + "\n"


def run_document(report: Report, folder: Path | None = None) -> dict[str, Any]:
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
        "generated": {
            "effort": report.drawing.effort,
            "digest": report.drawing.digest or None,
            "generators": report.drawing.generators or None,
            "parts": [_part(part) for part in report.drawing.parts],
        },
        "totals": {str(level): _totals(report, level) for level in Level},
        "readings": {name: _reading(report.in_reading(name)) for name in READINGS},
        "requirements": [_requirement(result, folder) for result in report.results],
    }


def _part(part: Generated) -> dict[str, Any]:
    return {
        "operation": part.operation,
        "kind": part.kind,
        "cases": part.cases,
        "sent": part.sent,
        "verdict": str(part.verdict),
        "reason": part.reason or None,
        "broken": list(part.broken),
        "shrunk": list(part.shrunk),
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


def _requirement(result: Result, folder: Path | None) -> dict[str, Any]:
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
        "findings": [_finding(finding, requirement, folder) for finding in result.findings],
    }


def _finding(finding: Finding, requirement: Requirement, folder: Path | None) -> dict[str, str | None]:
    return {
        "level": str(finding.level or requirement.level),
        "message": finding.message,
        "expected": finding.expected or None,
        "actual": finding.actual or None,
        "where": finding.where or None,
        "exchange": finding.exchange or None,
        "curl": finding.curl or None,
        "replay": replay_line(requirement, finding, folder) or None,
    }
