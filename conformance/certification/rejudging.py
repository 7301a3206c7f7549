"""Judges the exchanges of a certificate again, and compares what comes of it with what its report says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conformance.exchange.model import Piece
from conformance.judges.verdicts import Circumstances, judge_all
from conformance.report import Result, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from conformance.contract.model import Api, Requirement
    from conformance.exchange.model import Exchange
    from conformance.report import Finding
    from conformance.storedreport import Stored, StoredRequirement

_SHRUNK = "shrunk."
_BROKEN = frozenset({Verdict.FAIL, Verdict.WARN})
_RUNS_OWN = frozenset({Verdict.UNTESTED, Verdict.ERROR})
"""Verdicts by which a run says less than its exchanges do: of what was not sent, or went wrong in the suite."""


@dataclass(frozen=True)
class Flags:
    """What a run knows beside its exchanges.

    `optional` are the groups that are on, `configure` allows changes, `trouble` says why nothing could be judged.
    """

    optional: frozenset[str]
    configure: bool
    trouble: str = ""

    @property
    def circumstances(self) -> Circumstances:
        """The flags as judges take them."""
        return Circumstances(optional=self.optional, configure=self.configure, trouble=self.trouble)


@dataclass(frozen=True)
class Rejudged:
    """What the exchanges of a certificate give, beside what its report says; keyed by requirement id.

    `judged` are the exchanges that were judged, `results` the results as far as they agree. Of these, `flagged` rest
    on a flag of the run, `noted` on what was noted on the connection beside the bytes (arrival times, notices).
    `unsent` are those in which the run says that it could not tell; `differing` say what the report says otherwise.
    """

    judged: Sequence[Exchange]
    results: tuple[Result, ...]
    flagged: Mapping[str, str]
    noted: tuple[str, ...]
    unsent: Mapping[str, str]
    differing: Mapping[str, str]

    @property
    def derived(self) -> int:
        """How many verdicts the exchanges give again by their bytes alone."""
        apart = {*self.flagged, *self.noted, *self.unsent, *self.differing}
        return sum(result.requirement.id not in apart for result in self.results)


def in_judged_order(exchanges: Iterable[Exchange], stored: Stored, cases: Sequence[str]) -> list[Exchange]:
    """Return the exchanges of a run in the order in which they were judged, those that were not judged last.

    First come fixed probes, then the smallest failing requests, then the generated `cases`, in their order.
    """
    small, place = _smallest(stored), {name: number for number, name in enumerate(cases)}

    def rank(exchange: Exchange) -> tuple[int, int, str, int]:
        probe, _, number = exchange.id.rpartition(".")
        within = int(number) if number.isascii() and number.isdigit() else 0
        if probe in place:
            return 2, place[probe], "", within
        if probe.startswith(_SHRUNK):
            return 1 if exchange.id in small else 3, 0, "", 0
        return 0, probe != "discovery", probe, within

    return sorted(exchanges, key=rank)


def rejudged(api: Api, exchanges: Iterable[Exchange], stored: Stored, flags: Flags) -> Rejudged:
    """Judge exchanges, in their order, by all requirements that a report has, and compare."""
    small = _smallest(stored)
    judged = [each for each in exchanges if not each.id.startswith(_SHRUNK) or each.id in small]
    given = _results(api, judged, stored, flags)
    bare = {result.requirement.id: result.verdict for result in _results(api, map(_bare, judged), stored, flags)}
    unsent: dict[str, str] = {}
    for result in given:
        if _is_runs_own(result, stored.requirements[result.requirement.id], unsent):
            unsent[result.requirement.id] = stored.requirements[result.requirement.id].reason
    found = [_settled(result, stored, unsent) for result in given]
    agreeing = [result for result in given if result.requirement.id not in unsent]
    differing = {r.requirement.id: text for r in agreeing if (text := _difference(r, stored))}
    strange = sorted(stored.requirements.keys() - {result.requirement.id for result in given})
    return Rejudged(
        judged=judged,
        results=tuple(found),
        flagged={r.requirement.id: r.reason for r in agreeing if _is_flagged(api, r.requirement, flags)},
        noted=tuple(r.requirement.id for r in agreeing if bare[r.requirement.id] is not r.verdict),
        unsent=unsent,
        differing=differing | dict.fromkeys(strange, "this suite has no such requirement"),
    )


def _results(api: Api, exchanges: Iterable[Exchange], stored: Stored, flags: Flags) -> tuple[Result, ...]:
    names = stored.requirements.keys()
    return judge_all(api, exchanges, base_url=stored.target, selected=set(names), circumstances=flags.circumstances)


def _smallest(stored: Stored) -> set[str]:
    return {name for part in stored.document["generated"]["parts"] for name in part["shrunk"]}


def _bare(exchange: Exchange) -> Exchange:
    """Return an exchange without what was noted beside its bytes: when pieces came, what the connection did after."""
    response = exchange.response
    if response and response.pieces:
        whole = b"".join(piece.data for piece in response.pieces)
        response = replace(response, pieces=(Piece(0.0, whole),))
    return replace(exchange, response=response, seconds=0.0, timed=False, noticed=())


def _is_runs_own(given: Result, said: StoredRequirement, unsent: Collection[str]) -> bool:
    """Tell whether a report says less of a requirement than its exchanges show, which only the run can know.

    What the exchanges show to be broken cannot be said to be unknown, save where a weaker fault stands beside what was
    not sent.
    """
    if said.verdict in _RUNS_OWN:
        is_same = given.verdict is said.verdict and given.reason == said.reason
        whole = given.verdict in _BROKEN and any(_level(f, given) is given.requirement.level for f in given.findings)
        return not is_same and (said.verdict is Verdict.ERROR or not whole)
    needs = set(given.requirement.needs) & set(unsent)
    return given.verdict is Verdict.NOT_APPLICABLE and any(given.reason == f"{name} is broken" for name in needs)


def _settled(given: Result, stored: Stored, unsent: Collection[str]) -> Result:
    said = stored.requirements[given.requirement.id]
    if given.requirement.id not in unsent:
        return given
    return Result(given.requirement, said.verdict, said.reason, said.findings, given.judged)


def _is_flagged(api: Api, row: Requirement, flags: Flags) -> bool:
    """Tell whether a flag of the run decides that a requirement was not judged."""
    if row.excluded or flags.trouble:
        return bool(flags.trouble) and not row.excluded
    operations = [api.operation(name) for name in row.operations]
    withheld = bool(operations) and all(operation.effect == "configure" for operation in operations)
    return bool(row.optional and row.optional not in flags.optional) or (withheld and not flags.configure)


def _difference(given: Result, stored: Stored) -> str:
    """Return what a report says otherwise than the exchanges do; empty where it says the same."""
    said, row = stored.requirements[given.requirement.id], given.requirement
    if said.verdict is not given.verdict:
        return f"its report says {said.verdict}, its exchanges give {given.verdict}"
    if (said.level, said.statement) != (row.level, row.statement):
        return "its report gives it another level or statement"
    if _findings(said.findings, said.level) != _findings(given.findings, row.level):
        return f"its report has {len(said.findings)} findings that its exchanges do not give in this form"
    if said.reason != given.reason:
        return f"its report gives the reason {said.reason!r}, its exchanges {given.reason!r}"
    return ""


def _findings(findings: Iterable[Finding], level: object) -> list[tuple[str, ...]]:
    return sorted((f.exchange, f.where, f.message, f.expected, f.actual, str(f.level or level)) for f in findings)


def _level(finding: Finding, result: Result) -> object:
    return finding.level or result.requirement.level
