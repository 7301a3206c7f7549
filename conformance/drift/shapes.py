"""Says of JSON values what stays the same when ids, times, counts and words differ."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DEEPEST = 24
"""Levels: below this, a value is not looked at."""

_CHOSEN = frozenset(
    {
        *("object", "type", "role", "code", "kind"),
        *("finish_reason", "stop_reason", "service_tier", "encoding_format"),
    }
)
"""Members whose strings are one of a few words; not those that tell a state, which comes and goes."""

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,39}")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_PREFIXED = re.compile(r"([A-Za-z]+[-_])(?=[A-Za-z-]*\d)[A-Za-z0-9_-]{8,}")
_NAME = re.compile(r"(?![0-9a-f]{16})[A-Za-z_$][A-Za-z0-9_$]*", re.IGNORECASE)
"""What members of an API are called; others are data: dates, ids, names of models."""


@dataclass
class Member:
    """What values at one place were like: their JSON types, the words of a choice, the forms of an id."""

    kinds: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    forms: set[str] = field(default_factory=set)


Shape = dict[str, Member]
"""What values were like, by JSON pointer; `*` stands for each index, and for names that are data."""


def shape() -> defaultdict[str, Member]:
    """Return an empty shape to which values are added."""
    return defaultdict(Member)


def add(found: defaultdict[str, Member], value: object) -> None:
    """Add a JSON value, whatever it is, to a shape."""
    for path, each in nodes(value):
        member = found[path]
        member.kinds.add(kind_of(each))
        if isinstance(each, str):
            _add_text(member, path.rpartition("/")[2], each)


def nodes(value: object, deepest: int = _DEEPEST) -> Iterator[tuple[str, object]]:
    """Yield each value in a JSON value with its place, itself first."""
    waiting: list[tuple[str, object, int]] = [("", value, 0)]
    while waiting:
        path, each, depth = waiting.pop()
        yield path, each
        if depth < deepest:
            waiting += [(f"{path}/{name}", below, depth + 1) for name, below in _members(path, each)]


def kind_of(value: object) -> str:
    """Return the JSON type of a value; whole numbers written without a point are `integer`."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    names: Mapping[type, str] = {str: "string", int: "integer", float: "number", dict: "object", list: "array"}
    return names.get(type(value), "unknown")


def _members(path: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        is_table = path.rpartition("/")[2].startswith("by_")
        for name, each in value.items():
            yield "*" if is_table or not _NAME.fullmatch(name) else name, each
    elif isinstance(value, list):
        for each in value:
            yield "*", each


def _add_text(member: Member, name: str, text: str) -> None:
    if name in _CHOSEN and _WORD.fullmatch(text):
        member.words.add(text)
    if name == "id" or name.endswith("_id"):
        prefixed = _PREFIXED.fullmatch(text)
        member.forms.add("uuid" if _UUID.fullmatch(text) else f"{prefixed[1]}…" if prefixed else "")
