"""Compares two recordings of a case by what stays the same each time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from conformance.drift.streams import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conformance.drift.profile import Profile
    from conformance.drift.shapes import Member
    from conformance.drift.streams import Flow


class What(StrEnum):
    """In what way something changed."""

    ADDED = "added"
    GONE = "gone"
    TYPE = "type"
    """Values of another JSON type, or of another kind in a header."""
    VALUE = "value"
    """A new word where there is one of a few."""
    FORM = "form"
    """Ids of another form: another prefix, or none."""
    STATUS = "status"
    ORDER = "order"
    """Kinds of events come in another order."""


@dataclass(frozen=True, order=True)
class Change:
    """One change: `place` is the part of the messages, `path` where in it, `before` and `now` what was and is there."""

    place: str
    path: str
    what: What
    before: str = ""
    now: str = ""


Words = Mapping[str, frozenset[str]]
"""The words that members of a name are known to have, by that name."""


def known_words(profiles: Iterable[Profile]) -> Words:
    """Return the words that are known from these recordings, of whatever case."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for each in profiles:
        for shape in each.bodies.values():
            for path, member in shape.items():
                found[path.rpartition("/")[2]] |= member.words
    return {name: frozenset(words) for name, words in found.items()}


def changes(before: Profile, now: Profile, known: Words | None = None) -> list[Change]:
    """Return what changed, in the order of place and path; words that are `known` from elsewhere are not new."""
    found = {*_statuses(before, now), *_flows(before.flow, now.flow)}
    for place in before.bodies.keys() & now.bodies.keys():
        found |= set(_bodies(place, before.bodies[place], now.bodies[place], known or {}))
    for place in before.always.keys() & now.always.keys():
        found |= set(_headers(place, before, now))
    return sorted(found)


def _statuses(before: Profile, now: Profile) -> Iterator[Change]:
    was, is_ = before.statuses, now.statuses
    if len(was) == len(is_):
        pairs = {pair for pair in zip(was, is_, strict=True) if pair[0] != pair[1]}
    else:
        pairs = {("", each) for each in set(is_) - set(was)} | {(each, "") for each in set(was) - set(is_)}
    for old, new in pairs:
        yield Change("status", "", What.STATUS, old, new)


def _bodies(place: str, before: Mapping[str, Member], now: Mapping[str, Member], known: Words) -> Iterator[Change]:
    for path in before.keys() | now.keys():
        was, is_ = before.get(path), now.get(path)
        if was and is_:
            yield from _members(place, path, was, is_, known.get(path.rpartition("/")[2], frozenset()))
        elif _tells(path, before if was is None else now):
            shown_now, shown_was = _kinds(is_), _kinds(was)
            yield Change(place, path, What.GONE if was else What.ADDED, shown_was, shown_now)


def _tells(path: str, other: Mapping[str, Member]) -> bool:
    """Tell whether the other recording shows that it has nothing there: it has the object that would hold it."""
    parent, _, name = path.rpartition("/")
    return name != "*" and parent in other and "object" in other[parent].kinds


def _members(place: str, path: str, was: Member, is_: Member, known: frozenset[str] = frozenset()) -> Iterator[Change]:
    new = is_.kinds - was.kinds
    if {"integer", "number"} <= (was.kinds | is_.kinds) and ("integer" in is_.kinds or "number" in was.kinds):
        new = new - {"integer", "number"}  # a number that happens to be whole
    if new:
        yield Change(place, path, What.TYPE, _kinds(was), _kinds(is_))
    if was.words and is_.words and (words := is_.words - was.words - known):
        yield Change(place, path, What.VALUE, ", ".join(sorted(was.words)), ", ".join(sorted(words)))
    if len(was.forms) == len(is_.forms) == 1 and was.forms != is_.forms:
        old, late = (next(iter(each.forms)) or "no form" for each in (was, is_))
        yield Change(place, path, What.FORM, old, late)


def _kinds(member: Member | None) -> str:
    return ", ".join(sorted(member.kinds)) if member else ""


def _headers(place: str, before: Profile, now: Profile) -> Iterator[Change]:
    was, is_ = before.headers[place], now.headers[place]
    title = f"{place} header"
    for name in before.always[place] - is_.keys():
        yield Change(title, name, What.GONE, _kinds(was[name]))
    for name in now.always[place] - was.keys():
        yield Change(title, name, What.ADDED, "", _kinds(is_[name]))
    for name in was.keys() & is_.keys():
        yield from _members(title, name, was[name], is_[name])


def _flows(before: Flow, now: Flow) -> Iterator[Change]:
    if not (before.kinds and now.kinds):
        return
    among = before.kinds | now.kinds
    for kind in now.kinds - before.kinds:
        yield Change("stream", shown(kind, among), What.ADDED, "", "event")
    for kind in before.kinds - now.kinds:
        yield Change("stream", shown(kind, among), What.GONE, "event", "")
    for first, second in now.order:
        swapped = (second, first)
        if swapped in before.order and (first, second) not in before.order and swapped not in now.order:
            names = shown(first, among), shown(second, among)
            yield Change("stream", names[0], What.ORDER, f"after {names[1]}", f"before {names[1]}")
    for name in now.fields - before.fields:
        yield Change("stream field", name, What.ADDED)
    for name in before.fields - now.fields:
        yield Change("stream field", name, What.GONE)
