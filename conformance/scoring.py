"""Scores a report: which capabilities the target has, which levels of certification it reaches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.contract.capabilities import PREFIX, requirement
from conformance.contract.model import Level
from conformance.contract.sets import FULL, digest, newest
from conformance.judges.capabilities import ABSENT
from conformance.judges.evidence import Evidence
from conformance.judges.verdicts import WITHHELD, Bench
from conformance.report import Verdict
from conformance.scored import LevelScore, Offer, Reached, Score

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from conformance.contract.model import Api
    from conformance.contract.sets import RequirementSet, Scope
    from conformance.exchange.model import Exchange
    from conformance.judges.verdicts import Circumstances
    from conformance.report import Generated, Report, Result

_KEPT = frozenset({Verdict.PASS, Verdict.WARN, Verdict.NOTE})
_GRAVEST = tuple(Verdict)
_OFFERED = {Verdict.PASS: True, Verdict.FAIL: False}


def finished(
    report: Report,
    api: Api,
    exchanges: Iterable[Exchange],
    circumstances: Circumstances,
    *,
    base_url: str = "",
    scope: Scope | None = None,
    known: Evidence | None = None,
) -> Report:
    """Return the report with its capabilities and levels; what is beyond the scope is set apart, not scored.

    Exchanges that are `known` as evidence are not read again.
    """
    evidence = Evidence(api, exchanges, base_url, known)
    offers = tuple(_offers(api, Bench(evidence, circumstances)))
    chosen = scope.set if scope else newest(api.id)
    if chosen is None:
        return replace(report, offers=offers)
    found = replace(report, offers=offers, score=score(report.results, api, chosen, scope.level if scope else ""))
    return _narrowed(found, scope) if scope else found


def _offers(api: Api, bench: Bench) -> Iterator[Offer]:
    known = {row.id for row in api.requirements}
    for capability in api.capabilities:
        result = bench.result(requirement(api, capability))
        said = capability.requirement in known
        yield Offer(capability.name, capability.statement, said, _OFFERED.get(result.verdict), _reason(result))


def _reason(result: Result) -> str:
    if not result.findings:
        return result.reason
    first = result.findings[0]
    return f"{first.message.removeprefix(ABSENT)} ({first.actual})"


def _narrowed(report: Report, scope: Scope) -> Report:
    scored = {*scope.rows}
    inside = [r for r in report.results if r.requirement.id in scored or _is_declaration(r.requirement.id, scope.level)]
    kept = {result.requirement.id: result.verdict for result in inside}
    parts = tuple(_narrowed_part(part, kept) for part in report.drawing.parts)
    return replace(
        report,
        results=tuple(inside),
        drawing=replace(report.drawing, parts=parts),
        unscored=tuple(result for result in report.results if result.requirement.id not in kept),
    )


def _narrowed_part(part: Generated, kept: Mapping[str, Verdict]) -> Generated:
    """Return a generated part without what it breaks beyond the scope."""
    broken = tuple(name for name in part.broken if name in kept)
    if part.verdict not in {Verdict.FAIL, Verdict.WARN}:
        return replace(part, broken=broken)
    verdict = Verdict.UNTESTED if part.reason else Verdict.PASS
    return replace(
        part, broken=broken, verdict=min((kept[name] for name in broken), key=_GRAVEST.index, default=verdict)
    )


def _is_declaration(name: str, level: str) -> bool:
    """Tell whether a row says that a capability is there which a level is about; every one belongs to all of a set."""
    return name.startswith(PREFIX) and level in {FULL, name.removeprefix(PREFIX)}


def score(results: Iterable[Result], api: Api, chosen: RequirementSet, scored: str = "") -> Score:
    """Return how results stand by a set of requirements of their API."""
    known = {result.requirement.id: result for result in results}
    changed = {row.id for row in api.requirements if chosen.digests.get(row.id, digest(row)) != digest(row)}
    levels = tuple(_level(name, chosen.of(name), known, api, changed) for name in chosen.level_names)
    return Score(chosen.id, chosen.date, levels, scored)


def _level(name: str, rows: tuple[str, ...], known: Mapping[str, Result], api: Api, changed: set[str]) -> LevelScore:
    declarations = tuple(row.id for row in api.requirements if _is_declaration(row.id, name))
    here = {row.id: row.level for row in api.requirements}
    musts = [row for row in (*rows, *declarations) if here.get(row, Level.MUST) is Level.MUST]
    broken = tuple(row for row in musts if row in known and known[row].verdict is Verdict.FAIL and row not in changed)
    unjudged = tuple(row for row in musts if row not in broken and (row in changed or _open(known.get(row))))
    judged = any(row in known and known[row].verdict in _KEPT for row in musts)
    return LevelScore(name, _reached(broken, unjudged, judged=judged), (*rows, *declarations), broken, unjudged)


def _open(result: Result | None) -> bool:
    """Tell whether nothing is known of a requirement, or the run was not allowed to find it out."""
    if result is None or result.verdict in {Verdict.UNTESTED, Verdict.ERROR}:
        return True
    return result.verdict is Verdict.NOT_APPLICABLE and result.reason.startswith(WITHHELD)


def _reached(broken: tuple[str, ...], unjudged: tuple[str, ...], *, judged: bool) -> Reached:
    if broken:
        return Reached.NOT_REACHED
    if unjudged:
        return Reached.INCONCLUSIVE
    return Reached.REACHED if judged else Reached.NOT_OFFERED
