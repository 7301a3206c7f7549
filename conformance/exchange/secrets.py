"""Finds secrets in text and bodies, however they are escaped or cut into pieces."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING

from conformance.exchange.model import FILTERED, INVALID_CREDENTIAL, NO_SUCH_MODEL, NO_SUCH_PATH
from conformance.exchange.patterns import Patterns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conformance.exchange.model import Piece
    from conformance.exchange.patterns import Match

    Found = tuple[int, int, bytes]

PRIVATE = "[Private]"
"""What stands in a recording where something private stood that is no credential of this run."""

ENCODED = {FILTERED: "%5BFiltered%5D", PRIVATE: "%5BPrivate%5D"}
"""How the marks stand in the authority of a URL, where RFC 3986 § 3.2.2 keeps brackets for IPv6."""

SCHEME = (
    "basic|bearer|digest|dpop|gnap|hoba|mutual|negotiate|ntlm|oauth|privatetoken|scram-sha-1|scram-sha-256|vapid"
    "|api-?key|key|token|aws4-hmac-sha256"
)
"""Authentication schemes (IANA's registry, some in the wild), as an alternation without groups."""

SHORTEST = 8
"""Characters: shorter secrets are only replaced where they stand as a credential, or they would shred bodies."""

_KEPT = (FILTERED, PRIVATE, *ENCODED.values(), INVALID_CREDENTIAL, NO_SUCH_MODEL, NO_SUCH_PATH)
_HTML = {"&": b"&amp;", "<": b"&lt;", ">": b"&gt;", '"': b"&(?:quot|#34);", "'": b"&(?:apos|#39|#[xX]27);"}
_KEPT_AS_IS = re.compile(b"|".join(re.escape(kept.encode()) for kept in _KEPT))
_NEVER = b"(?!)"
_ESCAPES = (b"%", b"\\", b"&", b"+")
"""What every way to write a character otherwise than as it is begins with."""


class Secrets:
    """Values to take out: `secrets` become `[Filtered]`, `private` ones `[Private]`, as does what `patterns` match.

    Raises:
        re.error: a pattern is no regular expression.
    """

    def __init__(self, secrets: Iterable[str], private: Iterable[str] = (), patterns: Iterable[str] = ()) -> None:
        self._patterns = Patterns(patterns)
        hidden = {value.strip() for value in private}
        known = {value.strip() for value in secrets} - hidden
        longest_first = sorted((v for v in known | hidden if _is_secret(v)), key=lambda v: (-len(v), v))
        self._short = {value for value in longest_first if len(value) < SHORTEST and value in known}
        self._plain = [v.encode(errors="surrogatepass") for v in longest_first if len(v) >= SHORTEST]
        self._pattern = re.compile(
            b"|".join(
                [
                    b"(?:%s)" % b"|".join(re.escape(kept.encode()) for kept in _KEPT),
                    # Longest first, whatever they are: one may begin with another.
                    *(
                        b"(?P<%s%d>%s)" % (b"private" if value in hidden else b"secret", number, _any([value]))
                        for number, value in enumerate(longest_first)
                        if len(value) >= SHORTEST
                    ),
                    rb"\b(?i:%s)(?:[ \t+]|%%20)+(?P<short>%s)(?![\w-])" % (SCHEME.encode(), _any(self._short)),
                ]
            )
        )

    def body(self, data: bytes) -> bytes:
        """Return a body with every secret replaced."""
        kept, at = [], 0
        for start, end, mark in self._found(data):
            kept += [data[at:start], mark]
            at = end
        return b"".join([*kept, data[at:]])

    def text(self, text: str) -> str:
        """Return the text with every secret replaced."""
        data = text.encode(errors="surrogatepass")
        replaced = self.body(data)
        return text if replaced == data else replaced.decode(errors="surrogatepass")

    def header(self, value: str) -> str:
        """Return a header value with every secret replaced, a short one that is the whole value too."""
        return FILTERED if value.strip() in self._short else self.text(value)

    def pieces(self, pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
        """Return the pieces, as many at the same times, with every secret replaced in the body that they make.

        The piece in which a secret begins holds the mark.
        """
        found = self._found(b"".join(piece.data for piece in pieces))
        if not found:
            return pieces
        starts = accumulate((len(piece.data) for piece in pieces), initial=0)
        cut = [_cut(piece.data, start, found) for piece, start in zip(pieces, starts, strict=False)]
        return tuple(replace(piece, data=data) for piece, data in zip(pieces, cut, strict=True))

    def _found(self, data: bytes) -> list[Found]:
        """Return where secrets begin and end, with the mark of each."""
        known = self._literal(data)
        matched = self._patterns.found(data)
        if not matched:
            return known
        kept = [*known, *((*match.span(), b"") for match in _KEPT_AS_IS.finditer(data))]
        return sorted([*known, *(part for each in matched for part in _outside(each, sorted(kept)))])

    def _literal(self, data: bytes) -> list[Found]:
        if self._is_free(data):
            return []
        return [
            (*match.span(match.lastgroup), (PRIVATE if match.lastgroup.startswith("private") else FILTERED).encode())
            for match in self._pattern.finditer(data)
            if match.lastgroup
        ]

    def _is_free(self, data: bytes) -> bool:
        """Tell at a glance that no secret is in it; a megabyte takes the pattern a tenth of a second."""
        if self._short or any(escape in data for escape in _ESCAPES):
            return False
        return not any(value in data for value in self._plain)


def _outside(match: Match, kept: list[Found]) -> Iterator[Found]:
    """Yield the parts of a match that lie between the spans that are kept, each with its mark."""
    at, mark = match.start, b"0" if match.number else PRIVATE.encode()
    for start, end, _ in kept:
        if start >= match.end:
            break
        if end > at:
            if start > at:
                yield at, start, mark
            at = end
    if at < match.end:
        yield at, match.end, mark


def _cut(data: bytes, start: int, found: list[Found]) -> bytes:
    """Return a piece that begins at `start` of a body without what was found there."""
    end, at = start + len(data), start
    kept = []
    for first, after, mark in found:
        if after <= start or first >= end:
            continue
        kept.append(data[at - start : max(first, start) - start])
        if first >= start:
            kept.append(mark)
        at = after
    return b"".join([*kept, data[at - start :]])


def _is_secret(value: str) -> bool:
    public = {"", INVALID_CREDENTIAL, NO_SUCH_MODEL}
    return value not in public and FILTERED not in value and PRIVATE not in value


def _any(values: Iterable[str]) -> bytes:
    return b"|".join(b"".join(map(_forms, value)) for value in values) or _NEVER


def _forms(char: str) -> bytes:
    """Return a pattern for a character as it is, percent-encoded (RFC 3986), or escaped in JSON or HTML."""
    raw = char.encode(errors="surrogatepass")
    units = char.encode("utf-16-be", errors="surrogatepass")
    forms = [
        re.escape(raw),
        b"".join(b"%" + _hex(byte) for byte in raw),
        b"".join(rb"\\u" + _hex(units[i]) + _hex(units[i + 1]) for i in range(0, len(units), 2)),
    ]
    if char in '"\\/':
        forms.append(rb"\\" + re.escape(raw))
    if char in _HTML:
        forms.append(_HTML[char])
    return b"(?:%s)" % b"|".join([*forms, *([rb"\+"] if char == " " else [])])


def _hex(byte: int) -> bytes:
    return "".join(f"[{d}{d.upper()}]" if d.isalpha() else d for d in f"{byte:02x}").encode()
