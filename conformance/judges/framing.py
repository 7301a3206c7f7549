"""Judges how the events of a stream are framed (WHATWG HTML § 9.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.exchange.jsontext import Fault
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.streams import DONE, broke_off, has_end, is_closing, streamed, was_busy
from conformance.judges.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading
    from conformance.report import Finding

_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\";\s]+)", re.IGNORECASE)
_LINE_END = re.compile(rb"\r\n|\r|\n")


@judge
def stream_content_type(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A stream is declared `text/event-stream`, in no charset but UTF-8."""
    for reading in streamed(row, evidence):
        declared = reading.header("content-type") or ""
        charset = _CHARSET.search(declared)
        if reading.media_type != "text/event-stream":
            yield _declared(reading, declared, "a stream is declared as another media type")
        elif charset and charset[1].lower() not in {"utf-8", "utf8"}:
            yield _declared(reading, declared, "a stream is declared in another charset than UTF-8")
        else:
            yield Kept(reading.exchange.id)


def _declared(reading: Reading, declared: str, message: str) -> Finding:
    return reading.finding(message, "text/event-stream", declared or "no Content-Type", "header Content-Type")


@judge
def stream_framing(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Each event is one JSON text or `[DONE]`, is ended by a blank line, and nothing follows `[DONE]`."""
    for reading in streamed(row, evidence):
        found = _misframed(reading) or _ended_badly(reading)
        yield found or Kept(reading.exchange.id)


def _misframed(reading: Reading) -> Finding | None:
    done = False
    for event, text in reading.event_texts:
        where = f"event {event.number}"
        if event.data == DONE:
            done = True
        elif done:
            return reading.finding("an event follows `[DONE]`", "nothing", shown(event.data), where)
        elif not is_closing(event.data) and text.problem and text.problem.fault is not Fault.TOO_DEEP:
            wanted = "one JSON text or `[DONE]`"
            return reading.finding(
                f"an event's data is no JSON text: {text.problem.message}", wanted, shown(event.data), where
            )
    return None


def _ended_badly(reading: Reading) -> Finding | None:
    stream = reading.stream
    rest = shown(stream.undispatched[-200:].decode(errors="replace"))
    if broke_off(reading):
        return reading.finding("the stream breaks off", "a stream that runs to its end", rest, "end of the stream")
    if not has_end(reading):
        return None
    if stream.lost_event:
        message = "the last event is not ended by a blank line, so a client discards it"
        return reading.finding(message, "a blank line", rest, "end of the stream")
    if not stream.events:
        actual = shown(reading.body[:200].decode(errors="replace"))
        return reading.finding("the stream has no event", "events with `data: ` lines", actual, "body")
    return None


@judge
def stream_strict_lines(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Lines are written as line-splitting clients need them: `data: ` with a space, LF or CRLF ends, no BOM."""
    for reading in streamed(row, evidence):
        stream = reading.stream
        if not stream.events:
            yield Unjudged("the stream has no event")
        elif stream.bom:
            yield reading.finding("the stream begins with a byte order mark", "`data: `", "U+FEFF", "byte 0")
        elif stream.data_without_space:
            actual = f"{stream.data_without_space} line(s) without"
            yield reading.finding("a `data` line has no space after its colon", "`data: `", actual, "data lines")
        elif b"\r" in stream.line_ends:
            yield reading.finding("a line is ended by a bare CR", "LF or CRLF", "CR", "line ends")
        else:
            yield Kept(reading.exchange.id)


@judge
def stream_done(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """The last `data` line of a stream is exactly `[DONE]`, and no other is."""
    for reading in streamed(row, evidence):
        lines = _data_lines(reading)
        if broke_off(reading):
            yield reading.finding("the stream breaks off before `[DONE]`", DONE, shown(lines[-1:]), "end of the stream")
        elif not has_end(reading) or not reading.stream.events or was_busy(reading):
            yield Unjudged("the stream did not run to its end")
        elif lines[-1] != DONE:
            yield reading.finding("the last event is not `[DONE]`", DONE, shown(lines[-1]), "last event")
        elif lines.count(DONE) > 1:
            yield reading.finding("`[DONE]` comes more than once", "once", f"{lines.count(DONE)} times", "data lines")
        else:
            yield Kept(reading.exchange.id)


def _data_lines(reading: Reading) -> list[str]:
    """Return the value of each data line; how lines make events is `stream.framing`'s to judge."""
    dispatched = [line.field[1] for event in reading.stream.events for line in event.data_lines]
    rest = (line.decode(errors="replace").partition(":") for line in _LINE_END.split(reading.stream.undispatched))
    return dispatched + [value.removeprefix(" ") for name, _, value in rest if name == "data"]


@judge
def stream_unbuffered_headers(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A stream's head keeps caches and proxies from holding it back."""
    for reading in streamed(row, evidence):
        caching = reading.header("cache-control")
        if not {"no-cache", "no-store"} & {each.strip().lower() for each in (caching or "").split(",")}:
            actual = caching or "no Cache-Control"
            yield reading.finding("a cache may keep the stream", "no-cache", actual, "header Cache-Control")
        elif (length := reading.header("content-length")) is not None:
            yield reading.finding("a stream declares its length", "no Content-Length", length, "header Content-Length")
        else:
            yield Kept(reading.exchange.id)
