"""Judges which tools an answer calls, and what it says of its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.judges.outcome import Kept, NotApplicable, Unjudged
from conformance.judges.registry import judge
from conformance.judges.streams import has_end, is_error
from conformance.judges.toolcalls import (
    UNOFFERED,
    asks_tools,
    calling,
    calls,
    finish,
    is_cut,
    is_forced,
    not_offered,
    tool_names,
    uncalled,
)
from conformance.judges.values import at, each, integer, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

_OTHER_ENDS = frozenset({"length", "content_filter"})


@judge
def tool_choice_obeyed(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that an accepted tool_choice is obeyed.

    Parameters: `choice` is `named`, `required` or `none`.
    """
    yield from not_offered(row, evidence)
    for reading in evidence.of(row):
        if asks_tools(reading) and _kind(reading) == row.params["choice"]:
            yield _obeyed(reading)


def _kind(reading: Reading) -> str:
    said = reading.word("tool_choice")
    return "named" if isinstance(at(said, "/function/name"), str) else said if isinstance(said, str) else ""


def _obeyed(reading: Reading) -> Outcome:
    if reading.status in UNOFFERED:
        return NotApplicable(f"the target does not offer this tool_choice: status {reading.status}")
    if not _judgeable(reading):
        return Unjudged(f"not judged: status {reading.status}")
    found = calls(reading)
    kind, wanted = _kind(reading), at(reading.word("tool_choice"), "/function/name")
    if kind == "none":
        if not found:
            return Kept(reading.exchange.id)
        return reading.finding(
            "a tool is called although none may be", "no call", shown(_names(reading)), found[0].where
        )
    if not found:
        if any(finish(reading, index) in _OTHER_ENDS for index in range(_choices(reading))):
            return Unjudged("the answer ended before it called a tool")
        what = shown(wanted) if kind == "named" else "a tool"
        return reading.finding("the tool that is demanded is not called", f"a call of {what}", "no call", "/choices")
    other = next((call for call in found if call.names and call.name(tool_names(reading)) != wanted), None)
    if kind == "named" and other:
        where = f"{other.where}/function/name"
        return reading.finding("another tool is called", shown(wanted), shown(other.names[0]), where)
    return Kept(reading.exchange.id)


def _judgeable(reading: Reading) -> bool:
    """Tell whether an answer came to its end, so that what it does not say can be judged."""
    if reading.is_stream:
        broken = any(is_error(chunk) for _, chunk in reading.chunks)
        return has_end(reading) and bool(reading.chunks) and not broken
    return reading.succeeded and reading.whole and bool(each(reading.answer, "/choices/*/message"))


def _choices(reading: Reading) -> int:
    """Return how many choices are to be looked at: as many as were asked for, within reason."""
    return min(max(integer(reading.word("n")) or 1, 1), 128)


def _names(reading: Reading) -> list[str]:
    return [call.name(tool_names(reading)) for call in calls(reading)]


@judge
def tool_calls_single(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that with parallel_tool_calls false no choice has two calls."""
    yield from not_offered(row, evidence)
    for reading in evidence.of(row):
        if not asks_tools(reading) or reading.word("parallel_tool_calls") is not False:
            continue
        found = calls(reading)
        most = max((sum(call.choice == each.choice for each in found) for call in found), default=0)
        if reading.status in UNOFFERED:
            yield NotApplicable(f"the target does not offer parallel_tool_calls: status {reading.status}")
        elif most > 1:
            yield reading.finding("several tools are called", "at most one call", f"{most} calls", found[1].where)
        elif most:
            yield Kept(reading.exchange.id)
        else:
            yield Unjudged("no answer calls a tool")


@judge
def tool_finish(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a choice that calls tools of its own accord ends with `tool_calls`.

    Where a call was forced, OpenAI itself ends with `stop`.
    """
    yield from uncalled(row, evidence)
    for reading, found in calling(row, evidence):
        allowed = {"tool_calls", *_OTHER_ENDS} | ({"stop"} if is_forced(reading) else set())
        for choice in sorted({call.choice for call in found}):
            reason = finish(reading, choice)
            if not isinstance(reason, str):
                yield Unjudged("no answer with calls says why it ends")
            elif reason in allowed:
                yield Kept(reading.exchange.id)
            else:
                where = f"/choices/{choice}/finish_reason"
                yield reading.finding("an answer with calls does not say so", "'tool_calls'", shown(reason), where)


@judge
def tool_call_cut(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a call whose arguments the cap on tokens cuts ends with `length`."""
    yield from uncalled(row, evidence)
    for reading, found in calling(row, evidence):
        for call in found:
            reason = finish(reading, call.choice)
            if reason == "length":
                yield Kept(reading.exchange.id)
            elif reason in ("stop", "tool_calls") and is_cut(reading, call):
                where = f"/choices/{call.choice}/finish_reason"
                message = "the cap cut the arguments of a call, and the answer says that it is complete"
                yield reading.finding(message, "'length'", shown(reason), where)
            else:
                yield Unjudged("no call was cut by the cap on output tokens")


@judge
def tool_calls_equal(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a stream calls what the whole answer to the same request calls; models need not be repeatable."""
    yield from uncalled(row, evidence)
    wholes = {_asked(r): r for r, _ in calling(row, evidence) if not r.is_stream and not r.asks_stream}
    for reading, _ in calling(row, evidence):
        twin = wholes.get(_asked(reading)) if reading.asks_stream and reading.is_stream else None
        if twin is None:
            continue
        here, there = _said(reading), _said(twin)
        if here is None or there is None:
            yield Unjudged("a call did not come to its end")
        elif here == there:
            yield Kept(reading.exchange.id)
        else:
            message = f"the stream calls other than the whole answer {twin.exchange.id}"
            yield reading.finding(message, shown(there), shown(here), "deltas")


def _asked(reading: Reading) -> str:
    sent = reading.sent if isinstance(reading.sent, dict) else {}
    return repr(sorted((name, repr(value)) for name, value in sent.items() if not name.startswith("stream")))


def _said(reading: Reading) -> list[tuple[str, object]] | None:
    found: list[tuple[str, object]] = [(call.name(tool_names(reading)), call.parsed) for call in calls(reading)]
    return None if any(not name or arguments is None for name, arguments in found) else found
