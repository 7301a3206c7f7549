"""Writes reports in the Common Test Report Format (ctrf.io), one test a requirement."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from conformance.contract.model import Level
from conformance.exchange.visible import visible
from conformance.report import Verdict, worst
from conformance.reporters.json_report import written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conformance.report import Finding, Generated, Report, Result

_SPECIFICATION = "1.0.0"
_STATUSES = ("passed", "failed", "skipped", "pending", "other")
_STATUS = {
    Verdict.ERROR: "failed",
    Verdict.FAIL: "failed",
    Verdict.WARN: "other",
    Verdict.UNTESTED: "skipped",
    Verdict.NOT_APPLICABLE: "skipped",
    Verdict.NOTE: "passed",
    Verdict.PASS: "passed",
}


def document(reports: Sequence[Report]) -> dict[str, Any]:
    """Return the CTRF document of one or more runs.

    Each test keeps our verdict as `rawStatus`, the run keeps it in `extra`: CTRF has no word for inconclusive. One
    exchange shows many requirements, so a test has no time of its own: its duration is 0.
    """
    tests = [test for report in reports for test in _tests(report)]
    counts = Counter(test["status"] for test in tests)
    start = min((_milliseconds(report.started) for report in reports), default=0)
    stop = max((_milliseconds(report.started + report.spent.seconds) for report in reports), default=0)
    return {
        "reportFormat": "CTRF",
        "specVersion": _SPECIFICATION,
        "reportId": str(uuid5(NAMESPACE_URL, " ".join(f"{r.api} {r.target} {r.started}" for r in reports))),
        "generatedBy": "llm-conformance",
        "results": {
            "tool": {"name": "llm-conformance", "version": reports[0].suite_version if reports else ""},
            "summary": {
                "tests": len(tests),
                **{status: counts[status] for status in _STATUSES},
                "start": start,
                "stop": stop,
                "duration": stop - start,
            },
            "tests": tests,
            "extra": {
                "exit_status": int(worst(report.exit_status for report in reports)),
                "runs": [_run(report) for report in reports],
            },
        },
    }


def text(reports: Sequence[Report]) -> str:
    """Return the document as indented text that ends with a line feed and has a UTF-8 form."""
    return written(document(reports))


def _run(report: Report) -> dict[str, Any]:
    return {
        "api": report.api,
        "target": report.target,
        "verdict": report.verdict,
        "exit_status": int(report.exit_status),
        "seed": report.seed,
        "effort": report.drawing.effort,
        "trouble": report.trouble or None,
    }


def _tests(report: Report) -> Iterator[dict[str, Any]]:
    for result in report.results:
        yield _test(report, result)
    for part in report.drawing.parts:
        yield _generated(report, part)


def _test(report: Report, result: Result) -> dict[str, Any]:
    row, waived = result.requirement, _waived(result)
    worded = "\n".join(finding.message for finding in result.findings) or result.reason
    trace = "\n\n".join(_told(finding) for finding in result.findings)
    return {
        **_named(report, row.id),
        "status": "skipped" if waived else _status(result.verdict, strict=report.strict),
        "suite": [report.api, row.group],
        "rawStatus": str(result.verdict),
        "tags": [str(row.level), row.basis],
        **_said(message="\n".join(filter(None, (waived, worded))), trace=trace),
        "labels": {"requirement": row.id, "level": str(row.level), "basis": row.basis, "source": row.source},
        "extra": {"statement": row.statement, "judged": result.judged},
    }


def _generated(report: Report, part: Generated) -> dict[str, Any]:
    broken = f"breaks {', '.join(part.broken)}" if part.broken else ""
    return {
        **_named(report, f"generated.{part.operation}.{part.kind}"),
        "status": _status(part.verdict, strict=report.strict),
        "suite": [report.api, "generated"],
        "rawStatus": str(part.verdict),
        "tags": [str(Level.MUST), "generated"],
        **_said(message="; ".join(filter(None, (part.reason, broken)))),
        "extra": {"cases": part.cases, "sent": part.sent, "shrunk": list(part.shrunk)},
    }


def _named(report: Report, name: str) -> dict[str, Any]:
    return {"id": str(uuid5(NAMESPACE_URL, f"urn:llm-conformance:{report.api}:{name}")), "name": name, "duration": 0}


def _status(verdict: Verdict, *, strict: bool) -> str:
    return "failed" if strict and verdict is Verdict.WARN else _STATUS[verdict]


def _waived(result: Result) -> str:
    return str(result.waiver) if result.waiver else ""


def _said(**texts: str) -> dict[str, str]:
    return {name: visible(said, keep="\n") for name, said in texts.items() if said}


def _told(finding: Finding) -> str:
    facts = (("expected", finding.expected), ("actual", finding.actual), ("where", finding.where))
    lines = [finding.message, *(f"{name}: {said}" for name, said in facts if said), finding.curl]
    return "\n".join(filter(None, lines))


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
