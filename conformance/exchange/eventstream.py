"""Reads event streams byte for byte as the standard says (WHATWG HTML § 9.2.5, § 9.2.6)."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from conformance.exchange.model import Piece

_LINE_END = re.compile(rb"\r\n|\r|\n")
_KNOWN_FIELDS = frozenset({"event", "data", "id", "retry"})
_LONGEST_RETRY = 18
"""Digits: longer reconnection times are beyond any clock, thousands of digits beyond what `int` reads."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its bytes without the end, the bytes that ended it, and when that end arrived (seconds)."""

    raw: bytes
    end: bytes
    at: float

    @property
    def text(self) -> str:
        """The line decoded, U+FFFD where it is not UTF-8."""
        return self.raw.decode(errors="replace")

    @property
    def is_utf8(self) -> bool:
        """Whether the bytes are UTF-8."""
        try:
            self.raw.decode()
        except UnicodeDecodeError:
            return False
        return True

    @property
    def is_comment(self) -> bool:
        """Whether the line begins with a colon."""
        return self.raw.startswith(b":")

    @property
    def field(self) -> tuple[str, str]:
        """The field's name and value; a line without a colon is a name with an empty value."""
        name, _, value = self.text.partition(":")
        return name, value.removeprefix(" ")


@dataclass(frozen=True, slots=True)
class Event:
    """A dispatched event.

    `at` is when the piece arrived in which it was dispatched (seconds), `id` the last event id at that time,
    `lines` every line since the previous blank line, comments and the closing blank line included.
    """

    index: int
    type: str
    data: str
    id: str
    at: float
    lines: tuple[Line, ...]

    @property
    def number(self) -> int:
        """The place in the stream, counted from 1."""
        return self.index + 1

    @property
    def data_lines(self) -> tuple[Line, ...]:
        """The lines whose values were joined to the data."""
        return tuple(line for line in self.lines if line.field[0] == "data")

    @property
    def is_utf8(self) -> bool:
        """Whether all its bytes are UTF-8."""
        return all(line.is_utf8 for line in self.lines)


@dataclass(frozen=True, slots=True)
class Field:
    """A field other than `data`: its name and value, and when its line arrived (seconds)."""

    name: str
    value: str
    at: float

    @property
    def is_known(self) -> bool:
        """Whether the standard knows the name; a client ignores the others."""
        return self.name in _KNOWN_FIELDS


@dataclass(frozen=True, slots=True)
class EventStream:
    """What a strict client makes of a stream, with everything that it would silently drop.

    `fields` are all but `data`, unknown ones included. `retry` is in milliseconds. `invalid_utf8` counts
    lines that are not UTF-8, `data_without_space` lines with `data` but not `data: `, `dataless` the blocks
    that have fields but no data, which are not dispatched. `undispatched` are the bytes after the last blank
    line: a client discards them.
    """

    events: tuple[Event, ...] = ()
    comments: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    retry: int | None = None
    bom: bool = False
    invalid_utf8: int = 0
    data_without_space: int = 0
    dataless: int = 0
    line_ends: frozenset[bytes] = frozenset()
    undispatched: bytes = b""

    @property
    def unknown_fields(self) -> tuple[Field, ...]:
        """The fields whose names the standard does not know."""
        return tuple(field for field in self.fields if not field.is_known)

    @property
    def lost_event(self) -> bool:
        """Whether the discarded end holds data, or a line cut short that is no comment."""
        *lines, last = _LINE_END.split(self.undispatched)
        cut = bool(last) and not last.startswith(b":")
        return cut or any(Line(line, b"", 0.0).field[0] == "data" for line in lines)


def parse(pieces: Iterable[Piece]) -> EventStream:
    """Parse a whole stream; how it was cut into pieces changes nothing but the times of its events.

    Never raises, whatever the bytes are. The pieces must be free of any content coding.
    """
    arrived = tuple(pieces)
    stream = b"".join(piece.data for piece in arrived)
    bom = stream.startswith(codecs.BOM_UTF8)
    start = len(codecs.BOM_UTF8) if bom else 0
    interpreter = _Interpreter()
    rest = start
    for line, end in _lines(stream, start, _clock(arrived)):
        interpreter.take(line)
        if not line.raw:
            rest = end
    return interpreter.result(bom=bom, undispatched=stream[rest:])


def _clock(pieces: tuple[Piece, ...]) -> Callable[[int], float]:
    ends = list(accumulate(len(piece.data) for piece in pieces))
    return lambda offset: pieces[bisect_right(ends, offset)].at


def _lines(stream: bytes, start: int, clock: Callable[[int], float]) -> Iterator[tuple[Line, int]]:
    # A line ends when the first byte of its end arrives: after CR a client need not wait for LF.
    for end in _LINE_END.finditer(stream, start):
        yield Line(stream[start : end.start()], end.group(), clock(end.start())), end.end()
        start = end.end()


class _Interpreter:
    """The buffers of § 9.2.6: interprets one line after the other."""

    def __init__(self) -> None:
        self._data: list[str] = []
        self._type = ""
        self._id = ""
        self._block: list[Line] = []
        self._events: list[Event] = []
        self._comments: list[str] = []
        self._fields: list[Field] = []
        self._retry: int | None = None
        self._invalid = self._unspaced = self._dataless = 0
        self._ends: set[bytes] = set()

    def take(self, line: Line) -> None:
        self._ends.add(line.end)
        self._block.append(line)
        self._invalid += not line.is_utf8
        if not line.raw:
            self._dispatch(line.at)
        elif line.is_comment:
            self._comments.append(line.text[1:])
        else:
            self._field(line)

    def _field(self, line: Line) -> None:
        name, value = line.field
        if name == "data":
            self._data.append(value)
            self._unspaced += not line.raw.startswith(b"data: ")
            return
        self._fields.append(Field(name, value, line.at))
        if name == "event":
            self._type = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit() and len(value) <= _LONGEST_RETRY:
            self._retry = int(value)

    def _dispatch(self, at: float) -> None:
        # Each data line adds its value and LF to the buffer, so one blank `data` line makes it non-empty.
        if self._data:
            data = "\n".join(self._data)
            lines = tuple(self._block)
            self._events.append(Event(len(self._events), self._type or "message", data, self._id, at, lines))
        else:
            self._dataless += any(line.raw and not line.is_comment for line in self._block)
        self._data, self._type, self._block = [], "", []

    def result(self, *, bom: bool, undispatched: bytes) -> EventStream:
        return EventStream(
            events=tuple(self._events),
            comments=tuple(self._comments),
            fields=tuple(self._fields),
            retry=self._retry,
            bom=bom,
            invalid_utf8=self._invalid,
            data_without_space=self._unspaced,
            dataless=self._dataless,
            line_ends=frozenset(self._ends),
            undispatched=undispatched,
        )
