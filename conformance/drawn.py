"""What of a run is generated: what was drawn, and what became of each part."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from conformance.failing import BROKEN, case_of
from conformance.report import Drawing, Generated, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from conformance.generation.cases import Case, Corpus, Part
    from conformance.report import Result
    from conformance.transport.collect import Collection as Collected

_GENERATORS = ("hypothesis", "schemathesis")


def drawing(corpus: Corpus, collected: Collected, results: Iterable[Result], smallest: Mapping[str, str]) -> Drawing:
    """Tell what was drawn, and what became of each part."""
    if not corpus.cases:
        return Drawing(str(corpus.effort))
    by_part: dict[Part, list[Case]] = {}
    for case in corpus.cases:
        by_part.setdefault(case.part, []).append(case)
    broken: dict[str, dict[str, Verdict]] = {}
    for result in results:
        for finding in result.findings:
            name = case_of(finding.exchange)
            if result.verdict in BROKEN:
                broken.setdefault(name, {})[result.requirement.id] = result.verdict
    return Drawing(
        str(corpus.effort),
        corpus.digest,
        ", ".join(f"{name} {version(name)}" for name in _GENERATORS),
        tuple(_part(cases, collected, broken, smallest) for cases in by_part.values()),
    )


def _part(
    cases: list[Case], collected: Collected, broken: Mapping[str, Mapping[str, Verdict]], smallest: Mapping[str, str]
) -> Generated:
    names = {case.name for case in cases}
    faults = [collected.faults[name] for name in names if name in collected.faults]
    unsent = {name: collected.unsent[name] for name in sorted(names) if name in collected.unsent}
    found = {row: verdict for name in names for row, verdict in broken.get(name, {}).items()}
    reason = (
        f"a probe of the suite failed: {faults[0]}" if faults else next(iter(unsent.values()), collected.unjudgeable)
    )
    return Generated(
        operation=cases[0].operation,
        kind=cases[0].kind,
        cases=len(cases),
        sent=0 if collected.unjudgeable else len(names) - len(unsent),
        verdict=_verdict(found, faulty=bool(faults), cut=bool(reason)),
        broken=tuple(sorted(found)),
        shrunk=tuple(smallest[name] for name in sorted(names) if name in smallest),
        reason=reason,
    )


def _verdict(found: Mapping[str, Verdict], *, faulty: bool, cut: bool) -> Verdict:
    """Return the worst that is known: ours, broken promises, what was not sent."""
    if faulty:
        return Verdict.ERROR
    worst = next((verdict for verdict in BROKEN if verdict in found.values()), None)
    if worst is Verdict.FAIL or not cut:
        return worst or Verdict.PASS
    return Verdict.UNTESTED
