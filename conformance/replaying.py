"""Sends again what findings of a past run show, and judges whether they are still there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from conformance.exchange.curl import curl
from conformance.judges.evidence import Evidence
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.reading import Reading
from conformance.judges.registry import catalogue
from conformance.judges.verdicts import Bench, Circumstances
from conformance.probes.discovery import trouble
from conformance.probes.resending import CannotResend, effect_of, model_of, rebased, repeated
from conformance.report import Exit, Verdict
from conformance.run import redaction_of
from conformance.transport.budget import Budget
from conformance.transport.resend import resend

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from conformance.exchange.model import Exchange
    from conformance.pastrun import Case, PastRun
    from conformance.probes.call import Call
    from conformance.report import Finding
    from conformance.run import Run

_PATIENCE = 5.0
"""The most seconds that a change is given to take effect."""
_LIMITED = frozenset({429, 503})
_OPEN = frozenset({401, 403})
"""What a request without the valid credential may well be answered with."""


@dataclass
class Replayed:
    """What became of a finding: in how many tries it was seen, in how many it could be judged, as it was last seen.

    `reason` says why a try did not tell.
    """

    case: Case
    seen: int = 0
    tries: int = 0
    finding: Finding | None = None
    reason: str = ""

    @property
    def status(self) -> Exit:
        """Broken if it was seen in any try, inconclusive if any other did not tell, else conformant."""
        if self.seen:
            return Exit.BROKEN
        return Exit.INCONCLUSIVE if self.reason or not self.tries else Exit.CONFORMANT


@dataclass(frozen=True)
class Shown:
    """What one exchange shows: the findings in it by requirement, and the requirements that it keeps."""

    broken: dict[str, Finding]
    kept: frozenset[str]


@dataclass
class Replay:
    """A past run, and what parts of it are sent again: what the cases show, and the exchanges with these `names`."""

    past: PastRun
    run: Run
    cases: Sequence[Case]
    whole_probe: bool = False
    names: frozenset[str] = frozenset()
    _recorded: dict[str, Exchange] = field(init=False)
    _context: list[Exchange] = field(init=False)

    def __post_init__(self) -> None:
        self._recorded = {exchange.id: exchange for exchange in self.past.exchanges}
        self._model = model_of(self.past.api, self.past.exchanges, self.past.base_url)
        self._target = replace(self.run.target, model=self.run.target.model or self._model)
        self._context = [self._moved(exchange) for exchange in self.past.exchanges]
        self._budget = Budget(self.run.limits)
        self._redaction = redaction_of(self._target)

    @property
    def chosen(self) -> list[Exchange]:
        """The recorded exchanges whose requests are sent again, in the order of the recording."""
        shown = {case.finding.exchange for case in self.cases} | self.names
        probes = {_probe(name) for name in shown}
        whole = probes if self.whole_probe else {probe for probe in probes if self._changes(probe)}
        return [e for e in self.past.exchanges if e.id in shown or _probe(e.id) in whole]

    def _changes(self, probe: str) -> bool:
        """Tell whether a probe changes the deployment: what it sees depends on that, and its end undoes it."""
        sent = (exchange.request for exchange in self.past.exchanges if _probe(exchange.id) == probe)
        return any(effect_of(self.past.api, request, self.past.base_url) == "configure" for request in sent)

    def tried(self, repeat: int = 1) -> list[Replayed]:
        """Send everything so many times; returns what became of each finding.

        Raises:
            KeyboardInterrupt: the user interrupted it.
        """
        found = [Replayed(case) for case in self.cases]
        for _ in range(repeat):
            self.judge(found, *self.sent())
        return found

    def sent(self) -> tuple[dict[str, Exchange], dict[str, str]]:
        """Send everything once; returns the new exchanges, and why others were not sent, by the recorded names.

        Raises:
            KeyboardInterrupt: the user interrupted it.
        """
        calls, untold = self._calls()
        fresh, unsent = resend(self._target, calls, self._budget, self._redaction.exchange)
        return fresh, untold | unsent

    def _calls(self) -> tuple[dict[str, Call], dict[str, str]]:
        """Return the calls, and why some cannot be written, by the names of their exchanges."""
        calls: dict[str, Call] = {}
        untold: dict[str, str] = {}
        changed: Exchange | None = None
        for exchange in self.chosen:
            try:
                call = repeated(self._target, exchange, self.past.base_url, self._model)
            except CannotResend as why:
                untold[exchange.id] = str(why)
                continue
            calls[exchange.id] = replace(call, wait=_pause(changed, exchange))
            changed = exchange if call.effect == "configure" else changed
        return calls, untold

    def judge(self, found: Iterable[Replayed], fresh: dict[str, Exchange], untold: dict[str, str]) -> None:
        """Note what new exchanges, under the names of those that they stand for, tell of findings."""
        bench, evidence = self._bench(fresh)
        for each in found:
            name = each.case.finding.exchange
            reason = self.silence(name, fresh, untold)
            seen = None if reason else self._seen(each.case, bench, evidence, fresh)
            if isinstance(seen, str) or seen is None:
                each.reason = reason or seen or ""
                continue
            each.tries += 1
            if seen:
                each.seen += 1
                each.finding = self._with_curl(seen[0], fresh[name])

    def shown(self, name: str, fresh: dict[str, Exchange]) -> Shown:
        """Return what all requirements say of one exchange, new ones standing for the recorded ones."""
        bench, evidence = self._bench(fresh)
        broken, kept = {}, set()
        for row in self.past.api.requirements:
            result = bench.result(row)
            here = [finding for finding in result.findings if finding.exchange == name]
            if here:
                broken[row.id] = self._with_curl(here[0], fresh.get(name, self._recorded[name]))
            elif result.verdict not in {Verdict.NOT_APPLICABLE, Verdict.ERROR, Verdict.UNTESTED}:
                outcomes = catalogue()[row.judge](row, evidence)
                kept |= (
                    {row.id} if any(isinstance(each, Kept) and each.exchange == name for each in outcomes) else set()
                )
        return Shown(broken, frozenset(kept))

    def _bench(self, fresh: dict[str, Exchange]) -> tuple[Bench, Evidence]:
        context = [fresh.get(exchange.id, exchange) for exchange in self._context]
        evidence = Evidence(self.past.api, context, self._target.base_url)
        groups = {operation.optional for operation in self.past.api.operations}
        return Bench(evidence, Circumstances(optional=groups)), evidence

    def redacted(self, exchange: Exchange) -> Exchange:
        """Return an exchange with the target as it is recorded, credentials taken out."""
        return self._redaction.exchange(exchange)

    def silence(self, name: str, fresh: dict[str, Exchange], untold: dict[str, str]) -> str:
        """Return why a new exchange tells nothing of the target; empty where it does."""
        return untold.get(name) or self._silence(fresh.get(name), self._recorded[name])

    def _silence(self, fresh: Exchange | None, recorded: Exchange) -> str:
        """Return why a fresh answer tells nothing of the target: it failed otherwise than the recorded one."""
        if fresh is None:
            return "it was not sent"
        if _alike(fresh, recorded):
            return ""
        shown = Reading(fresh, self.past.api, self._target.base_url).credential
        if fresh.status in _OPEN and shown != "valid":
            return ""
        return trouble(self._target, [fresh])

    def _seen(self, case: Case, bench: Bench, evidence: Evidence, fresh: dict[str, Exchange]) -> list[Finding] | str:
        """Return the findings in the fresh exchange, none where the promise was kept there, else why it is not told."""
        row, name = case.requirement, case.finding.exchange
        result = bench.result(row)
        if here := [finding for finding in result.findings if finding.exchange == name]:
            return here
        if result.verdict in {Verdict.NOT_APPLICABLE, Verdict.ERROR}:
            return result.reason
        same = {each for each in fresh if _probe(each) == _probe(name)}
        outcomes = list(catalogue()[row.judge](row, evidence))
        if any(isinstance(outcome, Kept) and outcome.exchange in same for outcome in outcomes):
            return []
        # Some judges speak only of what is wrong: an answer of the same kind that they say nothing of is right.
        is_alike = _alike(fresh[name], self._recorded[name]) and not self._changes(_probe(name))
        if is_alike and not any(isinstance(outcome, Unjudged) for outcome in outcomes):
            return []
        if fresh[name].status in _LIMITED:
            return f"the target is busy (status {fresh[name].status})"
        return f"the new answer does not show it (status {fresh[name].status or fresh[name].ending})"

    def _with_curl(self, finding: Finding, exchange: Exchange) -> Finding:
        companions = {companion.header: companion.env for companion in self.past.api.profile.companions}
        return replace(finding, curl=curl(exchange.request, self.run.key_env, companions))

    def _moved(self, exchange: Exchange) -> Exchange:
        """Return a recorded exchange as if it had been with this target, where it can be said of it."""
        try:
            url = rebased(exchange.request.url, self.past.base_url, self._target.base_url)
        except CannotResend:
            return exchange
        return replace(exchange, request=replace(exchange.request, url=url))


def _alike(fresh: Exchange, recorded: Exchange) -> bool:
    return (fresh.status, fresh.ending) == (recorded.status, recorded.ending)


def _probe(exchange_id: str) -> str:
    return exchange_id.rpartition(".")[0] or exchange_id  # other recordings have names without a probe


def _pause(changed: Exchange | None, exchange: Exchange) -> float:
    """Return the seconds after which a probe looked at the change that it had asked for."""
    if changed is None or _probe(changed.id) != _probe(exchange.id):
        return 0.0
    return min(_PATIENCE, max(0.0, exchange.started - changed.started - changed.seconds))
