"""Judges where a target tells of an error: in the status, before a stream, within one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.contract.model import Level
from conformance.judges.outcome import Kept, NotApplicable
from conformance.judges.registry import judge
from conformance.judges.streams import chunks, is_error
from conformance.judges.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.exchange.eventstream import Event
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

_RESULTS = ("choices", "data")
"""Members of what is no error: an answer, a list."""
_ERROR_NAMES = ("detail", "error_code", "error_message", "errors")
"""Members by which errors of other formats are known."""
_BESIDE_MESSAGE = ("code", "type", "status", "statusCode")
"""Members that make an error of a message."""


@judge
def error_has_status(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """No success status comes with a JSON body that is an error."""
    for reading in evidence.of(row):
        if not reading.succeeded or not reading.whole or not isinstance(reading.answer, dict):
            continue
        if is_bare_error(reading.answer):
            said = f"status {reading.status}, {shown(reading.answer)}"
            yield reading.finding("an error comes with a success status", "a 4xx or a 5xx status", said, "status")
        else:
            yield Kept(reading.exchange.id)


def is_bare_error(value: object) -> bool:
    """Tell whether a JSON value is an error, in OpenAI's envelope or flat as old servers have it, and nothing else."""
    if not isinstance(value, dict) or any(value.get(name) for name in _RESULTS):
        return False
    return value.get("object") == "error" or (isinstance(error := value.get("error"), dict | str) and bool(error))


@judge
def error_before_stream(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """An error that is known before a stream has any content is told by the status, not by an event.

    Of a request that the documents promise to answer it is only recommended: a server may learn of it late.
    """
    for reading in evidence.of(row):
        if not reading.asks_stream or reading.credential != "valid":
            continue
        if reading.status >= 400 and not reading.limited:
            yield Kept(reading.exchange.id)
        elif reading.is_stream and (found := _opening_error(reading)):
            event, chunk = found
            level = max(Level.SHOULD, row.level, key=lambda level: level.rank) if reading.proper else None
            yield reading.finding(
                "an error is told in a stream that has no content before it",
                "a 4xx or a 5xx status",
                f"status {reading.status}, then {shown(chunk)}",
                f"event {event.number}",
                level,
            )
        elif reading.succeeded:
            yield NotApplicable("no request for a stream was refused")


def _opening_error(reading: Reading) -> tuple[Event, Any] | None:
    for event, chunk in chunks(reading):
        if is_error(chunk) or event.type == "error":
            return event, chunk
        if _has_content(chunk):
            return None
    return None


def _has_content(chunk: object) -> bool:
    """Tell whether a chunk has more than a role in any choice."""
    choices = chunk.get("choices") if isinstance(chunk, dict) else None
    for choice in choices if isinstance(choices, list) else ():
        delta = choice.get("delta") if isinstance(choice, dict) else None
        if not isinstance(choice, dict) or choice.get("text") or choice.get("finish_reason"):
            return True
        if isinstance(delta, dict) and any(value for name, value in delta.items() if name != "role"):
            return True
    return False


@judge
def error_within_stream(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """An error within a stream is the data of an event, with an object error that has a message.

    Official SDKs look for the member error only, so an error of another form is taken for a chunk without choices.
    """
    for reading in evidence.of(row):
        if not reading.asks_stream or not reading.is_stream or not (found := chunks(reading)):
            continue
        yield next(_misplaced(reading, found), None) or Kept(reading.exchange.id)


def _misplaced(reading: Reading, found: list[tuple[Event, Any]]) -> Iterator[Outcome]:
    for event, chunk in found:
        where = f"event {event.number}"
        if is_error(chunk):
            error = chunk["error"]
            if not isinstance(error, dict) or not isinstance(error.get("message"), str):
                message = "the error within a stream is no object with a message"
                yield reading.finding(message, "error with a message", shown(error), f"{where} /error", Level.SHOULD)
        elif _looks_like_error(event, chunk):
            message = "an error within a stream has no member error, so that SDKs take it for an answer"
            yield reading.finding(message, '{"error": {"message": …}}', shown(chunk), where)


def _looks_like_error(event: Event, chunk: object) -> bool:
    if not isinstance(chunk, dict) or "choices" in chunk:
        return False
    if event.type == "error" or "error" in (chunk.get("object"), chunk.get("type")):
        return True
    named = isinstance(chunk.get("message"), str) and any(name in chunk for name in _BESIDE_MESSAGE)
    return named or any(chunk.get(name) for name in _ERROR_NAMES)
