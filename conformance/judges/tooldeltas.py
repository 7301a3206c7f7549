"""Judges the deltas of streamed tool calls: how they are numbered, and what each of them says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.streams import chunks, deltas, streamed
from conformance.judges.toolcalls import calling, lists, tool_names, uncalled
from conformance.judges.values import MISSING, integer, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading
    from conformance.judges.toolcalls import Call
    from conformance.report import Finding

_LATER = ("id", "type")


@judge
def tool_index(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that each delta of a call says the call's number as an integer."""
    yield from uncalled(row, evidence)
    for reading, found in _streams(row, evidence):
        for call in found:
            wrong = next((part for part in call.parts if integer(part.value.get("index")) is None), None)
            if wrong is None:
                yield Kept(reading.exchange.id)
            else:
                said = shown(wrong.value.get("index", MISSING))
                yield reading.finding("a delta of a tool call has no index", "an integer", said, f"{wrong.where}/index")


@judge
def tool_index_counts(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the calls of a streamed choice are numbered from 0, each with a number of its own."""
    yield from uncalled(row, evidence)
    for reading, found in _streams(row, evidence):
        for choice in {call.choice for call in found}:
            yield _counted(reading, [call for call in found if call.choice == choice])


def _counted(reading: Reading, found: list[Call]) -> Outcome:
    numbers = [call.parts[0].index for call in found]
    if None in numbers:
        return Unjudged("the calls of a stream have no index")
    twice = next((call for place, call in enumerate(found) if numbers[place] in numbers[:place]), None)
    if twice:
        expected, actual = "an index for each", f"index {twice.parts[0].index} again, with another id"
        return reading.finding("two calls have one index", expected, actual, f"{twice.where}/index")
    if sorted(number for number in numbers if number is not None) == list(range(len(numbers))):
        return Kept(reading.exchange.id)
    where = f"{found[0].where}/index"
    return reading.finding("the calls are not numbered from 0", f"0 to {len(numbers) - 1}", shown(numbers), where)


@judge
def tool_id_stable(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a streamed call keeps its id."""
    yield from uncalled(row, evidence)
    for reading, found in _streams(row, evidence):
        for call in found:
            other = next((name for name in call.ids if name != call.ids[0]), None)
            if other is None:
                yield Kept(reading.exchange.id)
            else:
                where = f"{call.where}/id"
                yield reading.finding("the id of a call changes", shown(call.ids[0]), shown(other), where)


@judge
def tool_id_once(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that only the first delta of a call says its id: accumulating clients join what they get."""
    yield from uncalled(row, evidence)
    for reading, found in _streams(row, evidence):
        for call in found:
            if len(set(map(repr, call.ids))) > 1:
                yield Unjudged("the id of a call changes")
            elif len(call.ids) > 1:
                actual = f"{len(call.ids)} times {shown(call.ids[0])}"
                yield reading.finding("the id of a call is said again", "once", actual, f"{call.where}/id")
            else:
                yield Kept(reading.exchange.id)


@judge
def tool_name_once(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the name of a streamed call is not said again: clients join what they get."""
    yield from uncalled(row, evidence)
    for reading, found in _streams(row, evidence):
        for call in found:
            if len(call.names) > 1 and not _fragmented(reading, call):
                actual = f"{len(call.names)} times {shown(call.names[0])}"
                yield reading.finding("the name of a call is said again", "once", actual, f"{call.where}/function/name")
            else:
                yield Kept(reading.exchange.id)


@judge
def tool_name_whole(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the first delta of a call has its whole name: many clients take no more."""
    yield from uncalled(row, evidence)
    for reading, found in _streams(row, evidence):
        for call in found:
            if _fragmented(reading, call):
                where = f"{call.where}/function/name"
                yield reading.finding(
                    "the name of a call comes in pieces", "".join(call.names), shown(call.names), where
                )
            else:
                yield Kept(reading.exchange.id)


def _fragmented(reading: Reading, call: Call) -> bool:
    return len(call.names) > 1 and "".join(call.names) in tool_names(reading)


@judge
def tool_deltas_without_null(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a delta of a call leaves out what it does not say, rather than saying null."""
    yield from uncalled(row, evidence)
    for reading, found in _streams(row, evidence):
        for call in found:
            yield _null(reading, call) or Kept(reading.exchange.id)


def _null(reading: Reading, call: Call) -> Finding | None:
    for place, part in enumerate(call.parts):
        names = [name for name in _LATER if place and part.value.get(name, MISSING) is None]
        names += ["function/name"] if place and part.function.get("name", MISSING) is None else []
        names += ["function/arguments"] if part.function.get("arguments", MISSING) is None else []
        if names:
            return reading.finding(
                "a delta of a call says null", "nothing where it says nothing", "null", f"{part.where}/{names[0]}"
            )
    return None


@judge
def tool_deltas_without_empty(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a delta without calls has no `tool_calls`, neither null nor empty."""
    for reading in streamed(row, evidence):
        empty = next(((where, said) for where, said in lists(reading) if said is None or said == []), None)
        if empty:
            yield reading.finding("a delta without calls has tool_calls", "no tool_calls", shown(empty[1]), empty[0])
        elif chunks(reading) and deltas(reading):
            yield Kept(reading.exchange.id)


def _streams(row: Requirement, evidence: Evidence) -> Iterator[tuple[Reading, list[Call]]]:
    return ((reading, found) for reading, found in calling(row, evidence) if reading.is_stream)
