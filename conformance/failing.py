"""Which generated cases fail, and the probes that make them small."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.generation.shrinking import as_draft, shrink
from conformance.judges.evidence import Evidence
from conformance.judges.verdicts import Bench, judge_all
from conformance.probes.registry import Probe
from conformance.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from conformance.contract.model import Api, Requirement
    from conformance.exchange.model import Exchange
    from conformance.generation.cases import Case, Corpus
    from conformance.generation.draft import Draft
    from conformance.judges.verdicts import Circumstances
    from conformance.probes.call import Calls
    from conformance.probes.target import Target
    from conformance.report import Result
    from conformance.transport.collect import Collection as Collected

SHRUNK = "shrunk"
"""The first word of the names of probes that make a case small."""
BROKEN = (Verdict.FAIL, Verdict.WARN)
"""The verdicts on broken promises, the gravest first."""


def case_of(exchange_id: str) -> str:
    """Return the name of the probe that an exchange is of."""
    return exchange_id.rpartition(".")[0]


@dataclass
class Minimiser:
    """Finds the generated cases that fail what fixed probes keep, and sends simpler ones as long as they fail too.

    `smallest` maps the name of each case that could be made smaller, or was seen again, to its smallest request.
    """

    corpus: Corpus
    selected: Collection[str]
    circumstances: Callable[[Collected], Circumstances]
    smallest: dict[str, str] = field(default_factory=dict)
    results: tuple[Result, ...] | None = None
    """The results, where nothing needed to be made small."""
    evidence: Evidence | None = None
    """What was collected before anything was made small, as it was read."""

    def stage(self, collected: Collected) -> list[Probe]:
        """Return the probes that make failing cases small: one a case, the gravest first, within the quota."""
        api, base_url = collected.target.api, collected.target.base_url
        cases = {case.name: case for case in self.corpus.cases}
        context = [e for e in collected.exchanges if case_of(e.id) not in cases]
        sent = {exchange.id: exchange for exchange in collected.exchanges}
        circumstances = self.circumstances(collected)
        self.evidence = Evidence(api, collected.exchanges, base_url)
        results = judge_all(
            api,
            collected.exchanges,
            base_url=base_url,
            selected=self.selected,
            circumstances=circumstances,
            known=self.evidence,
        )
        known = Evidence(api, context, base_url, self.evidence)
        probes = []
        for name, (row, exchange) in self._failing(results, cases, sent).items():
            draft = self._draft(api, cases[name], exchange)
            fails = _same_failure(known, row, circumstances)
            probes.append(self._probe(name, draft, fails))
        self.results = None if probes else results
        return probes

    def worth_judging(self, collected: Collected) -> list[Exchange]:
        """Return what was collected, the smallest failing requests before those that they came from.

        What was tried on the way to a smallest request is left out: it shows nothing else.
        """
        small = set(self.smallest.values())
        cases = {case.name for case in self.corpus.cases}
        fixed, generated, smallest = [], [], []
        for exchange in collected.exchanges:
            if exchange.id in small:
                smallest.append(exchange)
            elif case_of(exchange.id) in cases:
                generated.append(exchange)
            elif not exchange.id.startswith(f"{SHRUNK}."):
                fixed.append(exchange)
        return [*fixed, *smallest, *generated]

    def _failing(
        self, results: tuple[Result, ...], cases: dict[str, Case], sent: dict[str, Exchange]
    ) -> dict[str, tuple[Requirement, Exchange]]:
        """Return for each case to be made small the gravest requirement that it breaks, and in which exchange."""
        found: dict[str, tuple[Requirement, Exchange]] = {}
        broken = [result for result in results if result.verdict in BROKEN]
        for result in sorted(broken, key=lambda result: BROKEN.index(result.verdict)):
            exchanges = [sent[finding.exchange] for finding in result.findings if finding.exchange in sent]
            if not exchanges or any(case_of(exchange.id) not in cases for exchange in exchanges):
                continue
            shortest = min(exchanges, key=lambda exchange: len(exchange.request.body))
            if len(found) < self.corpus.quota.shrunk:
                found.setdefault(case_of(shortest.id), (result.requirement, shortest))
        return found

    def _draft(self, api: Api, case: Case, exchange: Exchange) -> Draft:
        operation = api.operation(case.operation)
        return case.draft or as_draft(operation, exchange, case.label, api.profile.caps.short)

    def _probe(self, name: str, draft: Draft, fails: Callable[[Exchange], bool]) -> Probe:
        def watched(exchange: Exchange) -> bool:
            failed = fails(exchange)
            if failed:
                self.smallest[name] = exchange.id
            return failed

        def start(target: Target) -> Calls:
            return shrink(target, draft, watched, self.corpus.quota.shrinking)

        return Probe(f"{SHRUNK}{name.removeprefix('generated')}", draft.label, start)


def _same_failure(known: Evidence, row: Requirement, circumstances: Circumstances) -> Callable[[Exchange], bool]:
    """Return what tells whether an exchange breaks a requirement, beside what fixed probes have shown."""

    def fails(exchange: Exchange) -> bool:
        result = Bench(known.beside(exchange), circumstances).result(row)
        return any(finding.exchange == exchange.id for finding in result.findings)

    return fails
