"""Judges whether a target has a capability: whether it answers with what is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.exchange import jsontext
from conformance.judges import faults
from conformance.judges.answerfields import is_whole_answer
from conformance.judges.offering import operation_offered
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.semantictexts import said
from conformance.judges.toolcalls import asks_tools, calls, finish
from conformance.judges.values import at, each, integer
from conformance.report import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

ABSENT = "advertised but not there: "
"""How the findings begin."""
_NOT_IMPLEMENTED = 501
_MOST_CHOICES = 128


@judge
def capability_offered(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a capability is there: some request for it is answered with what it asks for.

    It is not where every request for it is refused although plain ones are answered, or where answers that came to
    their end never show it. Without a sign, each operation of it answers a documented request with success.

    Parameters: `sign` is what an answer shows it by, `words` are those of the request that ask for it.
    """
    sign = str(row.params["sign"])
    if not sign:
        yield from _operations(row, evidence)
        return
    asked = [reading for reading in evidence.of(row) if faults.well_headed(reading) and _ASKS[sign](reading)]
    yield _shown(asked, _SIGNS[sign], evidence, " and ".join(row.params["words"]))


def _operations(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Yield what is known of the operations: an open one leaves it open, whatever others show."""
    outcomes = [operation_offered(evidence.api.operation(name), evidence) for name in row.operations]
    missing = [replace(found, message=ABSENT + found.message) for found in outcomes if isinstance(found, Finding)]
    open_ones = [outcome for outcome in outcomes if isinstance(outcome, Unjudged)]
    yield from missing or open_ones or outcomes


def _shown(asked: list[Reading], sign: Callable[[Reading], bool | None], evidence: Evidence, words: str) -> Outcome:
    answered = [(reading, sign(reading)) for reading in asked if reading.succeeded]
    if shown := next((reading for reading, seen in answered if seen), None):
        return Kept(shown.exchange.id)
    refused = [reading for reading in asked if reading.refused or reading.status == _NOT_IMPLEMENTED]
    if refused and not answered:
        return _refused(refused[0], evidence, words)
    if without := [reading for reading, seen in answered if seen is False]:
        message = f"{ABSENT}{words} is taken, and no answer shows it"
        return without[0].finding(message, "an answer that shows it", f"{len(without)} answers without it", "body")
    if answered:
        return Unjudged(f"no request with {words} was answered in a way that tells")
    busy = next((f" (status {reading.status})" for reading in asked if reading.status), "")
    return Unjudged(f"no request with {words} was answered{busy}" if asked else f"no exchange asks for {words}")


def _refused(first: Reading, evidence: Evidence, words: str) -> Outcome:
    operation = first.operation
    if operation is None or not evidence.accepts_plain(operation):
        return Unjudged("the plain request is refused as well")
    message = f"{ABSENT}every request with {words} is refused"
    return first.finding(message, "a success status", f"status {first.status}", "status")


def _asks_choices(reading: Reading) -> bool:
    asked = integer(reading.word("n"))
    return asked is not None and 1 < asked <= _MOST_CHOICES


def _asks_json(reading: Reading) -> bool:
    return at(reading.word("response_format"), "/type") in ("json_object", "json_schema")


def _calls_a_tool(reading: Reading) -> bool | None:
    """Tell whether an answer calls a tool; that none is called tells only where one is demanded."""
    if calls(reading):
        return True
    choice = reading.word("tool_choice")
    demanded = choice == "required" or isinstance(at(choice, "/function/name"), str)
    return False if demanded and is_whole_answer(reading) and finish(reading, 0) in ("stop", "tool_calls") else None


def _is_json(reading: Reading) -> bool | None:
    ended = [answer for answer in said(reading) if answer.finish == "stop"]
    return any(jsontext.parse(answer.text).ok for answer in ended) if ended else None


def _tells_probabilities(reading: Reading) -> bool | None:
    if any(isinstance(value, dict) for _, value in each(reading.answer, "/choices/*/logprobs")):
        return True
    return False if is_whole_answer(reading) and said(reading) else None


def _has_choices(reading: Reading) -> bool | None:
    found = at(reading.answer, "/choices")
    return len(found) == integer(reading.word("n")) if is_whole_answer(reading) else None


def _is_stream(reading: Reading) -> bool | None:
    return True if reading.is_stream else False if reading.whole else None


_ASKS: dict[str, Callable[[Reading], bool]] = {
    "tool-call": asks_tools,
    "json-answer": _asks_json,
    "log-probabilities": lambda reading: reading.word("logprobs") is True,
    "several-choices": _asks_choices,
    "event-stream": lambda reading: reading.asks_stream,
}
_SIGNS: dict[str, Callable[[Reading], bool | None]] = {
    "tool-call": _calls_a_tool,
    "json-answer": _is_json,
    "log-probabilities": _tells_probabilities,
    "several-choices": _has_choices,
    "event-stream": _is_stream,
}
