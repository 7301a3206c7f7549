"""Judges what a whole chat answer does with the options of its request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.contract.schema import Schemas
from conformance.exchange import jsontext
from conformance.judges.outcome import Kept, NotApplicable, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import MISSING, at, each, integer, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

_MESSAGE = "/choices/*/message"
_CONTENT = f"{_MESSAGE}/content"
_ENOUGH = 2
"""Answers that end with their last token by chance are rare: this many say that it is no chance."""


@judge
def length_reason(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that answers that used up their cap of output tokens say that they end for their length.

    An answer may be complete with its last token, so one that says so tells nothing as long as others say length.
    """
    capped = [(reading, where, reason) for reading in _answers(row, evidence) for where, reason in _capped(reading)]
    stopped = [(reading, where) for reading, where, reason in capped if reason == "stop"]
    told = [reading for reading, _, reason in capped if reason != "stop"]
    yield from (Kept(reading.exchange.id) for reading in told)
    if not told and len(stopped) < _ENOUGH:
        yield Unjudged("too few answers used up their cap of output tokens")
    for reading, where in stopped if not told and len(stopped) >= _ENOUGH else ():
        yield reading.finding(
            "the answer used up its cap, as others did, and all say that they are complete", "'length'", "'stop'", where
        )


def _capped(reading: Reading) -> Iterator[tuple[str, str]]:
    """Yield where the one choice of an answer that used up its cap says why it ended, and what it says."""
    cap, used = integer(reading.word(reading.cap_word)), integer(at(reading.answer, "/usage/completion_tokens"))
    reasons = each(reading.answer, "/choices/*/finish_reason")
    if cap is not None and used is not None and used >= cap and len(reasons) == 1 and isinstance(reasons[0][1], str):
        yield reasons[0]


@judge
def stop_respected(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the text of an answer has none of the stop texts of its request."""
    for reading in _answers(row, evidence):
        stops = _stops(reading.word("stop"))
        texts = [(where, text) for where, text in each(reading.answer, _CONTENT) if isinstance(text, str)]
        if not stops or not texts:
            continue
        found = next(((where, text, stop) for where, text in texts for stop in stops if stop in text), None)
        if found is None:
            yield Kept(reading.exchange.id)
        else:
            where, text, stop = found
            yield reading.finding("a stop text stands in the answer", f"no {shown(stop)}", shown(text), where)


def _stops(said: object) -> list[str]:
    several = said if isinstance(said, list) else [said]
    return [stop for stop in several if isinstance(stop, str) and stop]


@judge
def seed_repeatable(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the same request with the same seed has the same answer."""
    first: dict[bytes, tuple[str, list[Any]]] = {}
    for reading in _answers(row, evidence):
        if reading.word("seed") is MISSING:
            continue
        said = [text for _, text in each(reading.answer, _CONTENT)]
        exchange, before = first.setdefault(reading.exchange.request.body, (reading.exchange.id, said))
        if exchange == reading.exchange.id:
            yield Unjudged("no request with a seed was answered twice")
        elif said == before:
            yield Kept(reading.exchange.id)
        else:
            yield reading.finding(
                f"the seed is the same as in {exchange}, the answer is not", shown(before), shown(said), "/choices"
            )


@judge
def json_schema_honoured(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that an answer that was asked for by a JSON Schema is JSON text that the schema allows."""
    for reading in _answers(row, evidence):
        schema = at(reading.word("response_format"), "/json_schema/schema")
        otherwise = (reading.word("tools"), reading.word("structured_outputs"), reading.word("stop"))
        if schema is MISSING or any(word is not MISSING for word in otherwise):
            continue
        for where, choice in each(reading.answer, "/choices/*"):
            yield _honoured(reading, schema, where, choice)


def _honoured(reading: Reading, schema: object, where: str, choice: object) -> Outcome:
    content, place = at(choice, "/message/content"), f"{where}/message/content"
    if at(choice, "/finish_reason") != "stop" or not isinstance(content, str):
        return Unjudged("the answer did not come to its end")
    text = jsontext.parse(content)
    if not text.ok:
        return reading.finding("the content is no JSON text", "JSON that the schema allows", shown(content), place)
    problem = Schemas({"sent": schema}).problem("/sent", text.value)
    if problem is None:
        return Kept(reading.exchange.id)
    return reading.finding(
        f"the schema does not allow the content: {problem.message}", problem.expected, problem.actual, place
    )


@judge
def tool_call_shape(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a message that must call a named tool does so, in the documented shape.

    Parameters: `schema` names the component of one call (default `ToolCall`).
    """
    for reading in evidence.of(row):
        forced = at(reading.word("tool_choice"), "/function/name")
        if not isinstance(forced, str) or reading.credential != "valid" or reading.asks_stream:
            continue
        if reading.refused:
            yield NotApplicable(f"tools are refused (status {reading.status})")
        elif _judgeable(reading):
            yield from _calls(row, evidence, reading, forced)


def _calls(row: Requirement, evidence: Evidence, reading: Reading, forced: str) -> Iterator[Outcome]:
    if any(reason == "length" for _, reason in each(reading.answer, "/choices/*/finish_reason")):
        yield Unjudged("the answer did not come to its end")
        return
    for place, message in each(reading.answer, _MESSAGE):
        calls = at(message, "/tool_calls")
        if not isinstance(calls, list) or not calls:
            yield reading.finding(
                "the tool that was demanded is not called", "a list of calls", shown(calls), f"{place}/tool_calls"
            )
            continue
        for number, call in enumerate(calls):
            yield _call(row, evidence, reading, forced, f"{place}/tool_calls/{number}", call)


def _call(row: Requirement, evidence: Evidence, reading: Reading, forced: str, place: str, call: object) -> Outcome:
    problem = evidence.api.schemas.problem(row.params.get("schema", "ToolCall"), call)
    if problem:
        return reading.finding(problem.message, problem.expected, problem.actual, place + problem.where)
    name, arguments = at(call, "/function/name"), at(call, "/function/arguments")
    if name != forced:
        return reading.finding("another tool is called", shown(forced), shown(name), f"{place}/function/name")
    if not jsontext.parse(arguments).ok:
        return reading.finding(
            "the arguments are no JSON text", "JSON", shown(arguments), f"{place}/function/arguments"
        )
    return Kept(reading.exchange.id)


def _answers(row: Requirement, evidence: Evidence) -> Iterator[Reading]:
    """Yield the whole, unstreamed answers to documented requests."""
    for reading in evidence.of(row):
        if reading.proper and not reading.asks_stream and _judgeable(reading):
            yield reading


def _judgeable(reading: Reading) -> bool:
    return reading.succeeded and reading.whole and not reading.is_stream and isinstance(reading.answer, dict)
