"""Judges whether the forms of requests with tools are accepted, where tools are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.streams import is_error
from conformance.judges.toolcalls import asks_tools, not_offered, takes_tools, uncalled
from conformance.judges.values import MISSING, each, shown, strings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

_NAME, _ARGUMENTS = "/tool_calls/*/id", "/tool_calls/*/function/arguments"
_DIALECT = {"$ref", "$defs", "$schema", "anyOf", "additionalProperties", "format"}
"""Words of JSON Schema that some gateways refuse."""


@judge
def tool_form_accepted(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a form of request is accepted by a target that takes tools.

    Parameters: `form` is one of those that `_forms` tells. A refusal is put down to it only where it is the one form
    of the request that was never accepted.
    """
    form, read = row.params["form"], [(reading, _forms(reading, evidence)) for reading in evidence.of(row)]
    accepted = {name for reading, forms in read if reading.succeeded for name in forms}
    yield from uncalled(row, evidence) if form == "own-call" else not_offered(row, evidence)
    for reading, forms in read:
        if form not in forms:
            continue
        if reading.succeeded:
            yield Kept(reading.exchange.id)
        elif reading.refused and not reading.about_model and forms - accepted == {form} and takes_tools(row, evidence):
            yield reading.finding(
                "a request with tools is refused for a form that OpenAI takes",
                "a success status",
                f"status {reading.status}: {shown(reading.body.decode(errors='replace'))}",
                "status",
            )
        else:
            yield Unjudged(f"not judged: status {reading.status}")


def _forms(reading: Reading, evidence: Evidence) -> set[str]:
    """Name what a request with tools asks a server to understand."""
    choice, tools = reading.word("tool_choice"), reading.word("tools")
    found = {"stream"} if reading.word("stream") is True else set()
    if reading.word("parallel_tool_calls") is not MISSING:
        found.add("parallel" if asks_tools(reading) else "parallel-alone")
    if choice not in (MISSING, "auto"):
        found.add("named" if isinstance(choice, dict) else str(choice) if asks_tools(reading) else f"{choice}-alone")
    if asks_tools(reading):
        found.add("tools")
    if any(isinstance(tool, dict) and "parameters" not in tool for _, tool in each(tools, "/*/function")):
        found.add("no-parameters")
    if any(_has_dialect(parameters) for _, parameters in each(tools, "/*/function/parameters")):
        found.add("dialect")
    return found | _forms_of_messages(reading, evidence)


def _forms_of_messages(reading: Reading, evidence: Evidence) -> set[str]:
    messages = [message for _, message in each(reading.word("messages"), "/*") if isinstance(message, dict)]
    found: set[str] = set()
    for place, message in enumerate(messages):
        if message.get("role") == "assistant" and message.get("tool_calls"):
            found |= {"no-content"} if message.get("content") is None else set()
            found |= {"own-call"} if message in _own(evidence, reading) else set()
            found |= set() if _can_be_sent(message) else {"ill-formed"}
        elif message.get("role") == "tool":
            found |= {"parts"} if isinstance(message.get("content"), list) else set()
            found |= {"orphan"} if _orphan(messages[:place], message) else set()
    return found


def _own(evidence: Evidence, reading: Reading) -> list[Any]:
    """Return the messages that the target itself answered to the operation, with calls that can be sent back."""
    whole = (r for r in evidence.readings if r.operation is reading.operation and r.succeeded and not r.is_stream)
    said = (message for r in whole for _, message in each(r.answer, "/choices/*/message"))
    return [message for message in said if _can_be_sent(message)]


def _can_be_sent(message: object) -> bool:
    """Tell whether the calls of a message have what the reference demands of them in a request."""
    return bool(strings(message, _NAME) and strings(message, _ARGUMENTS))


def _orphan(before: list[dict[str, Any]], message: dict[str, Any]) -> bool:
    return message.get("tool_call_id") not in [name for _, name in each(before, "/*/tool_calls/*/id")]


def _has_dialect(schema: object) -> bool:
    if isinstance(schema, dict):
        return bool(_DIALECT & schema.keys()) or any(_has_dialect(value) for value in schema.values())
    return isinstance(schema, list) and any(_has_dialect(value) for value in schema)


@judge
def tool_orphan_refused(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a message that answers a call which nobody made is refused with 4xx."""
    yield from not_offered(row, evidence)
    for reading in evidence.of(row):
        if "orphan" not in _forms(reading, evidence):
            continue
        if reading.refused:
            yield Kept(reading.exchange.id)
        elif reading.succeeded:
            message = "the result of a call that nobody made is accepted"
            yield reading.finding(message, "a status of 4xx", f"status {reading.status}", "status")
        else:
            yield Unjudged(f"not judged: status {reading.status}")


@judge
def tool_demand_refused_early(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a stream that demands a call of no tool is refused by its status, not after it began.

    A target that takes no notice of the demand and answers in words is none of our business.
    """
    for reading in evidence.of(row):
        if reading.word("tool_choice") != "required" or asks_tools(reading) or reading.word("stream") is not True:
            continue
        error = next((number for number, chunk in reading.chunks if is_error(chunk)), 0) if reading.is_stream else 0
        if error:
            expected, actual = "a status of 4xx", f"status {reading.status}, then an error"
            yield reading.finding("a wrong request is refused within a stream", expected, actual, f"event {error}")
        elif reading.refused or reading.succeeded:
            yield Kept(reading.exchange.id)
        else:
            yield Unjudged(f"not judged: status {reading.status}")
