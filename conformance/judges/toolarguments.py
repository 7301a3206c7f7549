"""Judges the arguments of tool calls, the same in streamed answers as in whole ones."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from conformance.exchange import jsontext
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.toolcalls import each_call, ended, is_cut, values
from conformance.judges.values import MISSING, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading
    from conformance.judges.toolcalls import Call


@judge
def tool_arguments_text(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the arguments of a call are a text, whole or in fragments."""
    yield from each_call(row, evidence, _text)


def _text(reading: Reading, call: Call) -> Outcome:
    if call.parts[0].value.get("type") == "custom":
        return Kept(reading.exchange.id)
    for part in call.parts:
        said = part.function.get("arguments", MISSING)
        silent = call.streamed and (said is MISSING or said is None)  # a delta may say nothing
        if not isinstance(said, str) and not silent:
            where = f"{part.where}/function/arguments"
            return reading.finding("the arguments of a tool call are no text", "a JSON text", shown(said), where)
    return Kept(reading.exchange.id)


@judge
def tool_arguments_once(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the arguments of a finished call are encoded once, and that fragments do not repeat each other."""
    yield from each_call(row, evidence, _once)


def _once(reading: Reading, call: Call) -> Outcome:
    text, where = call.arguments, f"{call.where}/function/arguments"
    if text is None or not text.strip() or not ended(reading, call.choice):
        return Unjudged("no finished call has arguments")
    found = values(text)
    inner = jsontext.parse(found[0]) if len(found) == 1 and isinstance(found[0], str) else None
    if inner and inner.ok and isinstance(inner.value, dict):
        return reading.finding("the arguments are encoded twice", "one JSON object", shown(text), where)
    if len(found) > 1 and all(isinstance(value, dict) for value in found):
        return reading.finding("the arguments are several JSON texts in a row", "one", shown(text), where)
    if _cumulative(call):
        message = "each fragment of the arguments repeats the one before it"
        return reading.finding(message, "fragments that add up", shown(text), where)
    return Kept(reading.exchange.id)


def _cumulative(call: Call) -> bool:
    said = [fragment for fragment in call.fragments if fragment]
    repeats = all(later.startswith(before) for before, later in pairwise(said))
    return len(said) > 1 and repeats and isinstance(jsontext.parse(said[-1]).value, dict)


@judge
def tool_arguments_said(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a finished call without arguments says `{}`, which can be parsed, rather than nothing."""
    yield from each_call(row, evidence, _said)


def _said(reading: Reading, call: Call) -> Outcome:
    if not ended(reading, call.choice) or call.parts[0].value.get("type") == "custom":
        return Unjudged("no call came to its end")
    if (call.arguments is None and call.fragments) or not call.parts[0].function:
        return Unjudged("no call has arguments that are a text")
    if (call.arguments or "").strip():
        return Kept(reading.exchange.id) if call.parsed == {} else Unjudged("every call has arguments")
    if not call.streamed and call.arguments is None:
        return Unjudged("no call has arguments that are a text")
    where = f"{call.where}/function/arguments"
    return reading.finding("a call without arguments says nothing", "'{}'", shown(call.arguments), where)


@judge
def tool_arguments_valid(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the arguments of a finished call are a JSON object: a model may fail at that."""
    yield from each_call(row, evidence, _valid)


def _valid(reading: Reading, call: Call) -> Outcome:
    if isinstance(_once(reading, call), Kept) and not is_cut(reading, call):
        if call.parsed is not None:
            return Kept(reading.exchange.id)
        where = f"{call.where}/function/arguments"
        return reading.finding("the arguments are no JSON object", "a JSON object", shown(call.arguments), where)
    return Unjudged("no finished call has arguments that are one text")
