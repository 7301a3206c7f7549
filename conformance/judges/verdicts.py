"""Gives each requirement of an API its verdict."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from conformance.contract.capabilities import PREFIX
from conformance.contract.model import Level
from conformance.judges.evidence import Evidence
from conformance.judges.outcome import Kept, NotApplicable, Unjudged
from conformance.judges.registry import catalogue
from conformance.report import Finding, Result, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from conformance.contract.model import Api, Requirement
    from conformance.exchange.model import Exchange
    from conformance.judges.outcome import Outcome

WITHHELD = ("the optional group is off", "changes the deployment")
"""How reasons begin that say that a flag of the run did not allow it: the target may well offer it."""
_WEIGHT = {Level.MUST: Verdict.FAIL, Level.SHOULD: Verdict.WARN, Level.MAY: Verdict.NOTE}


@dataclass(frozen=True)
class Circumstances:
    """What a run knows beside the exchanges.

    `optional` are the optional groups that are on, `configure` whether changes of the deployment were allowed.
    `unsent` says of probes why they were not (wholly) sent, `faults` what went wrong in them. `trouble` says why the
    target could not be judged at all.
    """

    optional: Collection[str] = ()
    configure: bool = True
    unsent: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""


def judge_all(
    api: Api,
    exchanges: Iterable[Exchange],
    *,
    base_url: str = "",
    selected: Collection[str] | None = None,
    circumstances: Circumstances | None = None,
    known: Evidence | None = None,
) -> tuple[Result, ...]:
    """Judge exchanges by an API's requirements, all or those whose ids are selected; results in the API's order.

    Exchanges that are `known` as evidence are not read again.
    """
    bench = Bench(Evidence(api, exchanges, base_url, known), circumstances or Circumstances())
    return tuple(bench.result(row) for row in api.requirements if selected is None or row.id in selected)


class Bench:
    """Judges requirements, each once."""

    def __init__(self, evidence: Evidence, circumstances: Circumstances) -> None:
        self._evidence = evidence
        self._circumstances = circumstances
        self._judges = catalogue()
        self._known: dict[str, Result] = {}

    def result(self, row: Requirement) -> Result:
        """Return the result of one requirement."""
        if row.id not in self._known:
            try:
                self._known[row.id] = self._judge(row)
            except Exception as error:  # noqa: BLE001 - a fault of ours must not look like the target's
                fault = f"the suite failed to judge it with {row.judge}: {type(error).__name__}: {error}"
                self._known[row.id] = Result(row, Verdict.ERROR, fault)
        return self._known[row.id]

    def _judge(self, row: Requirement) -> Result:
        if reason := self._not_applicable(row):
            return Result(row, Verdict.NOT_APPLICABLE, reason)
        if self._circumstances.trouble:
            return Result(row, Verdict.UNTESTED, self._circumstances.trouble)
        judge = self._judges.get(row.judge)
        if judge is None:
            return Result(row, Verdict.ERROR, f"there is no judge {row.judge!r}")
        fault = next((text for name, text in self._circumstances.faults.items() if name in row.probes), "")
        if fault:
            return Result(row, Verdict.ERROR, f"a probe of the suite failed: {fault}")
        return self._weighed(row, list(judge(row, self._evidence)))

    def _not_applicable(self, row: Requirement) -> str:
        if row.excluded:
            return f"cannot be observed: {row.excluded}"
        if row.optional and row.optional not in self._circumstances.optional:
            return f"{WITHHELD[0]}; --with {self._evidence.api.id}:{row.optional} turns it on"
        operations = [self._evidence.api.operation(name) for name in row.operations]
        offering = row.id.endswith(".offered") or row.id.startswith(PREFIX)
        if operations and all(o.effect == "configure" for o in operations) and not self._circumstances.configure:
            return f"{WITHHELD[1]}; --allow-configure allows it"
        if operations and not offering and not any(map(self._evidence.is_offered, operations)):
            return f"not offered: {', '.join(f'{o.method} {o.path}' for o in operations)}"
        if refused := not offering and next(
            (s for o in operations if o.capability and (s := self._evidence.refusal(o))), 0
        ):
            return f"not offered: every request to it is refused (status {refused})"
        return next((f"{name} is broken" for name in row.needs if self._is_broken(name)), "")

    def _is_broken(self, name: str) -> bool:
        needed = self.result(self._evidence.api.requirement(name))
        return needed.verdict in {Verdict.FAIL, Verdict.WARN} and bool(needed.findings)

    def _weighed(self, row: Requirement, outcomes: list[Outcome]) -> Result:
        findings = tuple(
            replace(o, level=max(o.level or row.level, row.level, key=_rank))
            for o in outcomes
            if isinstance(o, Finding)
        )
        judged = sum(isinstance(o, Finding | Kept) for o in outcomes)
        cut = next((text for name, text in self._circumstances.unsent.items() if name in row.probes), "")
        worst = min((finding.level or row.level for finding in findings), key=_rank, default=row.level)
        if findings and not (cut and worst is not row.level):  # a weaker fault says nothing of what was not sent
            ordered = tuple(sorted(findings, key=lambda f: _rank(f.level or row.level)))
            return Result(row, _WEIGHT[worst], "", ordered, judged)
        if cut:
            return Result(row, Verdict.UNTESTED, cut, findings, judged)
        if judged:
            return Result(row, Verdict.PASS, "", (), judged)
        if absent := next((o.reason for o in outcomes if isinstance(o, NotApplicable)), ""):
            return Result(row, Verdict.NOT_APPLICABLE, absent)
        reason = next((o.reason for o in outcomes if isinstance(o, Unjudged)), "no exchange shows it")
        if busy := self._busy(row):
            return Result(row, Verdict.UNTESTED, busy)
        if unoffered := next((word for word in row.words if self._evidence.refuses(row, word)), ""):
            return Result(row, Verdict.NOT_APPLICABLE, f"every request with {unoffered} is refused")
        return Result(row, Verdict.UNTESTED, reason)

    def _busy(self, row: Requirement) -> str:
        """Return what to say where the target was too busy for every documented request of the row."""
        proper = [reading for reading in self._evidence.of(row) if reading.proper]
        busy = next((reading.status for reading in proper if reading.limited), 0)
        return f"not judged: rate limited (status {busy})" if busy and not any(r.succeeded for r in proper) else ""


def _rank(level: Level) -> int:
    return level.rank
