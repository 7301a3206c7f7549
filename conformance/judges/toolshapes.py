"""Judges the shape of tool calls, the same in streamed answers as in whole ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.contract.model import Level
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.toolcalls import calls, each_call, lists, uncalled
from conformance.judges.values import MISSING, each, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading
    from conformance.judges.toolcalls import Call

_TYPES = ("function", "custom")


@judge
def tool_calls_listed(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that `tool_calls` is an array of objects wherever it is not null."""
    yield from uncalled(row, evidence)
    for reading in evidence.of(row):
        for where, said in lists(reading) if reading.succeeded else ():
            if said is None or said == []:
                continue
            if isinstance(said, list) and all(isinstance(entry, dict) for entry in said):
                yield Kept(reading.exchange.id)
            else:
                yield reading.finding("the calls are no array of objects", "an array", shown(said), where)


@judge
def tool_calls_left_out(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a message without calls has no `tool_calls`, rather than an empty array."""
    for reading in evidence.of(row):
        if not reading.succeeded or reading.is_stream:
            continue
        for where, message in each(reading.answer, "/choices/*/message"):
            if isinstance(message, dict) and message.get("tool_calls") == []:
                expected = "no tool_calls: sent back, an empty array is refused by OpenAI"
                yield reading.finding(
                    "a message calls no tool in an empty array", expected, "[]", where + "/tool_calls"
                )
            elif isinstance(message, dict):
                yield Kept(reading.exchange.id)


@judge
def tool_call_id(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that each call has an id that is a text, in its first part."""
    yield from each_call(row, evidence, _id)


def _id(reading: Reading, call: Call) -> Outcome:
    said = call.parts[0].value.get("id", MISSING)
    if isinstance(said, str) and said:
        return Kept(reading.exchange.id)
    return reading.finding("a tool call has no id that is a text", "a text", shown(said), call.where + "/id")


@judge
def tool_call_type(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that each call says its type in its first part; the letter demands it of whole answers only."""
    yield from each_call(row, evidence, _type)


def _type(reading: Reading, call: Call) -> Outcome:
    said = call.parts[0].value.get("type", MISSING)
    if said in _TYPES:
        return Kept(reading.exchange.id)
    level = Level.SHOULD if call.streamed and said is MISSING else None
    return reading.finding("a tool call does not say its type", "'function'", shown(said), call.where + "/type", level)


@judge
def tool_call_name(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that each call names a function."""
    yield from each_call(row, evidence, _name)


def _name(reading: Reading, call: Call) -> Outcome:
    if call.names or call.parts[0].value.get("type") == "custom":
        return Kept(reading.exchange.id)
    said = call.parts[0].function.get("name", MISSING)
    return reading.finding("a tool call names no function", "a name", shown(said), call.where + "/function/name")


@judge
def tool_call_ids_differ(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the calls of an answer have different ids, also than those before in their conversation."""
    yield from uncalled(row, evidence)
    for reading in evidence.of(row):
        found = calls(reading) if reading.succeeded else []
        before = {name for _, name in each(reading.word("messages"), "/*/tool_calls/*/id") if isinstance(name, str)}
        for choice in {call.choice for call in found}:
            yield _ids(reading, [call for call in found if call.choice == choice], before)


def _ids(reading: Reading, found: list[Call], before: set[str]) -> Outcome:
    seen: set[str] = set()
    named = [(call, call.ids[0]) for call in found if call.ids and isinstance(call.ids[0], str)]
    for call, name in named:
        if name in seen:
            return reading.finding("two calls of an answer have one id", "ids that differ", name, call.where + "/id")
        seen.add(name)
    again = next(((call, name) for call, name in named if name in before), None)
    if again:
        message = "a call has the id of an earlier one in its conversation"
        return reading.finding(message, "another id", again[1], again[0].where + "/id", Level.SHOULD)
    return Kept(reading.exchange.id) if len(named) > 1 or (named and before) else Unjudged("no answer has two calls")
