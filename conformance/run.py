"""A run: from the contract and a target to a report, on one screen."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.contract.digest import specification_digest
from conformance.drawn import drawing
from conformance.exchange.har import HarWriter
from conformance.exchange.redaction import Redaction
from conformance.failing import Minimiser
from conformance.generation.cases import Corpus
from conformance.generation.effort import Effort
from conformance.judges.verdicts import Circumstances, judge_all
from conformance.kept import keep, kept
from conformance.locating import located
from conformance.probes.needed import probes_for, shown_by, weights
from conformance.repetition import exchange_name, numbered, together
from conformance.report import Report, ShardReport
from conformance.scoring import finished
from conformance.sharding import is_shared, run_digest, split
from conformance.transport.budget import Budget, Limits
from conformance.transport.collect import Collector, RecordingFailed, is_loopback
from conformance.waiving import waived

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

    from conformance.contract.model import Api, Requirement
    from conformance.contract.sets import Scope
    from conformance.exchange.model import Exchange
    from conformance.generation.cases import Part
    from conformance.judges.evidence import Evidence
    from conformance.probes.target import Target
    from conformance.report import Result
    from conformance.sharding import Shard
    from conformance.transport.collect import Collection as Collected
    from conformance.waivers import Waiver


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
    waivers: tuple[Waiver, ...] = ()
    repeat: int = 1
    """How often all is sent; the limits are for all of it."""
    shard: Shard | None = None
    """The part that is sent here, where the run is in several."""
    level: str = "should"
    scope: Scope | None = None
    """The set of requirements that is scored; None for all of today's."""

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

        whole = corpus(self.target, self.effort, self.seed)
        return whole.of_shard(self.shard.has) if self.shard else whole

    def corpus_of(self, parts: Collection[Part] | None) -> Corpus:
        """Return the generated cases of these parts; all, where None are given."""
        if parts is None:
            return self.corpus
        return self.corpus.only(parts) if parts else Corpus(self.effort, self.seed)

    def rows(self, level: str = "should") -> list[Requirement]:
        """Return what is judged: the rows of a level, and of a run in shards those whose probes are sent here."""
        rows = selection(self.api, level)
        if self.shard is None:
            return rows
        shown = {row.id: shown_by(self.api, row) for row in rows}
        owned = split(shown, weights(self.target, rows), self.shard.of)[self.shard.index - 1]
        return [row for row in rows if row.id in owned]

    def asked(self, selected: Collection[str]) -> Collection[str]:
        """Return what is judged: what is selected, and in a shard all else, too, for what is drawn may break it."""
        return selected if self.shard is None else {row.id for row in selection(self.api, self.level)}

    def has(self, name: str) -> bool:
        """Tell whether what is called so is sent here, and not in another shard."""
        return self.shard is None or self.shard.has(name)

    @property
    def digest(self) -> str:
        """The digest of what all shards of the run have in common; the port of a loopback target is not."""
        aim = urlsplit(self.target.base_url)
        return run_digest(
            api=self.api.id,
            suite=version("llm-conformance"),
            specification=specification_digest(self.api.id),
            target=aim.path if is_loopback(self.target.base_url) else self.target.base_url,
            model=self.target.model,
            flags=[self.target.configure, self.strict, self.level, *sorted(self.target.optional)],
            seed=self.seed,
            effort=str(self.effort),
        )


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

    All is sent as often as the run says, and what the runs found is one report; exchanges of the second are named
    `run2.…`. Every exchange is appended to the HAR file `recording` as soon as it ended. `done` is told each finished
    probe. A `collector` of another make may answer calls otherwise than over a connection. Of what the run's effort
    draws, the parts in `generated` are sent: all, where it is not given.

    Raises:
        RecordingFailed: an exchange cannot be recorded.
        UsageTrouble: kept failures cannot be read or written.
    """
    budget = Budget(run.limits)
    reports: list[Report] = []
    exchanges: dict[str, Exchange] = {}
    redaction = redaction_of(run.target, run.scrub)
    with _recorder(recording) as har:

        def record(number: int, exchange: Exchange) -> Exchange:
            redacted = redaction.exchange(exchange)
            if har is not None:
                har.add(_of_run(number, redacted))
            return redacted

        for number in range(1, run.repeat + 1):
            report, found, read = _once(run, selected, budget, partial(record, number), done, collector, generated)
            reports.append(numbered(report, number))
            exchanges |= {e.id: e for e in map(partial(_of_run, number), found.values())}
            if report.interrupted or report.trouble:
                break
    known = Circumstances(run.target.optional, run.target.configure, trouble=reports[-1].unjudgeable)
    scored = finished(
        together(reports),
        run.api,
        exchanges.values(),
        known,
        base_url=run.target.base_url,
        scope=run.scope,
        known=read,
    )
    whole = waived(scored, run.api, run.waivers)
    if run.failures:
        keep(run.failures, whole, exchanges)
    return whole, exchanges


def _of_run(number: int, exchange: Exchange) -> Exchange:
    """Return an exchange of the run of this number, under the name that it has among all runs."""
    return replace(exchange, id=exchange_name(exchange.id, number)) if number > 1 else exchange


def _once(
    run: Run,
    selected: Collection[str],
    budget: Budget,
    record: Callable[[Exchange], Exchange],
    done: Callable[[str], None],
    collector: Callable[..., Collector],
    generated: Collection[Part] | None,
) -> tuple[Report, dict[str, Exchange], Evidence | None]:
    """Send all once and judge it; `record` takes credentials out of each exchange as soon as it ended.

    Returns the report, the exchanges by id, and as what they were read.
    """
    started = time.time()
    cases = run.corpus_of(generated)
    saved = [probe for probe in kept(run.failures, run.api) if run.has(probe.name)] if run.failures else []
    asked = run.asked(selected)
    minimiser = Minimiser(cases, asked, partial(_circumstances, run))
    at_once = [case.probe for case in cases.cases if not case.alone]
    alone = [case.probe for case in cases.cases if case.alone]
    collection = collector(run.target, budget, record, done).collect(
        [*probes_for(run.api, selected), *saved, *at_once], lambda _: alone, minimiser.stage
    )
    results = minimiser.results or judge_all(
        run.api,
        minimiser.worth_judging(collection),
        base_url=run.target.base_url,
        selected=asked,
        circumstances=_circumstances(run, collection),
        known=minimiser.evidence,
    )
    results = tuple(result for result in results if result.requirement.id in selected or is_shared(result))
    exchanges = {exchange.id: exchange for exchange in collection.exchanges}
    report = Report(
        api=run.api.id,
        title=run.api.profile.title,
        target=run.target.base_url,
        suite_version=version("llm-conformance"),
        started=started,
        spent=budget.spent,
        seed=run.seed,
        results=tuple(located(result, exchanges, run.api, run.target.base_url, run.key_env) for result in results),
        strict=run.strict,
        interrupted=collection.interrupted,
        trouble=collection.trouble,
        lost=tuple(exchange.id for exchange in collection.lost),
        drawing=drawing(cases, collection, results, minimiser.smallest),
        specification=specification_digest(run.api.id),
        shard=_shard_report(run, results, selected),
    )
    return report, exchanges, minimiser.evidence


def _shard_report(run: Run, results: Iterable[Result], owned: Collection[str]) -> ShardReport | None:
    if run.shard is None:
        return None
    others = tuple(result.requirement.id for result in results if result.requirement.id not in owned)
    return ShardReport(run.shard.index, run.shard.of, run.digest, others)


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


def _circumstances(run: Run, collection: Collected) -> Circumstances:
    return Circumstances(
        optional=run.target.optional,
        configure=run.target.configure,
        unsent=collection.unsent,
        faults=collection.faults,
        trouble=collection.unjudgeable,
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


def selection(api: Api, level: str = "should") -> list[Requirement]:
    """Return the must-rows where `level` is must, else every row."""
    return [row for row in api.requirements if level != "must" or row.level == "must"]
