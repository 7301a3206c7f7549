"""What a target may offer beside a plain chat, and which requirements are about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from conformance.contract.model import Level, Requirement

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from conformance.contract.model import Api, Operation

PREFIX = "capability."
"""The first word of the ids of requirements that a declared capability is there."""
NONE = "none"
"""What a row says that belongs to no capability, whatever its id."""


@dataclass(frozen=True)
class Capability:
    """One thing that a target may offer: operations of some kinds, or what words of a chat request ask for.

    `operations` are the ids of the API's operations that offer it, `rows` patterns of the ids of requirements that are
    about it. `sign` is what an answer shows it by, empty where an answer of success does.
    """

    name: str
    statement: str
    operations: tuple[str, ...]
    words: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()
    sign: str = ""

    @property
    def requirement(self) -> str:
        """The id of the requirement that it is there, which a run has where it is declared."""
        return PREFIX + self.name

    def takes(self, row: Requirement) -> bool:
        """Tell whether a requirement is about it, by its id or by a word that its requests need."""
        return any(fnmatchcase(row.id, pattern) for pattern in self.rows) or not {*self.words}.isdisjoint(row.words)


def vocabulary(entries: Iterable[Mapping[str, Any]], operations: Iterable[Operation]) -> tuple[Capability, ...]:
    """Return the capabilities that an API with these operations can have, in the order of the file."""
    known = tuple(operations)
    found = (_capability(entry, known) for entry in entries)
    return tuple(capability for capability in found if capability.operations)


def _capability(entry: Mapping[str, Any], known: tuple[Operation, ...]) -> Capability:
    words = tuple(entry.get("words", ()))
    return Capability(
        name=entry["name"],
        statement=entry["statement"],
        operations=tuple(o.id for o in known if _offers(o, entry.get("kinds", ()), words)),
        words=words,
        rows=tuple(entry["rows"]),
        probes=tuple(entry["probes"]),
        sign=entry.get("sign", ""),
    )


def _offers(operation: Operation, kinds: Collection[str], words: Collection[str]) -> bool:
    if kinds:
        return operation.kind in kinds
    streams = operation.streams != "never" or "stream" not in words
    return operation.kind == "chat" and {*words} <= {*operation.request} and streams


def assigned(rows: Iterable[Requirement], known: tuple[Capability, ...]) -> tuple[Requirement, ...]:
    """Return the requirements, each with the capability that it is about.

    Raises:
        ValueError: a row names a capability that its API does not have.
    """
    return tuple(replace(row, capability=_about(row, known)) for row in rows)


def _about(row: Requirement, known: tuple[Capability, ...]) -> str:
    if row.capability == NONE:
        return ""
    if row.capability and row.capability not in {each.name for each in known}:
        raise ValueError(f"requirement {row.id} names the unknown capability {row.capability}")
    return row.capability or next((each.name for each in known if each.takes(row)), "")


def declared(api: Api, names: Collection[str]) -> Api:
    """Return the API with a requirement more for each capability that is said to be there."""
    rows = tuple(requirement(api, each) for each in api.capabilities if each.name in names)
    return replace(api, requirements=(*api.requirements, *rows)) if rows else api


def requirement(api: Api, capability: Capability) -> Requirement:
    """Return the requirement that a declared capability is there."""
    groups = {api.operation(name).optional for name in capability.operations}
    return Requirement(
        id=capability.requirement,
        level=Level.MUST,
        basis="declared",
        source="whoever runs the suite: --offers",
        statement=capability.statement,
        operations=capability.operations,
        judge="capability_offered",
        params={"words": list(capability.words), "sign": capability.sign},
        probes=capability.probes,
        optional=next(iter(groups)) if len(groups) == 1 else "",
        capability=capability.name,
    )
