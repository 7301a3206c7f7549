"""Finds what differs between two answers to one request, as far as it matters to a client."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product, zip_longest
from typing import TYPE_CHECKING, Any

from conformance.judges.reading import Reading
from conformance.judges.values import MISSING, at, integer, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Api, Requirement
    from conformance.exchange.model import Exchange
    from conformance.replaying import Shown
    from conformance.report import Finding

_BY_VALUE = frozenset({"allow", "cache-control", "content-encoding", "content-type", "www-authenticate"})
"""Header fields that say the same at every time; of others it matters whether they are there."""
_SAYS_NOTHING = frozenset({"", "date", "content-length"})
_USAGES = (("prompt_tokens", "completion_tokens"), ("input_tokens", "output_tokens"))


@dataclass(frozen=True)
class Side:
    """What one target made of a request: the exchange, where it is, what the requirements say of it."""

    exchange: Exchange
    base_url: str
    shown: Shown


@dataclass(frozen=True)
class Difference:
    """One thing that differs: what it is of, and how it is at each target; for a requirement, with its findings."""

    of: str
    at_a: str
    at_b: str
    requirement: Requirement | None = None
    findings: tuple[Finding | None, Finding | None] = (None, None)


def differences(api: Api, a: Side, b: Side, first: str = "") -> Iterator[Difference]:
    """Yield what differs and matters, what weighs most first; never words, ids or times of an answer.

    `first` is the id of the requirement that is looked at.
    """
    readings = [Reading(side.exchange, api, side.base_url) for side in (a, b)]
    yield from _differing("the end of the exchange", str(a.exchange.ending), str(b.exchange.ending))
    yield from _differing("the status", str(readings[0].status or "none"), str(readings[1].status or "none"))
    yield from _headers(api, readings[0], readings[1])
    rows = sorted(api.requirements, key=lambda row: row.id != first)
    yield from (found for row in rows if (found := _judged(row, a.shown, b.shown)))
    if all(reading.is_stream for reading in readings):
        yield from _streams(readings[0], readings[1])
    elif all(reading.answer is not MISSING for reading in readings):
        yield from _shapes("", readings[0].answer, readings[1].answer)
    yield from _sums(readings[0], readings[1])


def _differing(of: str, at_a: str, at_b: str) -> Iterator[Difference]:
    if at_a != at_b:
        yield Difference(of, at_a, at_b)


def _headers(api: Api, a: Reading, b: Reading) -> Iterator[Difference]:
    spoken = " ".join(f"{row.statement} {row.params}" for row in api.requirements).lower()
    given = {name.lower() for reading in (a, b) for name in _names(reading)}
    for name in sorted(given - _SAYS_NOTHING, key=lambda name: (name != "content-type", name)):
        if name in _BY_VALUE or (re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", spoken) and "-" in name):
            yield from _differing(f"the header {name}", _said(name, a.header(name)), _said(name, b.header(name)))


def _names(reading: Reading) -> list[str]:
    response = reading.exchange.response
    return [name for name, _ in response.headers] if response else []


def _said(name: str, value: str | None) -> str:
    if value is None:
        return "not there"
    if name not in _BY_VALUE:
        return "there"
    return ", ".join(sorted(part.strip() for part in re.split("[;,]", value.lower())))


def _judged(row: Requirement, a: Shown, b: Shown) -> Difference | None:
    """Return a requirement that is kept at one target and broken at the other."""
    words = [_verdict(row, side) for side in (a, b)]
    if set(words) != {"broken", "kept"}:
        return None
    findings = (a.broken.get(row.id), b.broken.get(row.id))
    return Difference(f"the requirement {row.id}", words[0], words[1], row, findings)


def _verdict(row: Requirement, side: Shown) -> str:
    if row.id in side.broken:
        return "broken"
    return "kept" if row.id in side.kept else "not told"


def _shapes(where: str, a: object, b: object) -> Iterator[Difference]:
    """Yield where the types of two JSON values differ, or a member is at one only."""
    kinds = _kind(a), _kind(b)
    if kinds[0] != kinds[1]:
        yield Difference(f"the body at {where or 'its root'}", *kinds)
    elif isinstance(a, dict) and isinstance(b, dict):
        if (a or b) and not a.keys() & b.keys():
            return  # names that are data: a table by model or by day
        for name in dict.fromkeys([*a, *b]):
            yield from _shapes(f"{where}/{_token(name)}", a.get(name, MISSING), b.get(name, MISSING))
    elif isinstance(a, list) and isinstance(b, list):
        if bool(a) != bool(b):
            full, empty = "has elements", "is empty"
            yield Difference(f"the array at {where or 'the root'}", full if a else empty, full if b else empty)
        elif a:
            yield from _shapes(f"{where}/0", a[0], b[0])


def _token(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _kind(value: object) -> str:
    kinds: dict[type, str] = {dict: "object", list: "array", str: "text", bool: "true or false", type(None): "null"}
    return "nothing" if value is MISSING else kinds.get(type(value), "number")


def _streams(a: Reading, b: Reading) -> Iterator[Difference]:
    """Yield the first place where two streams are built otherwise; how many events repeat does not matter."""
    for left, right in zip_longest(_built(a), _built(b), fillvalue=(0, frozenset({"the end"}))):
        if left[1] != right[1]:
            yield Difference("the build of the stream", _only(left, right), _only(right, left))
            return


def _built(reading: Reading) -> list[tuple[int, frozenset[str]]]:
    """Return the kinds of events in turn, each once, with the number of the first event of it."""
    found: list[tuple[int, frozenset[str]]] = []
    for event, text in reading.event_texts:
        if text.ok:
            kind = frozenset(_places("", text.value))
        else:
            kind = frozenset({event.data if event.data == "[DONE]" else "no JSON"})
        kind |= {f"the type {event.type!r}"} if event.type not in {"", "message"} else set()
        if not found or found[-1][1] != kind:
            found.append((event.number, kind))
    return found


def _places(where: str, value: object) -> Iterator[str]:
    """Yield the pointers of all that is there and not null, a `*` for each array element."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _places(f"{where}/{_token(name)}", item)
    elif isinstance(value, list) and value:
        for item in value:
            yield from _places(f"{where}/*", item)
    elif value is not None:
        yield f"{where} ({_kind(value)})"


def _only(mine: tuple[int, frozenset[str]], other: tuple[int, frozenset[str]]) -> str:
    number, kind = mine
    if kind == {"the end"}:
        return "the end"
    own = ", ".join(sorted(kind - other[1])[:3])
    return f"event {number} " + (f"has {own}" if own else "lacks what the other has")


def _sums(a: Reading, b: Reading) -> Iterator[Difference]:
    """Yield whether the tokens of the usage add up at one only."""
    left, right = _sum(a), _sum(b)
    if left and right and left[0] is not right[0]:
        yield Difference("the sum of the usage", left[1], right[1])


def _sum(reading: Reading) -> tuple[bool, str] | None:
    """Return whether prompt and completion make up the total, with the numbers; None where they are not told."""
    values: list[Any] = [reading.answer, *(chunk for _, chunk in reversed(reading.chunks))]
    for value, names in product(values, _USAGES):
        usage = at(value, "/usage")
        parts = [integer(at(usage, f"/{name}")) for name in (*names, "total_tokens")]
        counts = [part for part in parts if part is not None]
        if len(counts) == len(parts):
            prompt, completion, total = counts
            return prompt + completion == total, f"{shown(prompt)} + {shown(completion)}, in all {shown(total)}"
    return None
