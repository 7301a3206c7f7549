"""Reads where a finding says that it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_EVENT = re.compile(r"events? (\d{1,9})\b[^/]*(/.*)?", re.DOTALL)
_HEADER = re.compile(r"(?i:header)s?[ :]+(.+)", re.DOTALL)
_REQUEST = re.compile(r"request(?=[ B])\s*", re.DOTALL)
_BODY = re.compile(r"body ?(?=/|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """A place in an exchange.

    `request` says in which half. `event` is a number, 0 for none; `pointer` (RFC 6901) is into the data of that event
    or into the body, None where no value is meant. `headers` are names in lower case.
    """

    request: bool = False
    status: bool = False
    headers: frozenset[str] = frozenset()
    event: int = 0
    pointer: str | None = None


def place(where: str) -> Place:
    """Return the place that the words of a finding name; one that names nothing if they are not understood."""
    request = _REQUEST.match(where)
    rest = where[request.end() :] if request else where
    if rest == "status":
        return Place(status=True)
    if found := _EVENT.fullmatch(rest):
        return Place(event=int(found[1]), pointer=found[2])
    if found := _HEADER.fullmatch(rest):
        names = frozenset(name.strip().lower() for name in found[1].split(","))
        return Place(request=bool(request), headers=names)
    if found := _BODY.match(rest):
        rest = rest[found.end() :]
        return Place(request=bool(request), pointer=rest or None)
    return Place(request=bool(request), pointer=rest if rest.startswith("/") else None)


def within(pointer: str, spot: str) -> bool:
    """Tell whether a pointer is a place, or lies in it; `*` in the place stands for any member."""
    parts, wanted = pointer.split("/"), spot.split("/")
    return len(parts) >= len(wanted) and all(want in {"*", part} for want, part in zip(wanted, parts, strict=False))


def nearest(spot: str, known: Collection[str]) -> str:
    """Return the longest beginning of a place that a known pointer is or lies in; empty for the whole document."""
    while spot and not any(within(pointer, spot) for pointer in known):
        spot = spot.rpartition("/")[0]
    return spot
