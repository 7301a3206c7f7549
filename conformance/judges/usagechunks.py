"""Judges when and where streams tell the tokens that they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.judges import faults
from conformance.judges.outcome import Kept, NotApplicable, Unjudged
from conformance.judges.registry import judge
from conformance.judges.streams import chunks, has_end, is_error, streamed
from conformance.judges.values import MISSING, integer, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

Told = list[tuple[int, dict[str, Any]]]
"""The chunks that tell the usage, each with the number of its event."""


@judge
def usage_streamed(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a stream that was asked for its usage tells it before it ends."""
    for reading in evidence.of(row):
        if not asks_usage(reading) or not faults.well_headed(reading):
            continue
        if reading.refused or reading.status == 501:
            yield NotApplicable(f"the target does not offer stream_options: status {reading.status}")
        elif not reading.is_stream or not _ended(reading):
            yield Unjudged("no stream that was asked for its usage ran to its end")
        elif telling(reading):
            yield Kept(reading.exchange.id)
        else:
            message = "a stream that was asked for its usage does not tell it"
            yield reading.finding(message, "a last chunk with usage", "none", "body")


@judge
def usage_once(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a stream that was asked for its usage tells it in one chunk: null or absent in all others."""
    for reading, told in _told(row, evidence):
        if len(told) == 1:
            yield Kept(reading.exchange.id)
        else:
            said = f"events {', '.join(str(number) for number, _ in told[:5])}{' …' if len(told) > 5 else ''}"
            where = f"event {told[0][0]} /usage"
            yield reading.finding("several chunks tell the usage, which clients add up", "one chunk", said, where)


@judge
def usage_apart(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the chunk that tells the usage, of several the last one, has no choices."""
    for reading, told in _told(row, evidence):
        number, chunk = told[-1]
        if chunk.get("choices") == []:
            yield Kept(reading.exchange.id)
        else:
            where = f"event {number} /choices"
            message = "the chunk that tells the usage has choices"
            yield reading.finding(message, "[]", shown(chunk.get("choices", MISSING)), where)


@judge
def usage_unasked(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a stream whose request has no stream options tells no usage."""
    for reading in streamed(row, evidence):
        if reading.word("stream_options") not in (MISSING, None):
            continue
        told = telling(reading)
        if told:
            number, chunk = told[0]
            where = f"event {number} /usage"
            yield reading.finding(
                "a stream tells a usage that was not asked for", "no usage", shown(chunk["usage"]), where
            )
        else:
            yield Kept(reading.exchange.id)


def asks_usage(reading: Reading) -> bool:
    """Tell whether a request asks for a stream that tells its usage."""
    options = reading.word("stream_options")
    return reading.asks_stream and isinstance(options, dict) and options.get("include_usage") is True


def telling(reading: Reading) -> Told:
    """Return the chunks with a usage that counts something; null and an empty object say nothing."""
    return [
        (event.number, chunk)
        for event, chunk in chunks(reading)
        if isinstance(chunk, dict) and isinstance(usage := chunk.get("usage"), dict)
        if any(integer(count) is not None for count in usage.values())
    ]


def _told(row: Requirement, evidence: Evidence) -> Iterator[tuple[Reading, Told]]:
    for reading in streamed(row, evidence):
        if asks_usage(reading) and (told := telling(reading)):
            yield reading, told


def _ended(reading: Reading) -> bool:
    return has_end(reading) and not any(is_error(chunk) for _, chunk in chunks(reading))
