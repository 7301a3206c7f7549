"""What a run found, as data: findings, a verdict for each requirement, and the report that holds them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from conformance.contract.model import Level
from conformance.waivers import Waivers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from conformance.contract.model import Interpretation, Requirement
    from conformance.scored import Offer, Score
    from conformance.waivers import Waiver

FORMAT = "llm-conformance/report/1"


class Verdict(StrEnum):
    """What is known of one requirement, worst first."""

    ERROR = "error"
    """The suite itself is at fault."""
    FAIL = "fail"
    """A must is broken."""
    WARN = "warn"
    """A should is broken, or a part of a must that is only a should."""
    UNTESTED = "untested"
    """It could not be judged; the reason is said."""
    NOT_APPLICABLE = "not-applicable"
    """Not offered by the target, or not allowed by a flag."""
    NOTE = "note"
    """A may-row that does not hold: information, never counted."""
    PASS = "pass"  # noqa: S105 - not a password


READINGS: tuple[Interpretation, ...] = ("strict", "interop")
"""The readings of a run: the letter of the documents, and what the official SDKs and common clients need."""


class Exit(IntEnum):
    """The exit status of the command."""

    CONFORMANT = 0
    BROKEN = 1
    USAGE = 2
    INCONCLUSIVE = 3
    SUITE_FAILED = 4
    INTERRUPTED = 130


_WORST_FIRST = (
    Exit.INTERRUPTED,
    Exit.SUITE_FAILED,
    Exit.BROKEN,
    Exit.USAGE,
    Exit.INCONCLUSIVE,
    Exit.CONFORMANT,
)


def worst(statuses: Iterable[Exit]) -> Exit:
    """Return the exit status of several reports together."""
    return min(statuses, key=_WORST_FIRST.index, default=Exit.INCONCLUSIVE)


@dataclass(frozen=True)
class Finding:
    """One broken promise, seen in one exchange.

    `where` is the place in the exchange (a JSON pointer, an event, a header). `level` may be weaker than the
    requirement's own, never stronger; empty stands for the requirement's own. `operation` is the id of the operation
    that it was seen in, where that is known.
    """

    message: str
    expected: str = ""
    actual: str = ""
    where: str = ""
    exchange: str = ""
    level: Level | None = None
    curl: str = ""
    operation: str = ""


@dataclass(frozen=True)
class Result:
    """The verdict on one requirement, why, and in how many exchanges it was judged.

    `waiver` is there where all that is broken is waived.
    """

    requirement: Requirement
    verdict: Verdict
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    judged: int = 0
    waiver: Waiver | None = None


@dataclass(frozen=True)
class Spent:
    """What a run cost: requests sent, output tokens debited, seconds taken."""

    requests: int = 0
    output_tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Generated:
    """What was drawn of one kind for one operation, and what became of it.

    `cases` were drawn, `sent` were sent whole; `reason` says why not all were. `broken` are the requirements that these
    cases break, and `shrunk` the exchanges with the smallest requests that do.
    """

    operation: str
    kind: str
    cases: int
    sent: int
    verdict: Verdict
    broken: tuple[str, ...] = ()
    shrunk: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Drawing:
    """How the generated requests of a run were drawn.

    `digest` is that of all that was drawn, less what only the target knows; `generators` are the libraries that drew
    it, with their versions.
    """

    effort: str = "smoke"
    digest: str = ""
    generators: str = ""
    parts: tuple[Generated, ...] = ()


@dataclass(frozen=True)
class Repeated:
    """How often a run was repeated, and in how many of these runs each requirement was broken, keyed by its id.

    `flaky` are the requirements that were broken in some runs and kept in others.
    """

    runs: int = 1
    broken: Mapping[str, int] = field(default_factory=dict)
    flaky: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ShardReport:
    """Which shard of a run was judged: its number, from 1, and how many there are.

    `run` is the digest of what all of them have in common. `others` are requirements of other shards that this one
    found broken.
    """

    index: int
    of: int
    run: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """One run against one target, judged by one API's requirements.

    `started` is Unix time in seconds, `specification` the SHA-256 of the promises in hexadecimal. `interrupted` says
    that the user ended the run early, `trouble` in one line why the target could not be judged at all, or not to the
    end. `lost` are the ids of exchanges that were under way as the target was lost, and were not judged; where there
    are some, what was judged until then stands. `offers` are the capabilities of the target, `score` is how it stands
    by a dated set; `unscored` are the results that the set which the run was asked for does not have.
    """

    api: str
    title: str
    target: str
    suite_version: str
    started: float
    spent: Spent
    seed: int
    results: tuple[Result, ...]
    strict: bool = False
    interrupted: bool = False
    trouble: str = ""
    lost: tuple[str, ...] = ()
    drawing: Drawing = field(default_factory=Drawing)
    offers: tuple[Offer, ...] = ()
    score: Score | None = None
    unscored: tuple[Result, ...] = ()
    specification: str = ""
    waivers: Waivers = field(default_factory=Waivers)
    repeated: Repeated = field(default_factory=Repeated)
    shard: ShardReport | None = None

    def gates(self, result: Result) -> bool:
        """Tell whether a result says that a promise is broken that this run must keep, waived or not."""
        return result.verdict is Verdict.FAIL or (self.strict and result.verdict is Verdict.WARN)

    @property
    def unjudgeable(self) -> str:
        """Why nothing at all could be judged; empty where the target answered for a while."""
        return "" if self.lost else self.trouble

    @property
    def waived(self) -> tuple[Result, ...]:
        """The broken promises that do not gate, because they are waived."""
        return tuple(result for result in self.results if self.gates(result) and result.waiver)

    @property
    def exit_status(self) -> Exit:
        """The exit status that this report gives the command."""
        found = {(result.requirement.level, result.verdict) for result in self.results}
        verdicts = {verdict for _, verdict in found}
        if self.interrupted:
            return Exit.INTERRUPTED
        if Verdict.ERROR in verdicts or any(part.verdict is Verdict.ERROR for part in self.drawing.parts):
            return Exit.SUITE_FAILED
        if self.waivers.stale or any(self.gates(result) and not result.waiver for result in self.results):
            return Exit.BROKEN
        if any(part.verdict is Verdict.UNTESTED for part in self.drawing.parts):
            return Exit.INCONCLUSIVE
        if self.trouble or (Level.MUST, Verdict.UNTESTED) in found:
            return Exit.INCONCLUSIVE
        kept = {Verdict.PASS, Verdict.WARN, Verdict.NOTE, Verdict.FAIL}  # what failed here is waived
        judged = any(level is Level.MUST and v in kept for level, v in found)
        return Exit.CONFORMANT if judged else Exit.INCONCLUSIVE

    @property
    def verdict(self) -> str:
        """The exit status in one word, which says whether it rests on waivers."""
        if self.exit_status is Exit.CONFORMANT and self.waived:
            return "conformant-with-waivers"
        return {
            Exit.CONFORMANT: "conformant",
            Exit.BROKEN: "not-conformant",
            Exit.SUITE_FAILED: "suite-error",
            Exit.INTERRUPTED: "interrupted",
        }.get(self.exit_status, "inconclusive")

    def in_reading(self, reading: Interpretation) -> Report:
        """Return the report of one reading: of its own requirements and of those that belong to both."""
        kept = tuple(result for result in self.results if result.requirement.reading in {"", reading})
        return replace(self, results=kept, waivers=self.waivers.of({result.requirement.id for result in kept}))

    @property
    def has_readings(self) -> bool:
        """Whether the two readings differ in any requirement."""
        return any(result.requirement.reading for result in self.results)

    def count(self, verdict: Verdict, level: Level | None = None) -> int:
        """Return how many requirements have this verdict, of one level or of all."""
        return sum(r.verdict is verdict and level in {None, r.requirement.level} for r in self.results)
