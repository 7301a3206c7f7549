"""Judges the chunks of a stream: their shape, and what must stay the same from one to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.contract.model import Level
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.streams import (
    chat_streamed,
    chunks,
    deltas,
    has_end,
    is_busy,
    is_error,
    is_prelude,
    streamed,
    was_busy,
)
from conformance.judges.values import MISSING, at, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.exchange.eventstream import Event
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading
    from conformance.judges.streams import Delta
    from conformance.report import Finding


@judge
def chunk_schema(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Every chunk of a stream is of the documented schema.

    Parameters: `schema` names a component; `recommended` the component that says what should hold beside.
    """
    for reading in streamed(row, evidence):
        found = [(event, chunk) for event, chunk in chunks(reading) if not is_busy(chunk)]
        if not found:
            yield Unjudged("the stream has no chunk")
            continue
        kept = True
        for name, level in ((row.params.get("schema"), None), (row.params.get("recommended"), Level.SHOULD)):
            if name and kept and (finding := _misshapen(reading, found, name, level)):
                kept = False
                yield finding
        if kept:
            yield Kept(reading.exchange.id)


def _misshapen(reading: Reading, found: list[tuple[Event, Any]], schema: str, level: Level | None) -> Finding | None:
    for event, chunk in found:
        if problem := reading.api.schemas.problem(schema, chunk):
            where = f"event {event.number} {problem.where}".rstrip()
            return reading.finding(problem.message, problem.expected, problem.actual, where, level)
    return None


@judge
def stream_same_id(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Every chunk of a stream has one and the same id, and the ids of two streams differ.

    Parameters: `prelude` lets a stream begin with chunks that have no choices and an empty id.
    """
    seen: dict[str, str] = {}
    for reading in streamed(row, evidence):
        found = _identified(reading, prelude=bool(row.params.get("prelude")))
        if not found:
            yield Unjudged("the stream has no chunk")
            continue
        first = found[0][1]
        other = next(((event, name) for event, name in found if name != first or not isinstance(name, str)), None)
        if other:
            wanted = repr(first) if isinstance(first, str) else "a text"
            yield reading.finding(
                "the chunks of a stream have not one id", wanted, shown(other[1]), f"event {other[0].number} /id"
            )
        elif first in seen:
            yield reading.finding("two streams have the same id", f"another id than in {seen[first]}", first, "/id")
        else:
            seen[first] = reading.exchange.id
            yield Kept(reading.exchange.id)


def _identified(reading: Reading, *, prelude: bool) -> list[tuple[Event, Any]]:
    objects = [(event, chunk) for event, chunk in chunks(reading) if isinstance(chunk, dict) and not is_error(chunk)]
    if prelude:
        objects = [(event, chunk) for event, chunk in objects if not is_prelude(chunk)]
    return [(event, chunk.get("id", MISSING)) for event, chunk in objects]


@judge
def stream_constant(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A field has one value in all chunks of a stream that carry it, a prelude without choices apart.

    Parameters: `pointer` leads to the field in a chunk.
    """
    pointer = str(row.params["pointer"])
    for reading in streamed(row, evidence):
        found = [(event.number, at(chunk, pointer)) for event, chunk in chunks(reading) if not is_prelude(chunk)]
        values = [(number, value) for number, value in found if value is not MISSING]
        other = next(((number, value) for number, value in values if value != values[0][1]), None)
        if not values:
            yield Unjudged(f"no chunk has {pointer}")
        elif other:
            where = f"event {other[0]} {pointer}"
            yield reading.finding("a field changes within a stream", shown(values[0][1]), shown(other[1]), where)
        else:
            yield Kept(reading.exchange.id)


@judge
def stream_finish_last(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Each choice of a stream says why it ended, and adds nothing after that."""
    for reading in streamed(row, evidence):
        found = deltas(reading)
        if not found or was_busy(reading):
            yield Unjudged("the stream has no choice that ran to its end")
            continue
        faults = [_finish_fault(reading, [d for d in found if d.index == i]) for i in {d.index for d in found}]
        yield next((fault for fault in faults if fault), Kept(reading.exchange.id))


def _finish_fault(reading: Reading, choice: list[Delta]) -> Finding | None:
    finish = next((delta for delta in choice if delta.finishes), None)
    if finish is None:
        if not has_end(reading) or any(is_error(chunk) for _, chunk in chunks(reading)):
            return None
        where = f"event {choice[-1].number}, choice {choice[-1].index}"
        return reading.finding("a choice ends without a finish_reason", "a text", shown(choice[-1].finish), where)
    later = next((delta for delta in choice if delta.number > finish.number and delta.adds), None)
    if later is None:
        return None
    return reading.finding(
        f"a choice goes on (event {later.number}) after its finish_reason",
        "null before the last content",
        shown(finish.finish),
        f"event {finish.number}, choice {finish.index}",
    )


@judge
def stream_role_first(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """The first delta of each choice has the role `assistant`."""
    for reading in chat_streamed(row, evidence):
        firsts: dict[int, Delta] = {}
        for delta in deltas(reading):
            firsts.setdefault(delta.index, delta)
        wrong = next((delta for delta in firsts.values() if delta.fields.get("role") != "assistant"), None)
        if not firsts:
            yield Unjudged("the stream has no delta")
        elif wrong:
            actual, where = shown(wrong.fields.get("role", MISSING)), f"event {wrong.number}, choice {wrong.index}"
            yield reading.finding("the first delta does not say whose words follow", "'assistant'", actual, where)
        else:
            yield Kept(reading.exchange.id)
