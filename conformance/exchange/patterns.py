"""Finds what regular expressions match in bytes, as it stands there and with its escapes undone."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ACCOUNTS = r"(?:org(?:anization)?|account|workspace|tenant|project|customer|subscription)"

_ID = r"(?:(?=[A-Za-z]*\d)[A-Za-z0-9]{8,}|[A-Za-z0-9]{20,})"
_ALONE = r"(?<![A-Za-z0-9])"

IDENTIFIERS = (
    rf"{_ALONE}(?:org|proj|user|acct|sess|cus)[-_]{_ID}(?![A-Za-z0-9])",
    rf"{_ALONE}sk-[A-Za-z0-9_-]{{16,}}",
    rf'"{_ACCOUNTS}_?[iI]d"\s*:\s*(?:"(?P<private>[^"]+)"|(?P<number>[1-9]\d*)(?=\s*[,}}]))',
    rf"[?&]{_ACCOUNTS}(?:_?[iI]d)?=(?P<private>[^&#\s\"]+)",
    rf"/{_ACCOUNTS}s?/(?P<private>[^/?#\s\"]+)",
)
"""What names an organisation, a project, an account or a user, or is a key of somebody else's."""

_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\[\"\\/bfnrt]"
    r"|%[0-7][0-9a-fA-F]|(?:%[89a-fA-F][0-9a-fA-F])+|&(?:amp|lt|gt|quot|apos|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});|\+"
)
_JSON = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True)
class Match:
    """Bytes `start` to `end` that are to be taken out; a `number` leaves a 0, so that JSON stays JSON."""

    start: int
    end: int
    number: bool = False


class Patterns:
    """Regular expressions; of one that has a group `private` (or `number`), only that group counts.

    Raises:
        re.error: an expression is invalid.
    """

    def __init__(self, expressions: Iterable[str]) -> None:
        self._all = [re.compile(expression) for expression in expressions]

    def found(self, data: bytes) -> list[Match]:
        """Return what is matched, in order; matches that overlap are one."""
        if not self._all:
            return []
        text = data.decode(errors="surrogateescape")
        offsets = None if text.isascii() else _offsets(text)
        spans = list(self._in(text))
        plain, starts, ends = _unescaped(text)
        if starts:
            spans += [replace(each, start=starts[each.start], end=ends[each.end - 1]) for each in self._in(plain)]
        if offsets is not None:
            spans = [Match(offsets[each.start], offsets[each.end], each.number) for each in spans]
        return list(_united(spans))

    def _in(self, text: str) -> Iterator[Match]:
        for pattern in self._all:
            for match in pattern.finditer(text):
                named = next((name for name in ("private", "number") if match.groupdict().get(name) is not None), "")
                start, end = match.span(named) if named else match.span()
                if start < end:
                    yield Match(start, end, named == "number")


def _offsets(text: str) -> list[int]:
    return list(accumulate((len(char.encode(errors="surrogateescape")) for char in text), initial=0))


def _unescaped(text: str) -> tuple[str, list[int], list[int]]:
    """Return the text without escapes, with where each of its characters begins and ends in what was escaped."""
    if not _ESCAPE.search(text):
        return text, [], []
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for escape in _ESCAPE.finditer(text):
        start, end = escape.span()
        meant = _meant(escape[0])
        chars += [text[at:start], meant]
        starts += [*range(at, start), *[start] * len(meant)]
        ends += [*range(at + 1, start + 1), *[end] * len(meant)]
        at = end
    chars.append(text[at:])
    starts += range(at, len(text))
    ends += range(at + 1, len(text) + 1)
    return "".join(chars), starts, ends


def _meant(escape: str) -> str:
    if escape.startswith("\\u"):
        units = bytes.fromhex(escape.replace("\\u", ""))
        return units.decode("utf-16-be", errors="replace")
    if escape.startswith("\\"):
        return _JSON.get(escape[1], escape[1])
    if escape.startswith("%"):
        return unquote(escape)
    return " " if escape == "+" else html.unescape(escape)


def _united(spans: list[Match]) -> Iterator[Match]:
    last: Match | None = None
    for each in sorted(spans, key=lambda each: (each.start, -each.end)):
        if last is None or each.start >= last.end:
            if last is not None:
                yield last
            last = each
        elif each.end > last.end:
            last = Match(last.start, each.end)
    if last is not None:
        yield last
