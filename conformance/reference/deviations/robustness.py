"""Deviations that fail on unusual requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.deviations.failing import failed
from conformance.reference.deviations.registry import ALL_APIS, OPENAI_LIKE, breaks

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond


@breaks("robustness.deep-json", "robustness.no-5xx", apis=ALL_APIS)
def deep_json_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers JSON that nests deeper than its parser's stack with 500."""
    answer = respond(incoming)
    return failed(incoming, answer) if b"[" * 1000 in incoming.body else answer


@breaks("robustness.huge-number", "robustness.no-5xx", apis=ALL_APIS)
def huge_number_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers an integer beyond the range of a double with 500."""
    answer = respond(incoming)
    return failed(incoming, answer) if b"9" * 309 in incoming.body else answer


@breaks("robustness.long-string", "robustness.no-5xx", apis=ALL_APIS)
def long_string_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a body of more than half a million bytes with 500."""
    answer = respond(incoming)
    return failed(incoming, answer) if len(incoming.body) > 500_000 else answer


@breaks("robustness.control-chars", "robustness.no-5xx", apis=ALL_APIS)
def control_chars_fail(incoming: Incoming, respond: Respond) -> Answer:
    """Answers text with a NUL in it with 500."""
    answer = respond(incoming)
    return failed(incoming, answer) if b"\\u0000" in incoming.body else answer


@breaks("robustness.empty-body", "robustness.no-5xx", apis=ALL_APIS)
def empty_body_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers an empty body with 500."""
    answer = respond(incoming)
    unread = incoming.method == "POST" and not incoming.body and answer.status == 400
    return failed(incoming, answer) if unread else answer


@breaks("robustness.answered", apis=ALL_APIS)
@breaks("http.whole", apis=OPENAI_LIKE)
def error_broken_off(incoming: Incoming, respond: Respond) -> Answer:
    """Closes the connection in the middle of an error about an empty body."""
    answer = respond(incoming)
    if incoming.method == "POST" and not incoming.body and answer.status == 400:
        answer.cut = 5
    return answer
