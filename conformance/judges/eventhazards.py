"""Judges what is legal in an event stream, or nearly so, and yet trips clients (WHATWG HTML § 9.2.5, § 9.2.6)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.streams import streamed
from conformance.judges.values import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.contract.model import Requirement
    from conformance.exchange.eventstream import Event
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading
    from conformance.report import Finding

_SEPARATORS = ("\u0085", "\u2028", "\u2029")
_LONGEST = 65_536
_TELLING = re.compile(
    r"""(?ix) \{\s*" | \[\s*(?:\{|DONE\])                               # JSON, or the end
    | ^\W*(?:data|datas|date?a|dat|dta|adta|daat|daata)\b(?!-)       # a slip of `data`
    | ^[a-z ]*(?:error|exception|traceback)(?![-_])                # an error"""
)
"""What makes a line say something that a client should hear."""


def _sought(row: Requirement, evidence: Evidence, seek: Callable[[Reading], Finding | None]) -> Iterator[Outcome]:
    """Yield for each stream that has events what is found in it."""
    for reading in streamed(row, evidence):
        if reading.stream.events:
            yield seek(reading) or Kept(reading.exchange.id)
        else:
            yield Unjudged("the stream has no event")


@judge
def stream_known_lines(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """No line that clients ignore says anything: JSON, an error, or what was meant as `data`.

    A field of another name, with a note for those who know it, is as harmless as a comment.
    """
    yield from _sought(row, evidence, _unknown_line)


def _unknown_line(reading: Reading) -> Finding | None:
    lines = (f"{field.name}: {field.value}" for field in reading.stream.unknown_fields)
    line = next((line for line in lines if _TELLING.search(line)), "")
    if not line:
        return None
    return reading.finding("a line has no field that clients know, so they ignore it", "`data: `", shown(line), "lines")


@judge
def stream_without_comments(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A stream has no comments."""
    yield from _sought(row, evidence, _comment)


def _comment(reading: Reading) -> Finding | None:
    comments = reading.stream.comments
    actual = f"{len(comments)}, the first {shown(f':{comments[0]}')}" if comments else ""
    return (
        reading.finding("the stream has comments", "no line that begins with `:`", actual, "lines") if actual else None
    )


@judge
def stream_ended_by_line_feeds(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """No line is ended by CRLF, nor some by CRLF and some by LF."""
    yield from _sought(row, evidence, _carriage_return)


def _carriage_return(reading: Reading) -> Finding | None:
    ends = reading.stream.line_ends
    if b"\r\n" not in ends:
        return None
    actual = "CRLF and LF" if b"\n" in ends else "CRLF"
    return reading.finding("lines are ended by CRLF", "LF", actual, "line ends")


@judge
def stream_data_on_one_line(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """The JSON text of an event stands on one line; what is no JSON text is another promise's."""
    yield from _sought(row, evidence, _spread_out)


def _spread_out(reading: Reading) -> Finding | None:
    for event, text in reading.event_texts:
        if text.ok and len(event.data_lines) > 1:
            actual, where = f"{len(event.data_lines)} lines", f"event {event.number}"
            return reading.finding("the data of an event is spread over lines", "one `data` line", actual, where)
    return None


@judge
def stream_without_separators(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """No data has a character that Unicode, but not the standard, takes for the end of a line."""
    yield from _sought(row, evidence, _separator)


def _separator(reading: Reading) -> Finding | None:
    for event in reading.stream.events:
        if found := next((each for each in _SEPARATORS if each in event.data), ""):
            message = "the data has a character that some clients take for the end of a line"
            actual = f"U+{ord(found):04X}"
            return reading.finding(message, f"\\u{ord(found):04x}", actual, f"event {event.number}")
    return None


@judge
def stream_lines_short(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """No line of an event is longer than some readers' buffers.

    Parameters: `bytes` is the most that a line may have.
    """
    most = int(row.params.get("bytes", _LONGEST))

    def too_long(reading: Reading) -> Finding | None:
        for event in reading.stream.events:
            length = max((len(line.raw) for line in event.lines), default=0)
            if length > most:
                expected, where = f"at most {most} bytes", f"event {event.number}"
                return reading.finding("a line is too long for some readers", expected, f"{length} bytes", where)
        return None

    yield from _sought(row, evidence, too_long)


@judge
def stream_of_data_only(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """No event has another known field beside its data."""
    yield from _sought(row, evidence, _other_field)


def _other_field(reading: Reading) -> Finding | None:
    for event in reading.stream.events:
        if found := _field_beside_data(event):
            where = f"event {event.number}"
            return reading.finding("an event has a field beside its data", "nothing but `data: `", found, where)
    return None


def _field_beside_data(event: Event) -> str:
    lines = (line for line in event.lines if line.raw and not line.is_comment)
    return next((shown(line.text) for line in lines if line.field[0] in {"event", "id", "retry"}), "")
