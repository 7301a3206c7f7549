"""Judges whether a target answers whatever it is sent, without failing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.contract import requestfields
from conformance.exchange.model import Ending
from conformance.judges import faults
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

TOLERATED = frozenset({501, 503})
"""Not offered, and busy: neither is a failure of the server."""

_BROKEN = {
    Ending.RESET: "the connection was lost before an answer came",
    Ending.CUT_SHORT: "the answer ends before its framing says",
    Ending.TIMED_OUT: "no complete answer came within the time limit",
    Ending.MALFORMED: "what came back is not HTTP",
}


@judge
def never_fails(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """No request is answered with a 5xx; 501 and 503 are no failures."""
    for reading in _within(row, evidence):
        if not reading.answered:
            continue
        if reading.status >= 500 and reading.status not in TOLERATED:
            request = reading.exchange.request
            yield reading.finding(
                f"{request.method} {reading.path or request.url} is answered with a server error",
                "a 2xx or a 4xx status",
                f"status {reading.status}",
                "status",
            )
        else:
            yield Kept(reading.exchange.id)


@judge
def always_answers(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Every request is answered with a whole HTTP message within the time limit."""
    for reading in _within(row, evidence):
        ending = reading.exchange.ending
        if ending in {Ending.ABANDONED, Ending.REFUSED} or (ending is Ending.CUT_SHORT and _streamed(reading)):
            continue
        if ending in _BROKEN:
            yield reading.finding(_BROKEN[ending], "a whole answer", reading.exchange.detail or str(ending), "ending")
        else:
            yield Kept(reading.exchange.id)


def _streamed(reading: Reading) -> bool:
    return reading.is_stream or reading.asks_stream


def _within(row: Requirement, evidence: Evidence) -> Iterator[Reading]:
    for reading in evidence.readings:
        if reading.operation:
            if reading.operation.id in row.operations:
                yield reading
        elif reading.path is not None:
            yield reading


@judge
def withstands(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """An unusual request is answered with a 2xx or a 4xx within the time limit.

    Parameters: `features` are the features of which such a request has one.
    """
    wanted = set(row.params["features"])
    for reading in evidence.readings:
        operation = reading.operation
        if operation and operation.id in row.operations and wanted & reading.features and faults.well_headed(reading):
            yield endured(reading, evidence, ", ".join(sorted(wanted & reading.features)))


@judge
def endures_wrong_types(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A documented field of another JSON type is refused with 4xx or coerced, never answered with 5xx."""
    for reading in evidence.of(row):
        if faults.well_headed(reading) and (pointer := faults.wrongly_typed(reading, evidence)):
            yield endured(reading, evidence, f"{pointer} of another JSON type")


@judge
def answers_documented_example(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """The documented sample body gets a definite answer: a 2xx or a 4xx with a JSON body.

    Parameters: `example` names the example in the specification.
    """
    for reading in evidence.of(row):
        sample = reading.operation and requestfields.example(
            evidence.api, reading.operation, str(row.params["example"])
        )
        if sample is None or reading.sent != sample or not faults.well_headed(reading):
            continue
        outcome = endured(reading, evidence, "the documented sample")
        if isinstance(outcome, Kept) and reading.whole and not reading.is_stream and not reading.answer_text.ok:
            found = shown(reading.body[:200].decode(errors="replace"))
            yield reading.finding("the answer to the documented sample is no JSON", "a JSON body", found, "body")
        else:
            yield outcome


def endured(reading: Reading, evidence: Evidence, what: str) -> Outcome:
    """Return what an answer to a request amounts to that may be accepted or refused, but must be answered."""
    operation = reading.operation
    if operation is None or not evidence.is_offered(operation) or not evidence.accepts(operation):
        return Unjudged(f"no documented request was accepted at {operation.path if operation else reading.path}")
    if reading.limited or reading.status == 501 or reading.exchange.ending in {Ending.REFUSED, Ending.ABANDONED}:
        return Unjudged(f"not judged: {reading.status or reading.exchange.detail}")
    if not reading.answered or reading.exchange.ending is Ending.TIMED_OUT:
        text = _BROKEN.get(reading.exchange.ending, "no answer came")
        return reading.finding(f"{what}: {text}", "a 2xx or a 4xx status", reading.exchange.detail, "ending")
    if reading.succeeded or 400 <= reading.status < 500:
        return Kept(reading.exchange.id)
    return reading.finding(f"{what}: a server error", "a 2xx or a 4xx status", f"status {reading.status}", "status")
