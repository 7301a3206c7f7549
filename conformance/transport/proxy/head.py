"""Reads and edits the head of a message line by line, so that what is not touched stays byte for byte."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.exchange.model import Headers

_LINE = re.compile(rb"[^\n]*\n")
_ABOUT_THE_CONNECTION = frozenset({b"upgrade", b"proxy-connection"})
"""What is never passed on beside what `Connection` names (RFC 9110 § 7.6.1, § 7.8)."""
_OURS_TOO = frozenset({b"close", b"keep-alive"})
"""Options that hold for both hops: each connection of a client has its own to the target and shares its fate."""


@dataclass(frozen=True)
class Head:
    """The lines of a head with their ends: the start line, each field with its folds, the blank line."""

    start: bytes
    fields: tuple[bytes, ...]
    end: bytes

    @property
    def headers(self) -> Headers:
        """The fields as names and values, in their order and case."""
        return tuple(
            (name.decode("latin-1"), value.decode("utf-8", "surrogateescape"))
            for name, value in map(_field, self.fields)
        )

    @property
    def folded(self) -> bool:
        """Whether a field goes on over several lines (RFC 9112 § 5.2)."""
        return any(field.count(b"\n") > 1 for field in self.fields)

    @property
    def passed_on(self) -> Head:
        """The head for the next hop, without what concerned only the connection (RFC 9110 § 7.6.1)."""
        fields = [(line, *_field(line)) for line in self.fields]
        named = {o for _, name, value in fields if name.lower() == b"connection" for o in _options(value)}
        trailers = all(value.lower() == b"trailers" for _, name, value in fields if name.lower() == b"te")
        kept_options = _OURS_TOO | ({b"te"} if trailers else set())
        gone = (named - kept_options - {b"keep-alive"}) | _ABOUT_THE_CONNECTION | (set() if trailers else {b"te"})
        lines = []
        for line, name, value in fields:
            if name.lower() == b"connection":
                lines += _connection(line, name, value, kept_options)
            elif name.lower() not in gone:
                lines.append(line)
        return replace(self, fields=tuple(lines))

    def at_host(self, authority: bytes) -> Head:
        """Return the head of a request to another host."""
        lines = [b"Host: %s\r\n" % authority if _field(line)[0].lower() == b"host" else line for line in self.fields]
        return replace(self, fields=tuple(lines))

    def __bytes__(self) -> bytes:
        return b"".join([self.start, *self.fields, self.end])


def parsed(raw: bytes) -> Head:
    """Return the head that these bytes are; blank lines before the start line are left out (RFC 9112 § 2.2)."""
    start, *lines = _LINE.findall(raw.lstrip(b"\r\n"))
    fields: list[bytes] = []
    for line in lines[:-1]:
        if fields and line[:1] in {b" ", b"\t"}:
            fields[-1] += line
        else:
            fields.append(line)
    return Head(start, tuple(fields), lines[-1] if lines else b"")


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name.strip(), b" ".join(part.strip() for part in value.splitlines())


def _options(value: bytes) -> list[bytes]:
    return [option.strip().lower() for option in value.split(b",") if option.strip()]


def _connection(line: bytes, name: bytes, value: bytes, kept: frozenset[bytes] | set[bytes]) -> list[bytes]:
    """Return the line with the options that hold for both hops: as it is where all do, none where none does."""
    options = _options(value)
    if all(option in kept for option in options):
        return [line]
    left = [option for option in options if option in kept]
    return [name + b": " + b", ".join(left) + b"\r\n"] if left else []
