"""Makes one report of several runs of the same requests, so that flaky results are told apart."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.report import Repeated, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.report import Drawing, Generated, Report, Result

_BROKEN = (Verdict.FAIL, Verdict.WARN, Verdict.NOTE)
_WORST_FIRST = list(Verdict)


def exchange_name(name: str, number: int) -> str:
    """Return the id of an exchange of the run of this number, counted from 1; those of the first keep theirs."""
    return name if number == 1 or not name else f"run{number}.{name}"


def numbered(report: Report, number: int) -> Report:
    """Return a report whose findings name the exchanges of the run of this number."""
    if number == 1:
        return report
    results = (
        replace(r, findings=tuple(replace(f, exchange=exchange_name(f.exchange, number)) for f in r.findings))
        for r in report.results
    )
    parts = (
        replace(part, shrunk=tuple(exchange_name(name, number) for name in part.shrunk))
        for part in report.drawing.parts
    )
    return replace(
        report,
        results=tuple(results),
        drawing=replace(report.drawing, parts=tuple(parts)),
        lost=tuple(exchange_name(name, number) for name in report.lost),
    )


def together(reports: Sequence[Report]) -> Report:
    """Return one report of several runs: each requirement has the worst of its verdicts, never the best.

    What was broken in some runs and kept in others counts as broken; the reason says in how many.
    """
    first, last = reports[0], reports[-1]
    if len(reports) == 1:
        return first
    by_id: dict[str, list[Result]] = {}
    for result in (result for report in reports for result in report.results):
        by_id.setdefault(result.requirement.id, []).append(result)
    columns = list(by_id.values())
    broken = {column[0].requirement.id: sum(r.verdict in _BROKEN for r in column) for column in columns}
    return replace(
        first,
        spent=last.spent,
        results=tuple(_result(column, len(reports)) for column in columns),
        interrupted=last.interrupted,
        trouble=next((report.trouble for report in reports if report.trouble), ""),
        lost=tuple(name for report in reports for name in report.lost),
        drawing=_drawing([report.drawing for report in reports]),
        repeated=Repeated(
            runs=len(reports),
            broken={name: times for name, times in broken.items() if times},
            flaky=frozenset(column[0].requirement.id for column in columns if _is_flaky(column)),
        ),
    )


def _is_flaky(column: Sequence[Result]) -> bool:
    verdicts = {result.verdict for result in column}
    return Verdict.PASS in verdicts and not verdicts.isdisjoint(_BROKEN)


def _result(column: Sequence[Result], runs: int) -> Result:
    """Return what the results of one requirement come to."""
    worst = min(column, key=lambda result: _WORST_FIRST.index(result.verdict))
    findings = (finding for result in column for finding in result.findings)
    return replace(
        worst,
        reason=_reason(column, worst, runs),
        findings=tuple(sorted(findings, key=lambda f: (f.level or worst.requirement.level).rank)),
        judged=sum(result.judged for result in column),
    )


def _reason(column: Sequence[Result], worst: Result, runs: int) -> str:
    """Say how often the worst verdict came, where it did not come every time."""
    counts = Counter(result.verdict for result in column)
    broken = sum(counts[verdict] for verdict in _BROKEN)
    if broken and worst.verdict in _BROKEN:
        if broken == runs:
            return worst.reason
        rest = f", not judged in {runs - broken - counts[Verdict.PASS]}" if broken + counts[Verdict.PASS] < runs else ""
        return f"{'flaky: ' if _is_flaky(column) else ''}broken {broken} of {runs} runs{rest}"
    if counts[worst.verdict] == runs:
        return worst.reason
    return f"in {counts[worst.verdict]} of {runs} runs: {worst.reason}"


def _drawing(drawings: Sequence[Drawing]) -> Drawing:
    found: dict[tuple[str, str], Generated] = {}
    for part in (part for drawing in drawings for part in drawing.parts):
        key = part.operation, part.kind
        found[key] = _part(found[key], part) if key in found else part
    return replace(drawings[0], parts=tuple(found.values()))


def _part(one: Generated, other: Generated) -> Generated:
    worst = min((one, other), key=lambda part: _WORST_FIRST.index(part.verdict))
    return replace(
        worst,
        cases=one.cases + other.cases,
        sent=one.sent + other.sent,
        broken=tuple(dict.fromkeys([*one.broken, *other.broken])),
        shrunk=(*one.shrunk, *other.shrunk),
        reason=worst.reason or one.reason or other.reason,
    )
