"""Judges when an answer is streamed: where it is asked for, nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.judges.outcome import Kept, NotApplicable, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Operation, Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading


@judge
def stream_offered(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A documented request for a stream is answered with an event stream."""
    for name in row.operations:
        operation = evidence.api.operation(name)
        if operation.streams == "on-request" and not evidence.is_offered(operation):
            yield NotApplicable(f"not offered: {operation.method} {operation.path}")
            continue
        asked = evidence.proper(operation, also=lambda reading: reading.word("stream") is True)
        succeeded = [reading for reading in asked if reading.succeeded]
        if succeeded:
            yield from (_streamed(reading) for reading in succeeded)
        else:
            yield _refused(operation, asked, evidence)


def _streamed(reading: Reading) -> Outcome:
    if reading.is_stream:
        return Kept(reading.exchange.id)
    if not reading.whole:
        return Unjudged("the answer did not arrive whole")
    return reading.finding(
        "the answer to a request for a stream is no event stream",
        "events (lines that begin with `data: `)",
        f"{reading.media_type or 'no media type'}: {shown(reading.body.decode(errors='replace'))}",
        "body",
    )


def _refused(operation: Operation, asked: list[Reading], evidence: Evidence) -> Outcome:
    told = next((reading for reading in asked if not reading.limited and not reading.about_model), None)
    if told is None:
        return Unjudged(f"no documented request for a stream to {operation.path} was answered")
    if operation.streams == "on-request" and not any(r.succeeded for r in evidence.proper(operation)):
        return Unjudged(f"the plain request to {operation.path} is refused as well")
    return told.finding(
        f"{operation.method} {operation.path} refuses every documented request for a stream",
        f"a success status ({', '.join(operation.success)})",
        f"status {told.status}: {shown(told.body.decode(errors='replace'))}",
        "status",
    )


@judge
def stream_off_by_default(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A request that does not ask for a stream is answered with one JSON object."""
    for reading in evidence.of(row):
        if reading.asks_stream or not reading.succeeded or not reading.whole:
            continue
        if reading.is_stream:
            yield reading.finding(
                "the answer is streamed although no stream was asked for", "one JSON object", "an event stream", "body"
            )
        elif isinstance(reading.answer, dict):
            yield Kept(reading.exchange.id)


@judge
def stream_whatever_flag(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """An operation that is the stream streams also where the request's flag is false or absent."""
    for reading in evidence.of(row):
        if not reading.asks_stream or reading.word("stream") is True or not reading.proper:
            continue
        flag = "false" if reading.word("stream") is False else "absent"
        if reading.is_stream:
            yield Kept(reading.exchange.id)
        elif reading.limited or reading.about_model or not evidence.accepts(reading.operation):  # type: ignore[arg-type]
            yield Unjudged(f"not judged: status {reading.status}")
        elif reading.whole:
            actual = f"status {reading.status}, {reading.media_type or 'no media type'}"
            yield reading.finding(f"with the flag {flag} there is no stream", "an event stream", actual, "body")


@judge
def stream_flag_consistent(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Where an operation that is no stream is asked for one, it answers with a stream or with JSON, always the same."""
    known: dict[str, str] = {}
    for reading in evidence.of(row):
        if reading.asks_stream or reading.word("stream") is not True or not reading.proper:
            continue
        if reading.limited or reading.status >= 500 or reading.about_model or not (reading.whole or reading.is_stream):
            yield Unjudged(f"not judged: status {reading.status}")
            continue
        form = _form(reading)
        first = known.setdefault(reading.operation.id if reading.operation else "", form)
        if form in {"an event stream", "a JSON object"} and form == first:
            yield Kept(reading.exchange.id)
        else:
            wanted = first if form != first else "an event stream or a JSON object"
            yield reading.finding("asked for a stream, the operation answers otherwise", wanted, form, "body")


def _form(reading: Reading) -> str:
    if reading.is_stream:
        return "an event stream"
    if reading.succeeded and isinstance(reading.answer, dict):
        return "a JSON object"
    return f"status {reading.status}: {shown(reading.body.decode(errors='replace'))}"
