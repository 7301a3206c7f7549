"""Judges how JSON is declared and written in both directions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.contract.model import Level
from conformance.exchange.jsontext import Fault
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

_READABLE = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
"""Content codings that an exchange undoes."""


@judge
def json_declared(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A JSON body is declared as JSON, and is one JSON text in UTF-8 (RFC 8259).

    Parameters: with `always = true` every body that is no stream is to be JSON, else successful ones, and those that
    look like JSON. A member named twice is a should. `errors` is the level of how an error's body is declared.
    """
    for reading in evidence.of(row):
        if _is_judged(reading) and (_must_be_json(row, reading) or looks_like_json(reading)):
            yield from _declared(row, reading)


def _is_judged(reading: Reading) -> bool:
    coding = (reading.header("content-encoding") or "").strip().lower()
    streamed = reading.is_stream or reading.media_type == "text/event-stream"
    if streamed or (reading.asks_stream and reading.succeeded) or reading.limited:
        return False
    return reading.whole and bool(reading.body) and coding in _READABLE and reading.exchange.request.method != "HEAD"


def _must_be_json(row: Requirement, reading: Reading) -> bool:
    # What a server in trouble says (5xx) is judged as an error; it is judged here where it means to be JSON.
    return reading.succeeded or (reading.status < 500 and bool(row.params.get("always")))


def looks_like_json(reading: Reading) -> bool:
    """Tell whether a body is declared as JSON, or begins as an object or an array does."""
    return is_json_type(reading.media_type) or reading.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}


def is_json_type(media_type: str) -> bool:
    """Tell whether a media type in lower case is JSON's, or one that says `+json` (RFC 6839 § 3.1)."""
    return media_type == "application/json" or media_type.endswith("+json")


def _declared(row: Requirement, reading: Reading) -> Iterator[Outcome]:
    text = reading.answer_text
    if text.problem and text.problem.fault is Fault.TOO_DEEP:
        yield Unjudged("the answer nests deeper than is read")
    elif text.problem:
        said = shown(reading.body[:80].decode(errors="replace"))
        yield reading.finding(
            f"the body is no JSON text: {text.problem.message}", "a JSON text in UTF-8 (RFC 8259)", said, "body"
        )
    elif not is_json_type(reading.media_type):
        said = reading.media_type or "no content type"
        level = Level(row.params["errors"]) if reading.status >= 400 and "errors" in row.params else None
        yield reading.finding(
            "a JSON body is not declared as JSON", "application/json", said, "response header Content-Type", level
        )
    elif text.duplicate_keys:
        names = ", ".join(text.duplicate_keys)
        message = "a member of an object is named twice (RFC 8259 § 4)"
        yield reading.finding(message, "each name once", names, f"body {text.duplicate_keys[0]}", Level.SHOULD)
    else:
        yield Kept(reading.exchange.id)


@judge
def wrong_type_refused(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A JSON body that is declared as another media type is refused with 4xx."""
    for reading in evidence.of(row):
        if _mistyped(reading):
            yield _refused(evidence, reading)


def _mistyped(reading: Reading) -> bool:
    media_type = (reading.exchange.request.header("content-type") or "").partition(";")[0].strip().lower()
    wrong = bool(media_type) and not is_json_type(media_type) and not media_type.startswith("multipart/")
    presented = reading.credential == "valid" and not reading.missing_companions
    return wrong and presented and reading.sent_text.ok


def _refused(evidence: Evidence, reading: Reading) -> Outcome:
    operation = reading.operation
    if operation is None or reading.limited or not evidence.accepts(operation):
        return Unjudged("no documented request to the operation is accepted")
    if reading.refused:
        return Kept(reading.exchange.id)
    declared = reading.exchange.request.header("content-type") or ""
    message = f"a body declared as {declared} is not refused"
    return reading.finding(message, "status 4xx (415 or 400)", f"status {reading.status}", "status")
