"""A run: from the contract and a target to a report, on one screen."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from conformance.drawn import drawing
from conformance.exchange.curl import curl
from conformance.exchange.har import HarWriter
from conformance.exchange.redaction import Redaction
from conformance.failing import Minimiser
from conformance.generation.cases import Corpus
from conformance.generation.effort import Effort
from conformance.judges.evidence import Evidence
from conformance.judges.verdicts import Circumstances, judge_all
from conformance.kept import keep, kept
from conformance.probes.registry import catalogue as probe_catalogue
from conformance.report import Report
from conformance.transport.budget import Budget, Limits
from conformance.transport.collect import Collector, RecordingFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

    from conformance.contract.model import Api, Requirement
    from conformance.exchange.model import Exchange
    from conformance.generation.cases import Part
    from conformance.probes.registry import Probe
    from conformance.probes.target import Target
    from conformance.report import Finding, Result
    from conformance.transport.collect import Collection as Collected


@dataclass(frozen=True)
class Run:
    """What to judge, and what it may cost.

    `key_env` is the variable that the curl lines take the key from, `failures` the folder in which failing cases are
    kept and looked for. What the regular expressions in `scrub` match is not recorded.
    """

    target: Target
    limits: Limits = field(default_factory=Limits)
    strict: bool = False
    seed: int = 0
    key_env: str = "LLM_CONFORMANCE_API_KEY"
    effort: Effort = Effort.SMOKE
    failures: Path | None = None
    scrub: tuple[str, ...] = ()

    @property
    def api(self) -> Api:
        """The API whose promises are judged."""
        return self.target.api

    @cached_property
    def corpus(self) -> Corpus:
        """All generated cases that the effort asks for, drawn when it is first asked for."""
        if self.effort is Effort.SMOKE:
            return Corpus(self.effort, self.seed)
        from conformance.generation.corpus import corpus  # Schemathesis takes a while to load

        return corpus(self.target, self.effort, self.seed)

    def corpus_of(self, parts: Collection[Part] | None) -> Corpus:
        """Return the generated cases of these parts; all, where None are given."""
        if parts is None:
            return self.corpus
        return self.corpus.only(parts) if parts else Corpus(self.effort, self.seed)


def probes_for(api: Api, selected: Collection[str]) -> list[Probe]:
    """Return the probes that the selected requirements, and those they need, are shown by."""
    wanted: set[str] = set()
    for row in api.requirements:
        if row.id in selected:
            wanted.update(*(each.probes for each in _with_needs(api, row).values()))
    return [probe for name, probe in probe_catalogue().items() if name in wanted]


def _with_needs(api: Api, row: Requirement) -> dict[str, Requirement]:
    """Return a row and all that it needs, directly or not, keyed by id."""
    found, waiting = {}, [row]
    while waiting:
        each = waiting.pop()
        if each.id not in found:
            found[each.id] = each
            waiting += [api.requirement(name) for name in each.needs]
    return found


def execute(
    run: Run,
    selected: Collection[str],
    *,
    recording: Path | None = None,
    done: Callable[[str], None] = lambda _: None,
    collector: Callable[..., Collector] = Collector,
    generated: Collection[Part] | None = None,
) -> tuple[Report, dict[str, Exchange]]:
    """Send what the selected requirements need, judge it, and return the report with the exchanges by id.

    Every exchange is appended to the HAR file `recording` as soon as it ended. `done` is told each finished probe. A
    `collector` of another make may answer calls otherwise than over a connection. Of what the run's effort draws, the
    parts in `generated` are sent: all, where it is not given.

    Raises:
        RecordingFailed: an exchange cannot be recorded.
        UsageTrouble: kept failures cannot be read or written.
    """
    started, budget = time.time(), Budget(run.limits)
    redaction = redaction_of(run.target, run.scrub)
    cases = run.corpus_of(generated)
    saved = kept(run.failures, run.api) if run.failures else []
    minimiser = Minimiser(cases, selected, partial(_circumstances, run))
    with _recorder(recording) as har:

        def record(exchange: Exchange) -> Exchange:
            kept = redaction.exchange(exchange)
            if har is not None:
                har.add(kept)
            return kept

        together = [case.probe for case in cases.cases if not case.alone]
        alone = [case.probe for case in cases.cases if case.alone]
        collection = collector(run.target, budget, record, done).collect(
            [*probes_for(run.api, selected), *saved, *together], lambda _: alone, minimiser.stage
        )
    results = minimiser.results or judge_all(
        run.api,
        minimiser.worth_judging(collection),
        base_url=run.target.base_url,
        selected=selected,
        circumstances=_circumstances(run, collection),
    )
    exchanges = {exchange.id: exchange for exchange in collection.exchanges}
    report = Report(
        api=run.api.id,
        title=run.api.profile.title,
        target=run.target.base_url,
        suite_version=version("llm-conformance"),
        started=started,
        spent=budget.spent,
        seed=run.seed,
        results=tuple(_with_curls(result, exchanges, run.api, run.key_env) for result in results),
        strict=run.strict,
        interrupted=collection.interrupted,
        trouble=collection.trouble,
        drawing=drawing(cases, collection, results, minimiser.smallest),
    )
    if run.failures:
        keep(run.failures, report, exchanges)
    return report, exchanges


@contextmanager
def _recorder(recording: Path | None) -> Iterator[HarWriter | None]:
    """Open the recording, if there is to be one.

    Raises:
        RecordingFailed: the file cannot be written.
    """
    if recording is None:
        yield None
        return
    with ExitStack() as stack:
        try:
            har = stack.enter_context(HarWriter(recording))
        except OSError as error:
            raise RecordingFailed(f"cannot record exchanges to {recording}: {error.strerror}") from error
        yield har


def judge_recorded(api: Api, exchanges: Iterable[Exchange], *, base_url: str = "", strict: bool = False) -> Report:
    """Judge recorded exchanges; nothing is sent, so what the recording does not show is untested.

    An optional group is on where one of its operations was answered: that a client asked for it promises nothing.
    """
    recorded = list(exchanges)
    readings = Evidence(api, recorded, base_url).readings
    offered = {reading.operation.optional for reading in readings if reading.operation and reading.succeeded}
    circumstances = Circumstances(optional=offered)
    results = judge_all(api, recorded, base_url=base_url, circumstances=circumstances)
    known = {exchange.id: exchange for exchange in recorded}
    return Report(
        api=api.id,
        title=api.profile.title,
        target=base_url or "recorded exchanges",
        suite_version=version("llm-conformance"),
        started=min((exchange.started for exchange in recorded), default=0.0),
        spent=Budget(Limits()).spent,
        seed=0,
        results=tuple(_with_curls(result, known, api, api.profile.key_env) for result in results),
        strict=strict,
    )


def _circumstances(run: Run, collection: Collected) -> Circumstances:
    return Circumstances(
        optional=run.target.optional,
        configure=run.target.configure,
        unsent=collection.unsent,
        faults=collection.faults,
        trouble=collection.trouble,
    )


def redaction_of(target: Target, scrub: tuple[str, ...] = ()) -> Redaction:
    """Return what takes the credentials of a run, and what the expressions in `scrub` match, out of its exchanges."""
    profile = target.api.profile
    fallbacks = {companion.header.lower(): companion.fallback for companion in profile.companions}
    return Redaction(
        secrets=frozenset({target.key} - {""}),
        credential_headers=frozenset(way.header for way in profile.credentials),
        private=frozenset(v for name, v in target.headers if fallbacks.get(name.lower(), v) != v),
        scrub=scrub,
    )


def _with_curls(result: Result, exchanges: dict[str, Exchange], api: Api, key_env: str) -> Result:
    companions = {companion.header: companion.env for companion in api.profile.companions}

    def shown(finding: Finding) -> Finding:
        exchange = exchanges.get(finding.exchange)
        return replace(finding, curl=curl(exchange.request, key_env, companions)) if exchange else finding

    return replace(result, findings=tuple(shown(finding) for finding in result.findings)) if result.findings else result


def selection(api: Api, level: str = "should") -> list[Requirement]:
    """Return the must-rows where `level` is must, else every row."""
    return [row for row in api.requirements if level != "must" or row.level == "must"]
