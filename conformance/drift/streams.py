"""Says of event streams which kinds of events they are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from conformance.drift.shapes import nodes
from conformance.exchange.jsontext import parse as parse_json

if TYPE_CHECKING:
    from conformance.exchange.eventstream import EventStream

_LEVELS = 4
"""How deep an event is looked at to tell its kind: `/choices/*/delta/content`."""
_LONGEST = 40

Kind = tuple[str, frozenset[str]]
"""A kind of event: its type or its text, and the places where it has something other than null."""


@dataclass
class Flow:
    """What streams are made of: the kinds of events, which first came before which, and the fields of their lines."""

    kinds: set[Kind] = field(default_factory=set)
    order: set[tuple[Kind, Kind]] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)

    def add(self, stream: EventStream) -> list[object]:
        """Add a stream; returns the JSON values of its events."""
        values: list[object] = []
        first: dict[Kind, None] = {}
        for event in stream.events:
            said = parse_json(event.data)
            first.setdefault(_kind(event.type, event.data, said.value, is_json=said.problem is None))
            if said.problem is None:
                values.append(said.value)
        self.kinds |= first.keys()
        self.order |= set(combinations(first, 2))
        self.fields |= {"data"} if stream.events else set()
        self.fields |= {each.name for each in stream.fields if each.is_known}
        return values


def _kind(type_: str, data: str, value: object, *, is_json: bool) -> Kind:
    named = "" if type_ == "message" else f"event {type_}: "
    if not is_json:
        return f"{named}{data if data.startswith('[') and len(data) <= _LONGEST else 'text'}", frozenset()
    if not isinstance(value, dict):
        return f"{named}{type(value).__name__}", frozenset()
    word = value.get("type")
    said = f"{named}{word}" if isinstance(word, str) and len(word) <= _LONGEST else named
    return said, frozenset(path for path, each in nodes(value, _LEVELS) if each is not None and path)


def shown(kind: Kind, among: set[Kind]) -> str:
    """Return a kind in few words: what it has that not every kind among these with the same name has."""
    name, has = kind
    if not has:
        return name
    common = frozenset.intersection(*(each for _, each in among if each)) if any(each for _, each in among) else has
    own = has - common or has
    leaves = sorted(path for path in own if not any(other.startswith(f"{path}/") for other in own))
    return f"{name}{' '.join(leaves)}"
