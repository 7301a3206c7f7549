"""Reads where a finding says that it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_HALF = re.compile(r"(request|response)(?: (?=[a-z])|(?=B))")
_EVENT = re.compile(r"events? (\d{1,9})\b[^/]*(/.*)?", re.DOTALL)
_HEADER = re.compile(r"(?i:header)s?[ :]+(.+)", re.DOTALL)
_BODY = re.compile(r"body ?(?=/|$)", re.IGNORECASE)
_BYTE = re.compile(r"(?:body, )?byte (\d{1,12})")
LAST = -1
"""The number that stands for the last event."""


@dataclass(frozen=True)
class Place:
    """A place in an exchange.

    `request` says in which half. `event` is a number, 0 for none; `pointer` (RFC 6901) is into the data of that event
    or into the body, None where no value is meant. `byte` is an offset in the body, `end` is the body's end, and `body`
    tells that the place is somewhere in the body. `headers` are names in lower case.
    """

    request: bool = False
    status: bool = False
    headers: frozenset[str] = frozenset()
    event: int = 0
    pointer: str | None = None
    byte: int | None = None
    end: bool = False
    body: bool = False


def place(where: str) -> Place:
    """Return the place that the words of a finding name; words that are not understood are of the response's body."""
    half = _HALF.match(where)
    rest = where[half.end() :] if half else where
    asked = bool(half and half[1] == "request")
    if rest in {"status", "ending", ""}:
        return Place(status=rest == "status")
    if found := _HEADER.fullmatch(rest):
        names = frozenset(name.strip().lower() for name in found[1].split(","))
        return Place(request=asked, headers=names)
    if found := _EVENT.fullmatch(rest):
        return Place(event=int(found[1]), pointer=found[2], body=True)
    if rest == "last event":
        return Place(event=LAST, body=True)
    if found := _BYTE.fullmatch(rest):
        return Place(request=asked, byte=int(found[1]), body=True)
    if found := _BODY.match(rest):
        rest = rest[found.end() :]
    pointer = rest if rest.startswith("/") else None
    return Place(request=asked, pointer=pointer, end=rest.startswith("end of the "), body=True)


def within(pointer: str, spot: str) -> bool:
    """Tell whether a pointer is a place, or lies in it; `*` in the place stands for any member."""
    parts, wanted = pointer.split("/"), spot.split("/")
    return len(parts) >= len(wanted) and all(want in {"*", part} for want, part in zip(wanted, parts, strict=False))


def nearest(spot: str, known: Collection[str]) -> str:
    """Return the longest beginning of a place that a known pointer is or lies in; empty for the whole document."""
    while spot and not any(within(pointer, spot) for pointer in known):
        spot = spot.rpartition("/")[0]
    return spot
