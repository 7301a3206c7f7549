"""Judges where an answer ends that a stop text ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.semantictexts import said, same_question
from conformance.judges.values import MISSING, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading
    from conformance.judges.semantictexts import Said


@judge
def stop_never_streamed(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the text of a stream has none of the stop texts of its request."""
    for reading in evidence.of(row):
        if not reading.is_stream:
            continue
        for stops, answer in _stopped(reading):
            found = next((stop for stop in stops if stop in answer.text), None)
            if found is None:
                yield Kept(reading.exchange.id)
            else:
                yield reading.finding(
                    "a stop text stands in the stream", f"no {shown(found)}", shown(answer.text), answer.where
                )


@judge
def stop_cuts_clean(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that an answer does not end with the beginning of the stop text that ended it.

    What stands before the stop text is known from the answer to the same request without one.
    """
    free = [reading for reading in evidence.of(row) if reading.word("stop") in (MISSING, None)]
    for reading in evidence.of(row):
        for stops, answer in _stopped(reading):
            known = [text for text in _before(reading, free, stops) if answer.text.startswith(text.rstrip())]
            before = max(known, key=len, default=None)
            rest = answer.text[len(before) :] if before else ""
            if before is None or answer.finish != "stop" or any(stop in answer.text for stop in stops):
                yield Unjudged("no answer to the same request tells where the stop text begins")
            elif rest and any(stop.startswith(rest) for stop in stops):
                yield reading.finding(
                    "the answer ends with the beginning of the stop text",
                    shown(before),
                    shown(answer.text),
                    answer.where,
                )
            else:
                yield Kept(reading.exchange.id)


def _before(reading: Reading, free: list[Reading], stops: list[str]) -> Iterator[str]:
    """Yield what answers without stop texts say before the first of these."""
    for other in free:
        if same_question(reading, other):
            for answer in said(other):
                places = [answer.text.index(stop) for stop in stops if stop in answer.text]
                first = min(places, default=0)
                if first:
                    yield answer.text[:first]


def _stopped(reading: Reading) -> list[tuple[list[str], Said]]:
    """Return the choices of an answer to a request with stop texts, with those."""
    several: Any = reading.word("stop")
    stops = [stop for stop in (several if isinstance(several, list) else [several]) if isinstance(stop, str) and stop]
    return [(stops, answer) for answer in said(reading)] if stops else []
