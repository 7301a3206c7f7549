"""Compares two stored reports: what got worse, what is new, what is fixed, what is no longer tested."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from conformance.contract.model import Level
from conformance.report import Exit, Verdict, worst
from conformance.usage import UsageTrouble

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from conformance.storedreport import Stored, StoredRequirement

FORMAT = "llm-conformance/comparison/1"

_GRAVITY = {Verdict.NOTE: 1, Verdict.WARN: 2, Verdict.FAIL: 3}
_JUDGED = {Verdict.PASS, *_GRAVITY}
_MISSING = "the new report does not have it"


class Kind(StrEnum):
    """What became of a requirement."""

    REGRESSION = "regression"
    """Kept before, broken now; or broken more gravely at the same level."""
    UNTESTED = "no-longer-tested"
    """Judged before, not judged now."""
    NEW_BROKEN = "new-broken"
    """Not judged before, broken now."""
    STILL_BROKEN = "still-broken"
    FIXED = "fixed"
    NEW_KEPT = "new-kept"


@dataclass(frozen=True)
class Change:
    """What became of one requirement: its verdicts, None where a report does not have it, and the reason for the new.

    `waived` says, in words, until when a waiver keeps it from gating.
    """

    id: str
    kind: Kind
    level: Level
    old: Verdict | None
    new: Verdict | None
    reason: str = ""
    waived: str = ""


@dataclass(frozen=True)
class Difference:
    """Something in which the two runs themselves differ, so that their verdicts may."""

    name: str
    old: str
    new: str


@dataclass(frozen=True)
class Compared:
    """Two reports of one API; `kept` requirements were kept in both, `comparable` were judged in both.

    `ended` says why the new run came to no end, where it did not.
    """

    api: str
    changes: tuple[Change, ...] = ()
    differences: tuple[Difference, ...] = ()
    kept: int = 0
    comparable: int = 0
    ended: str = ""
    strict: bool = False

    def of(self, kind: Kind) -> list[Change]:
        """Return the changes of one kind."""
        return [change for change in self.changes if change.kind is kind]

    @property
    def gating(self) -> list[Change]:
        """The regressions for which the comparison fails: of a must, of a should where it is strict; none waived."""
        return [
            change
            for change in self.of(Kind.REGRESSION)
            if not change.waived and (change.new is Verdict.FAIL or (self.strict and change.new is Verdict.WARN))
        ]

    @property
    def exit_status(self) -> Exit:
        """The exit status that this comparison gives the command."""
        if self.gating:
            return Exit.BROKEN
        untested = any(change.level is Level.MUST for change in self.of(Kind.UNTESTED))
        return Exit.INCONCLUSIVE if untested or self.ended or not self.comparable else Exit.CONFORMANT


@dataclass(frozen=True)
class Comparison:
    """Two files, compared API by API; `unmatched` are APIs of the old one alone, `added` of the new one alone."""

    compared: tuple[Compared, ...]
    unmatched: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def exit_status(self) -> Exit:
        """The exit status that all comparisons together give the command."""
        left = [Exit.INCONCLUSIVE] if self.unmatched else []
        return worst([*(each.exit_status for each in self.compared), *left])


def compare(old: Sequence[Stored], new: Sequence[Stored], *, strict: bool = False) -> Comparison:
    """Compare the runs of two stored reports, matched by API.

    Raises:
        UsageTrouble: they have no API in common, or one of them has an API twice.
    """
    before, after = _by_api(old, "old"), _by_api(new, "new")
    shared = [api for api in before if api in after]
    if not shared:
        raise UsageTrouble(
            f"nothing to compare: the old report is of {', '.join(before)}, the new one of {', '.join(after)}"
        )
    return Comparison(
        tuple(compare_runs(before[api], after[api], strict=strict) for api in shared),
        unmatched=tuple(api for api in before if api not in after),
        added=tuple(api for api in after if api not in before),
    )


def _by_api(runs: Sequence[Stored], which: str) -> dict[str, Stored]:
    found = {run.api: run for run in runs}
    if len(found) < len(runs):
        raise UsageTrouble(f"the {which} report has an API twice: compare one run of it")
    return found


def compare_runs(old: Stored, new: Stored, *, strict: bool = False) -> Compared:
    """Compare two runs of one API."""
    ids = dict.fromkeys([*new.requirements, *old.requirements])
    pairs = [(old.requirements.get(name), new.requirements.get(name)) for name in ids]
    changes = [*(_changed(before, after) for before, after in pairs), *_parts(old, new)]
    judged = [(b, a) for b, a in pairs if b and a and {b.verdict, a.verdict} <= _JUDGED]
    return Compared(
        api=new.api,
        changes=tuple(change for change in changes if change),
        differences=tuple(_differences(old, new)),
        kept=sum(b.verdict is a.verdict is Verdict.PASS for b, a in judged),
        comparable=len(judged),
        ended=_ended(new),
        strict=strict,
    )


def _changed(before: StoredRequirement | None, after: StoredRequirement | None) -> Change | None:
    either = after or before
    kind = _kind(before, after)
    if either is None or kind is None:
        return None
    reason = next((finding.message for finding in after.findings), after.reason) if after else _MISSING
    return Change(
        id=either.id,
        kind=kind,
        level=either.level,
        old=before.verdict if before else None,
        new=after.verdict if after else None,
        reason=reason,
        waived=after.waived if after else "",
    )


def _kind(before: StoredRequirement | None, after: StoredRequirement | None) -> Kind | None:
    """Return what became of a requirement; None where there is nothing to say."""
    was, now = before and before.verdict, after and after.verdict
    if before is None or was not in _JUDGED:
        if now in {Verdict.FAIL, Verdict.WARN}:
            return Kind.NEW_BROKEN
        return Kind.NEW_KEPT if now is Verdict.PASS else None
    if after is None or now not in _JUDGED:
        return Kind.UNTESTED
    had, has = _GRAVITY.get(before.verdict, 0), _GRAVITY.get(after.verdict, 0)
    if had and not has:
        return Kind.FIXED
    if has < _GRAVITY[Verdict.WARN]:  # what does not hold of a may is information, never counted
        return None
    if not had or (has > had and before.level is after.level):
        return Kind.REGRESSION
    return Kind.STILL_BROKEN


def _parts(old: Stored, new: Stored) -> Iterator[Change]:
    """Yield what is no longer tested of generated traffic: as a must, for that is what a run counts it as."""
    before, after = _part_verdicts(old), _part_verdicts(new)
    for name, verdict in before.items():
        now = after.get(name, (None, _MISSING))
        if verdict[0] in _JUDGED and now[0] not in _JUDGED and (now[0] or old.effort == new.effort):
            yield Change(name, Kind.UNTESTED, Level.MUST, verdict[0], *now)


def _part_verdicts(run: Stored) -> Mapping[str, tuple[Verdict, str]]:
    return {
        f"generated.{part['operation']}.{part['kind']}": (Verdict(part["verdict"]), part["reason"] or "")
        for part in run.document["generated"]["parts"]
    }


def _differences(old: Stored, new: Stored) -> Iterator[Difference]:
    said: Iterable[tuple[str, str, str]] = (
        ("suite", old.suite_version, new.suite_version),
        ("specification", old.specification, new.specification),
        ("target", old.target, new.target),
        ("effort", old.effort, new.effort),
        ("seed", str(old.seed), str(new.seed)),
        ("generated requests", old.digest, new.digest),
    )
    for name, before, after in said:
        if before != after:
            yield Difference(name, before, after)


def _ended(run: Stored) -> str:
    """Return why a run came to no end; empty where it did."""
    if run.exit_status is Exit.INTERRUPTED:
        return "the new run was interrupted"
    if run.exit_status is Exit.SUITE_FAILED:
        return "the suite itself failed in the new run"
    trouble = run.document.get("trouble")
    return f"the new run did not judge its target to the end: {trouble}" if trouble else ""
