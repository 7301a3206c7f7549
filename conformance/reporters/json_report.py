"""Writes reports as JSON, as `specs/report.schema.json` describes it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from conformance.contract.model import Level
from conformance.report import FORMAT, READINGS, Verdict, worst
from conformance.reporters import json_scores
from conformance.reporters.replay_line import replay_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from conformance.contract.model import Requirement
    from conformance.report import Finding, Generated, Report, Result
    from conformance.waivers import Unused, Waiver, Waivers


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
    return written(document(reports, folders))


def written(found: dict[str, Any]) -> str:
    """Return a JSON document as indented text that ends with a line feed and has a UTF-8 form."""
    text = json.dumps(found, ensure_ascii=False, indent=2)
    # Half a surrogate pair has no UTF-8; what `backslashreplace` writes for it is its JSON escape.
    return text.encode(errors="backslashreplace").decode() + "\n"


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
        "lost": list(report.lost),
        "spent": {
            "requests": report.spent.requests,
            "output_tokens": report.spent.output_tokens,
            "seconds": round(report.spent.seconds, 3),
        },
        "seed": report.seed,
        "specification": report.specification or None,
        "generated": {
            "effort": report.drawing.effort,
            "digest": report.drawing.digest or None,
            "generators": report.drawing.generators or None,
            "parts": [_part(part) for part in report.drawing.parts],
        },
        "waivers": _waivers(report.waivers),
        "repeated": {"runs": report.repeated.runs, "broken": dict(report.repeated.broken)},
        "shard": _shard(report),
        "totals": {str(level): _totals(report, level) for level in Level},
        "readings": {name: _reading(report.in_reading(name)) for name in READINGS},
        "capabilities": json_scores.capabilities(report),
        "set": json_scores.standing(report),
        "requirements": [_requirement(result, folder) for result in report.results],
    }


def _shard(report: Report) -> dict[str, Any] | None:
    shard = report.shard
    if shard is None:
        return None
    return {"index": shard.index, "of": shard.of, "run": shard.run, "others": list(shard.others)}


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


def _waivers(waivers: Waivers) -> dict[str, Any]:
    return {
        "used": [_scope(waiver) | _waiver(waiver) for waiver in waivers.used],
        "stale": [_unused(each) for each in waivers.stale],
        "unjudged": [_unused(each) for each in waivers.unjudged],
    }


def _unused(unused: Unused) -> dict[str, Any]:
    return _scope(unused.waiver) | _waiver(unused.waiver) | {"why": unused.why}


def _scope(waiver: Waiver) -> dict[str, Any]:
    return {"requirement": waiver.requirement, "operation": waiver.operation or None}


def _waiver(waiver: Waiver) -> dict[str, str]:
    return {"reason": waiver.reason, "expires": waiver.expires.isoformat()}


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
        "waiver": _waiver(result.waiver) if result.waiver else None,
        "basis": requirement.basis,
        "source": requirement.source,
        "statement": requirement.statement,
        "doubt": requirement.doubt or None,
        "operations": list(requirement.operations),
        "reading": requirement.reading or None,
        "bugs": list(requirement.bugs),
        "capability": requirement.capability or None,
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
        "operation": finding.operation or None,
        "curl": finding.curl or None,
        "replay": replay_line(requirement, finding, folder) or None,
    }
