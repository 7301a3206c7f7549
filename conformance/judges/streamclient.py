"""Judges whether the documented sample clients can read a stream line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.exchange import jsontext
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.streams import DONE, chunks, is_closing, is_error, streamed
from conformance.judges.values import MISSING, at, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.exchange.eventstream import Event
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading
    from conformance.report import Finding


@judge
def client_loop(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """The documented loop over a stream's lines works.

    Parameters: `every_line` says that the loop takes each non-empty line for data, `first_choice` that it takes
    `choices[0]` unguarded and prints `delta.content`. What is no JSON even as an event is another promise's.
    """
    for reading in streamed(row, evidence):
        if not reading.stream.events:
            yield Unjudged("the stream has no event")
            continue
        found = _unreadable(reading, every_line=bool(row.params.get("every_line")))
        if found is None and row.params.get("first_choice"):
            found = _choiceless(reading)
        yield found or Kept(reading.exchange.id)


def _unreadable(reading: Reading, *, every_line: bool) -> Finding | None:
    if reading.stream.bom:
        return reading.finding("the first line begins with a byte order mark", "`data: `", "U+FEFF", "line 1")
    if every_line and (stray := _stray(reading)):
        return reading.finding("a line is no data", "`data: ` at its beginning", shown(stray), "lines")
    for event, text in reading.event_texts:
        if (text.ok or is_closing(event.data)) and (wrong := _wrong_line(event)):
            message = "a line is not `data: ` and one whole JSON text"
            return reading.finding(message, "`data: ` + JSON on one line", shown(wrong), f"event {event.number}")
        if event.data == DONE:
            break
    return None


def _stray(reading: Reading) -> str:
    stream = reading.stream
    if stream.comments:
        return f":{stream.comments[0]}"
    return next((f"{field.name}: {field.value}" for field in stream.fields), "")


def _wrong_line(event: Event) -> str:
    for line in event.data_lines:
        data = line.field[1]
        if not line.raw.startswith(b"data: ") or not (is_closing(data) or jsontext.parse(data).ok):
            return line.text
    return ""


def _choiceless(reading: Reading) -> Finding | None:
    for event, chunk in chunks(reading):
        if is_error(chunk):
            continue
        choices, content = at(chunk, "/choices"), at(chunk, "/choices/0/delta/content")
        if choices == []:
            where = f"event {event.number} /choices"
            return reading.finding("the loop takes the first of no choices", "at least one choice", "[]", where)
        if content is not MISSING and not isinstance(content, str):
            where = f"event {event.number} /choices/0/delta/content"
            return reading.finding("the loop prints what is no text", "a text, or nothing", shown(content), where)
    return None
