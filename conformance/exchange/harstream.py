"""Reads the entries of a HAR file one by one, in bounded memory."""

from __future__ import annotations

import codecs
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from conformance.exchange.harending import LEFT_OUT
from conformance.exchange.harreading import HarError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import BinaryIO

LONGEST = 16 << 20
"""Characters: what goes beyond them in one string is not read."""

LARGEST = 256 << 20
"""Characters: no single entry may take more."""

_BLOCK = 1 << 18
_ESCAPE = 6
r"""Characters of the longest escape, `\u0000`."""

_LITERAL = 16
"""Characters: a number or literal that is cut is reported no further than this before the end."""


def entries(stream: BinaryIO) -> Iterator[dict[str, Any]]:
    """Yield the entries of a HAR file as they are read; a string that is too long ends with `LEFT_OUT`.

    Raises:
        HarError: it is no HAR, or an entry is no object or is larger than is read.
        OSError: the stream cannot be read.
    """
    source = _Source(stream)
    with _one_line():
        found = yield from _in_file(source)
        source.end()
    if not found:
        raise HarError("not a HAR file: it has no log.entries")


def elements(stream: BinaryIO) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON array as they are read.

    Raises:
        HarError: it is no array of objects, or one of them is larger than is read.
        OSError: the stream cannot be read.
    """
    source = _Source(stream)
    with _one_line():
        for number, element in enumerate(source.items(), start=1):
            yield _object(element, number)
        source.end()


@contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except RecursionError as error:
        raise HarError(f"not JSON: {error}") from error
    except ValueError as error:
        raise HarError(f"not JSON: {' '.join(str(error).split())}") from error


def _in_file(source: _Source) -> Generator[dict[str, Any], None, bool]:
    """Yield the entries; return whether there is an array of them."""
    found = False
    for name in source.members():
        if name != "log" or source.next() != "{":
            source.value()
            continue
        for inner in source.members():
            if inner == "entries":
                found = True
                yield from _entries(source)
            else:
                source.value()
    return found


def _entries(source: _Source) -> Iterator[dict[str, Any]]:
    if source.next() != "[":
        raise HarError("not a HAR file: log.entries is no array")
    for number, entry in enumerate(source.items(), start=1):
        yield _object(entry, number)


def _object(entry: Any, number: int) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    if not isinstance(entry, dict):
        raise HarError(f"entry {number} is no object")
    return entry


class _Source:
    """A JSON text that is decoded value by value, as much of it held as the value at hand needs."""

    def __init__(self, stream: BinaryIO) -> None:
        self._blocks = _shortened(stream)
        self._decode = json.JSONDecoder().raw_decode
        self._text = ""
        self._at = 0

    def next(self) -> str:
        """Return the next character that is no white space, empty at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in " \t\r\n":
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def value(self) -> Any:  # noqa: ANN401 - any JSON value
        """Take and return the next value."""
        self.next()
        while True:
            try:
                found, end = self._decode(self._text, self._at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated") or error.pos >= len(self._text) - _LITERAL
                if not cut or not self._more():
                    raise
                continue
            cut = not isinstance(found, dict | list | str) and end > len(self._text) - _LITERAL
            if cut and self._more():
                continue  # the number may go on
            self._at = end
            return found

    def members(self) -> Iterator[str]:
        """Yield the name of each member of an object; whoever asks takes the value."""
        if self.next() != "{":
            self.value()  # no JSON at all, or
            return
        self._at += 1
        if self.next() == "}":
            self._at += 1
            return
        while True:
            name = self.value()
            if not isinstance(name, str):
                self._fail("a member has no name")
            self._take(":")
            yield name
            if self._take(",}") == "}":
                return

    def items(self) -> Iterator[Any]:
        """Yield the elements of an array."""
        self._take("[")
        if self.next() == "]":
            self._at += 1
            return
        while True:
            yield self.value()
            if self._take(",]") == "]":
                return

    def end(self) -> None:
        """Take the end of the text."""
        if self.next():
            self._fail("Extra data")

    def _take(self, wanted: str) -> str:
        found = self.next()
        if not found or found not in wanted:
            self._fail(f"Expecting {' or '.join(map(repr, wanted))}")
        self._at += 1
        return found

    def _fail(self, message: str) -> None:
        raise ValueError(message)

    def _more(self) -> bool:
        """Hold at least twice as much text from the present place on, if there is more."""
        rest = self._text[self._at :]
        if len(rest) > LARGEST:
            raise HarError(f"an entry is larger than {LARGEST >> 20} MiB")
        parts, gained = [rest], 0
        for block in self._blocks:
            parts.append(block)
            gained += len(block)
            if gained > len(rest):
                break
        if gained:
            self._text, self._at = "".join(parts), 0
        return gained > 0


def _shortened(stream: BinaryIO) -> Iterator[str]:
    """Yield the text without what goes beyond `LONGEST` in a string."""
    inside, length, held = False, 0, ""
    for block in _decoded(stream):
        text, held = _whole_escapes(held + block)
        # A pair of backslashes is one of them, a quote after a single one ends nothing (RFC 8259 § 7).
        quotes = text.replace("\\\\", "").replace('\\"', "").count('"')
        if quotes or not inside:
            length = 0
            yield text
        else:
            before, length = length, length + len(text)
            if length <= LONGEST:
                yield text
            elif before <= LONGEST:
                yield LEFT_OUT
        inside ^= bool(quotes % 2)
    yield held


def _decoded(stream: BinaryIO) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    while block := stream.read(_BLOCK):
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _whole_escapes(text: str) -> tuple[str, str]:
    """Cut a text before an escape that may go on."""
    at = text.rfind("\\", max(0, len(text) - _ESCAPE))
    run = at + 1 - len(text[: at + 1].rstrip("\\")) if at >= 0 else 0
    return (text[:at], text[at:]) if run % 2 else (text, "")
