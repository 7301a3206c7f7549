"""What changed between two recordings of a target, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.contract.model import Level
from conformance.drift.cases import together
from conformance.drift.comparing import changes, known_words
from conformance.drift.profile import profile
from conformance.judges.verdicts import Circumstances, judge_all
from conformance.report import Exit, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.contract.model import Api, Requirement
    from conformance.drift.cases import Cases
    from conformance.drift.comparing import Change
    from conformance.report import Finding, Result

FORMAT = "llm-conformance/drift/1"
_BROKEN = frozenset({Verdict.FAIL, Verdict.WARN, Verdict.NOTE})
_DECIDED = _BROKEN | {Verdict.PASS}


@dataclass(frozen=True)
class Turn:
    """A requirement whose verdict is another one now; `findings` are those of the side that breaks it."""

    requirement: Requirement
    before: Verdict
    now: Verdict
    reason: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def is_broken(self) -> bool:
        """Whether a must that was kept, or not seen to be broken, is broken now."""
        return self.now is Verdict.FAIL

    @property
    def is_decided(self) -> bool:
        """Whether it is known to be broken now, or known to be kept now and to have been broken before."""
        return self.now in _BROKEN or (self.now is Verdict.PASS and self.before in _BROKEN)

    @property
    def is_lost(self) -> bool:
        """Whether a must was decided before, and is not now."""
        return self.now not in _DECIDED and self.before in _DECIDED and self.requirement.level is Level.MUST


@dataclass(frozen=True)
class Drift:
    """What changed in one API since its fixtures were recorded.

    `changed` holds each change with the cases that show it, `drifted` are those and the cases with findings of a turn,
    `compared` is how many were, `new` are the cases that are not stored, `missing` those that are stored and were not
    recorded again. `fault` says what the suite failed in.
    """

    api: str
    target: str
    compared: int
    turns: tuple[Turn, ...] = ()
    changed: tuple[tuple[Change, tuple[str, ...]], ...] = ()
    drifted: frozenset[str] = frozenset()
    new: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    strict: bool = False
    fault: str = ""

    @property
    def exit_status(self) -> Exit:
        """The exit status that this gives the command."""
        if self.fault:
            return Exit.SUITE_FAILED
        if any(turn.is_broken for turn in self.turns) or (self.strict and (self.turns or self.changed)):
            return Exit.BROKEN
        if not self.compared or self.missing or any(turn.is_lost for turn in self.turns):
            return Exit.INCONCLUSIVE
        return Exit.CONFORMANT


def drift(api: Api, before: Cases, now: Cases, *, target: str = "", strict: bool = False) -> Drift:
    """Compare two recordings by the cases that both have; sends nothing, reads no file."""
    both = sorted(before.keys() & now.keys())
    found: dict[Change, list[str]] = {}
    stored = {name: profile(before[name]) for name in before}
    known = known_words(stored.values())
    for name in both:
        for change in changes(stored[name], profile(now[name]), known):
            found.setdefault(change, []).append(name)
    was, is_ = ({name: side[name] for name in both} for side in (before, now))
    turns, fault = _turns(_judged(api, was), _judged(api, is_))
    return Drift(
        api=api.id,
        target=target,
        compared=len(both),
        turns=turns,
        changed=tuple((change, tuple(found[change])) for change in sorted(found)),
        drifted=frozenset(name for names in found.values() for name in names) | _shown(turns, was, is_),
        new=tuple(sorted(now.keys() - before.keys())),
        missing=tuple(sorted(before.keys() - now.keys())),
        strict=strict,
        fault=fault,
    )


def _shown(turns: Iterable[Turn], *sides: Cases) -> frozenset[str]:
    """Return the cases that show the findings of turned verdicts."""
    names = {exchange.id: name for side in sides for name, case in side.items() for exchange in case}
    return frozenset(names[f.exchange] for turn in turns for f in turn.findings if f.exchange in names)


def _judged(api: Api, cases: Cases) -> tuple[Result, ...]:
    optional = {operation.optional for operation in api.operations}
    return judge_all(api, together(cases), circumstances=Circumstances(optional=optional))


def _turns(before: tuple[Result, ...], now: tuple[Result, ...]) -> tuple[tuple[Turn, ...], str]:
    turns = []
    for was, is_ in zip(before, now, strict=True):
        if Verdict.ERROR in {was.verdict, is_.verdict}:
            return (), f"{is_.requirement.id}: {is_.reason or was.reason}"
        shown = is_ if is_.verdict in _BROKEN else was
        turn = Turn(is_.requirement, was.verdict, is_.verdict, is_.reason, shown.findings)
        if was.verdict is not is_.verdict and (turn.is_decided or turn.is_lost):
            turns.append(turn)
    return tuple(turns), ""


def document(found: Drift) -> dict[str, Any]:
    """Return the JSON document, as `specs/drift.schema.json` describes it."""
    return {
        "format": FORMAT,
        "api": found.api,
        "target": found.target,
        "exit_status": int(found.exit_status),
        "strict": found.strict,
        "compared": found.compared,
        "requirements": [_turn(turn) for turn in found.turns],
        "changes": [
            {
                "place": change.place,
                "path": change.path,
                "what": str(change.what),
                "before": change.before,
                "now": change.now,
                "cases": list(names),
            }
            for change, names in found.changed
        ],
        "new": list(found.new),
        "missing": list(found.missing),
        "fault": found.fault,
    }


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "id": turn.requirement.id,
        "level": str(turn.requirement.level),
        "statement": turn.requirement.statement,
        "before": str(turn.before),
        "now": str(turn.now),
        "reason": turn.reason,
        "findings": [
            {"message": f.message, "where": f.where, "exchange": f.exchange, "expected": f.expected, "actual": f.actual}
            for f in turn.findings
        ],
    }
