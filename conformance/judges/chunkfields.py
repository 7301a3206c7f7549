"""Judges fields of the chunks of a stream that no schema can judge, or that schemas let pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.exchange.eventstream import Event
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.reading import Reading
from conformance.judges.registry import judge
from conformance.judges.streams import choices, choices_asked, chunks, is_error, is_prelude, streamed
from conformance.judges.values import integer, number, shown
from conformance.report import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome

_DAY = 86_400.0
"""Seconds that the clocks of client and server may be apart."""
_MILLISECONDS = 1e11
"""No time in seconds within the next millennia is as large."""

_Seek = Callable[[Reading, Event, dict[str, Any]], Finding | None]


def _each_chunk(row: Requirement, evidence: Evidence, seek: _Seek) -> Iterator[Outcome]:
    """Yield for each stream the first thing that is found in one of its chunks that are objects."""
    for reading in streamed(row, evidence):
        objects = [(event, chunk) for event, chunk in chunks(reading) if isinstance(chunk, dict)]
        if not objects:
            yield Unjudged("the stream has no chunk")
            continue
        findings = (seek(reading, event, chunk) for event, chunk in objects)
        yield next((found for found in findings if found), Kept(reading.exchange.id))


@judge
def stream_without_empty_error(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """No chunk has an error member that says nothing."""
    yield from _each_chunk(row, evidence, _empty_error)


def _empty_error(reading: Reading, event: Event, chunk: dict[str, Any]) -> Finding | None:
    if "error" not in chunk or chunk["error"]:
        return None
    message = "a chunk that is no error has a member error, which clients take for a failure"
    return reading.finding(message, "no error", shown(chunk["error"]), f"event {event.number} /error")


@judge
def stream_delta_alone(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """No choice of a chunk has a message beside its delta."""
    yield from _each_chunk(row, evidence, _message_too)


def _message_too(reading: Reading, event: Event, chunk: dict[str, Any]) -> Finding | None:
    for place, choice in enumerate(choices(chunk)):
        if "delta" in choice and "message" in choice:
            where = f"event {event.number} /choices/{place}/message"
            return reading.finding(
                "a choice has a message beside its delta", "no message", shown(choice["message"]), where
            )
    return None


@judge
def stream_index(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Every index that is a number is one of those that the request asks for."""
    yield from _each_chunk(row, evidence, _index_beyond)


def _index_beyond(reading: Reading, event: Event, chunk: dict[str, Any]) -> Finding | None:
    asked = choices_asked(reading)
    for place, choice in enumerate(choices(chunk)):
        index = integer(choice.get("index"))
        if index is not None and not 0 <= index < asked:
            expected = "0" if asked == 1 else f"0 to {asked - 1}"
            where = f"event {event.number} /choices/{place}/index"
            return reading.finding("a choice has an index that was not asked for", expected, shown(index), where)
    return None


@judge
def stream_created_now(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """The time of creation is within a day of the exchange; what is no number is another promise's."""
    for reading in streamed(row, evidence):
        found = [
            (event, seconds)
            for event, chunk in chunks(reading)
            if isinstance(chunk, dict) and not is_prelude(chunk) and not is_error(chunk)
            if (seconds := number(chunk.get("created"))) is not None
        ]
        if not found or not reading.exchange.started:
            yield Unjudged("no chunk has a time of creation, or the time of the exchange is not known")
            continue
        wrong = next(((e, s) for e, s in found if abs(s - reading.exchange.started) > _DAY), None)
        yield _not_now(reading, *wrong) if wrong else Kept(reading.exchange.id)


def _not_now(reading: Reading, event: Event, seconds: float) -> Finding:
    message = "created is in another unit than seconds" if seconds > _MILLISECONDS else "created is not now"
    expected = f"Unix time in seconds, within a day of {reading.exchange.started:.0f}"
    return reading.finding(message, expected, f"{seconds:.15g}", f"event {event.number} /created")


@judge
def stream_begins_with_choice(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """The first chunk of a stream has a choice, unless it is an error."""
    for reading in streamed(row, evidence):
        event, chunk = next(iter(chunks(reading)), (None, None))
        if event is None or is_error(chunk):
            yield Unjudged("the stream has no chunk")
        elif isinstance(chunk, dict) and chunk.get("choices") == []:
            where = f"event {event.number} /choices"
            yield reading.finding("the first chunk has no choice", "a choice", "[]", where)
        else:
            yield Kept(reading.exchange.id)
