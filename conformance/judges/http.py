"""Judges whether answers are whole and well-formed HTTP messages (RFC 9110, RFC 9112)."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

from conformance.exchange.model import Ending, Notice, Unseen
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.streams import DONE, broke_off
from conformance.judges.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

GZIP = frozenset({"gzip", "x-gzip"})
_GZIP_MAGIC = b"\x1f\x8b\x08"
_TEXTUAL = ("text/", "application/json", "application/problem+json")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def within(row: Requirement, evidence: Evidence) -> Iterator[Reading]:
    """Yield the readings of a requirement's operations, with those of unknown paths of the API."""
    for reading in evidence.readings:
        if reading.operation.id in row.operations if reading.operation else reading.path is not None:
            yield reading


def _as_sent(row: Requirement, evidence: Evidence) -> Iterator[Reading]:
    """Yield those of them of which the recording shows how they were framed and coded."""
    return (reading for reading in within(row, evidence) if Unseen.WIRE not in reading.exchange.unseen)


@judge
def http_well_formed(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """What comes back is an HTTP message: status line, field lines and chunk sizes as the standard writes them."""
    for reading in _as_sent(row, evidence):
        exchange = reading.exchange
        headers = exchange.response.headers if exchange.response else ()
        bad = next((name for name, value in headers if _CONTROL.search(value)), None)
        if exchange.ending is Ending.MALFORMED:
            yield reading.finding("what came back is not HTTP", "an HTTP/1.1 message", exchange.detail, "message")
        elif Notice.FOLDED in exchange.noticed:
            message = "a header field goes on over a second line (RFC 9112 § 5.2)"
            yield reading.finding(message, "one line a field", "obsolete line folding", "response head")
        elif bad:
            value = shown(reading.header(bad))
            yield reading.finding("a header value has a control character", "visible text", value, f"header {bad}")
        elif reading.answered:
            yield Kept(exchange.id)


@judge
def http_message_whole(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A body is as long as its framing says: Content-Length, or chunks up to the last one.

    A stream that breaks off before `[DONE]` is left to the requirements of streams.
    """
    for reading in within(row, evidence):
        if reading.exchange.ending is Ending.CUT_SHORT and not _breaks_off(reading):
            detail = reading.exchange.detail or "the connection was lost"
            yield reading.finding("the body ends before its framing says", "a whole body", detail, "end of the body")
        elif reading.answered and reading.whole and Unseen.WIRE not in reading.exchange.unseen:
            yield Kept(reading.exchange.id)


def _breaks_off(reading: Reading) -> bool:
    return reading.asks_stream and reading.is_stream and broke_off(reading)


@judge
def http_nothing_after(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Nothing follows a message on its connection: a body is not longer than its framing says."""
    for reading in _as_sent(row, evidence):
        if Notice.SURPLUS in reading.exchange.noticed:
            declared = reading.header("content-length")
            expected = f"{declared} bytes of body" if declared else "nothing after the last chunk"
            yield reading.finding("bytes follow the end of the message", expected, "more bytes", "end of the body")
        elif reading.answered and reading.whole:
            yield Kept(reading.exchange.id)


@judge
def http_content_coding(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A body is coded as its Content-Encoding says: gzip where it says gzip, plain where it says nothing."""
    for reading in _as_sent(row, evidence):
        response = reading.exchange.response
        raw = b"".join(piece.data for piece in response.pieces) if response else b""
        if not raw:
            continue
        coding = coding_of(reading)
        if coding in GZIP:
            yield _gunzipped(reading, raw)
        elif not coding and raw.startswith(_GZIP_MAGIC) and reading.media_type.startswith(_TEXTUAL):
            message = "a gzip body is not declared as one"
            yield reading.finding(message, "Content-Encoding: gzip", "no Content-Encoding", "header Content-Encoding")
        elif not coding:
            yield Kept(reading.exchange.id)


def coding_of(reading: Reading) -> str:
    """Return the declared content coding in lower case, empty where there is none."""
    said = (reading.header("content-encoding") or "").strip().lower()
    return "" if said == "identity" else said


def _gunzipped(reading: Reading, raw: bytes) -> Outcome:
    undo = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        undo.decompress(raw)
    except zlib.error as error:
        message = "a body that is declared as gzip is none"
        found = f"{shown(raw[:24])} ({error})"
        return reading.finding(message, "a gzip member (RFC 1952)", found, "header Content-Encoding")
    if undo.eof or not reading.whole:
        return Kept(reading.exchange.id)
    if reading.is_stream:  # each event can be read, only the trailer of the coding is not there
        return Unjudged("a coded stream was flushed, not finished")
    return reading.finding("a gzip body is cut short", "a whole gzip member", f"{len(raw)} bytes", "end of the body")


@judge
def http_coding_accepted(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """The content coding of an answer is one that the request accepts."""
    for reading in _as_sent(row, evidence):
        accepted = reading.exchange.request.header("accept-encoding")
        if accepted is None or not reading.answered:
            continue
        coding = coding_of(reading)
        if coding and not _accepts(accepted, coding):
            where = "header Content-Encoding"
            yield reading.finding("the answer has a coding that was not accepted", accepted, coding, where)
        else:
            yield Kept(reading.exchange.id)


def _accepts(said: str, coding: str) -> bool:
    """Tell whether an Accept-Encoding value takes a coding (RFC 9110 § 12.5.3)."""
    weights: dict[str, bool] = {}
    for member in said.lower().split(","):
        name, _, weight = member.replace(" ", "").replace("\t", "").partition(";q=")
        weights[name] = re.fullmatch(r"0(\.0*)?", weight) is None
    return weights.get(coding.removeprefix("x-"), weights.get("*", False))


@judge
def http_stays_open(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A connection that the client asks to keep is not closed right after an answer that does not announce it."""
    for reading in within(row, evidence):
        if Notice.CLOSED in reading.exchange.noticed:
            message = "the connection is closed right after an answer that does not say so"
            expected = "Connection: close, or an open connection"
            yield reading.finding(message, expected, "closed without notice", "end of the message")
        elif Notice.KEPT in reading.exchange.noticed or _announces_close(reading):
            yield Kept(reading.exchange.id)


def _announces_close(reading: Reading) -> bool:
    return "close" in (reading.header("connection") or "").lower() and reading.whole


@judge
def http_stream_ends(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """The message of a stream ends with its `[DONE]`, not only when the client gives up."""
    for reading in evidence.of(row):
        if not (reading.asks_stream and reading.is_stream and reading.whole and reading.exchange.timed):
            continue
        if Notice.HELD in reading.exchange.noticed:
            message = "the message is not ended after `[DONE]`"
            yield reading.finding(message, "the last chunk, or the end", reading.exchange.detail, "end of the stream")
        elif any(event.data == DONE for event in reading.stream.events):
            yield Kept(reading.exchange.id)
