"""Generated cases as data: what is sent, and to which part of a run it belongs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from conformance.contract import requestfields
from conformance.generation.effort import QUOTAS
from conformance.generation.reads import is_read
from conformance.probes.registry import Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from conformance.generation.draft import Draft
    from conformance.generation.effort import Effort, Quota
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

Kind = Literal["valid", "invalid", "sequence"]
Part = tuple[str, str]
"""An operation's id and a kind of case."""
KINDS: tuple[Kind, ...] = ("valid", "invalid", "sequence")
PREFIX = "generated"
"""The first word of the names of generated cases."""


@dataclass(frozen=True)
class Case:
    """One generated case: requests to an operation that are sent in turn.

    `script` is all that its requests are made of, less what only the target knows. A case of one request has its
    `draft`. `alone` says that it changes the deployment, so that nothing else may be under way.
    """

    operation: str
    kind: Kind
    number: int
    label: str
    script: str
    start: Callable[[Target], Calls]
    draft: Draft | None = None
    alone: bool = False

    @property
    def name(self) -> str:
        """The name of the probe that the case is."""
        return f"{PREFIX}.{self.operation}.{self.kind}.{self.number}"

    @property
    def part(self) -> Part:
        """The part of a run that it belongs to."""
        return self.operation, self.kind

    @property
    def probe(self) -> Probe:
        """The case as a probe."""
        return Probe(self.name, self.label, self.start)


@dataclass(frozen=True)
class Corpus:
    """All cases of a run, and the seed that they were drawn with.

    `whole` is the digest of all that was drawn, where these are but a part of it.
    """

    effort: Effort
    seed: int
    cases: tuple[Case, ...] = ()
    whole: str = ""

    @cached_property
    def digest(self) -> str:
        """A digest of all that is drawn: the same where the same requests are sent to the same target."""
        if self.whole:
            return self.whole
        told = [f"{case.name}\n{case.script}\n" for case in self.cases]
        return hashlib.sha256("".join(told).encode()).hexdigest() if told else ""

    @property
    def quota(self) -> Quota:
        """What may be drawn and spent."""
        return QUOTAS[self.effort]

    def only(self, parts: Collection[Part]) -> Corpus:
        """Return the corpus with the cases of these parts only."""
        return replace(self, cases=tuple(case for case in self.cases if case.part in parts))

    def of_shard(self, has: Callable[[str], bool]) -> Corpus:
        """Return the corpus with the cases that a shard has; it is told each by name and script."""
        mine = tuple(case for case in self.cases if has(f"{case.name}\n{case.script}"))
        return replace(self, cases=mine, whole=self.digest)


def parts(target: Target) -> list[Part]:
    """Return the parts of a run that have generated cases: an operation and a kind of case each."""
    found: list[Part] = []
    for operation in target.operations:
        if requestfields.takes_json(target.api, operation):
            kinds = KINDS[-1:] if operation.effect == "configure" else KINDS
            found += [(operation.id, kind) for kind in kinds]
        elif is_read(operation):
            found += [(operation.id, kind) for kind in KINDS[:2]]
    return found
