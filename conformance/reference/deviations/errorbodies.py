"""Deviations in the bodies of errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.deviations.failing import reworded
from conformance.reference.deviations.registry import ALL_APIS, breaks

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond

_CHATS = frozenset({"createChatCompletion", "generate"})


def _bad_request(incoming: Incoming, answer: Answer) -> bool:
    return incoming.operation in _CHATS and answer.status == 400 and isinstance(answer.body, dict)


@breaks("errors.no-leak", apis=ALL_APIS)
def errors_show_traceback(incoming: Incoming, respond: Respond) -> Answer:
    """Shows a Python stack trace in errors about a request."""
    answer = respond(incoming)
    if _bad_request(incoming, answer):
        reworded(answer, 'Traceback (most recent call last):\n  File "app.py", line 41, in chat\nKeyError: messages')
    return answer


@breaks("errors.no-leak", apis=ALL_APIS)
def errors_show_java_trace(incoming: Incoming, respond: Respond) -> Answer:
    """Shows a Java stack trace in errors about a request."""
    answer = respond(incoming)
    if _bad_request(incoming, answer):
        reworded(answer, "cannot read the request\n\tat com.example.gateway.ChatHandler.handle(ChatHandler.java:112)")
    return answer


@breaks("errors.no-leak", apis=ALL_APIS)
def errors_show_file_path(incoming: Incoming, respond: Respond) -> Answer:
    """Names a file of the server in errors about a request."""
    answer = respond(incoming)
    if _bad_request(incoming, answer):
        reworded(answer, "cannot read the request (/usr/local/lib/gateway/handlers/chat.py)")
    return answer


@breaks("errors.no-leak", apis=("cloud-temple", "genos", "multi-llm", "neuroflash"))
@breaks("errors.no-leak", apis=("openai",), weakly=True)
def errors_show_exception_class(incoming: Incoming, respond: Respond) -> Answer:
    """Names an exception class with its module in errors about a request."""
    answer = respond(incoming)
    if _bad_request(incoming, answer):
        reworded(answer, "pydantic_core._pydantic_core.ValidationError: 1 validation error")
    return answer


@breaks("errors.shape", apis=("cloud-temple", "neuroflash"))
@breaks("errors.envelope", apis=("multi-llm",))
def errors_of_the_framework(incoming: Incoming, respond: Respond) -> Answer:
    """Words errors about a request as its web framework does: an object with `detail`."""
    answer = respond(incoming)
    if _bad_request(incoming, answer):
        answer.body = {"detail": "The request is not valid."}
    return answer


@breaks("errors.envelope", apis=("multi-llm",))
def errors_without_request_id(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves `request_id` out of errors about a request."""
    answer = respond(incoming)
    if _bad_request(incoming, answer):
        answer.body["error"].pop("request_id")
    return answer


@breaks("errors.envelope", apis=("multi-llm",))
def error_details_as_text(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the details of an error about a request as text."""
    answer = respond(incoming)
    if _bad_request(incoming, answer):
        answer.body["error"]["details"] = "see the documentation"
    return answer


@breaks("errors.envelope", apis=("multi-llm",), weakly=True)
def not_found_without_details(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves `details` and `request_id` out where a model is not found."""
    answer = respond(incoming)
    if incoming.operation in _CHATS and answer.status == 404:
        for name in ("details", "request_id"):
            answer.body["error"].pop(name)
    return answer


@breaks("errors.code-status", apis=("multi-llm",))
def invalid_request_as_422(incoming: Incoming, respond: Respond) -> Answer:
    """Sends INVALID_REQUEST with status 422."""
    answer = respond(incoming)
    if _bad_request(incoming, answer):
        answer.status = 422
    return answer


@breaks("errors.code-status", apis=("multi-llm",))
def bad_request_with_a_code_of_its_own(incoming: Incoming, respond: Respond) -> Answer:
    """Sends status 400 with a code that is not in the documented table."""
    answer = respond(incoming)
    if _bad_request(incoming, answer):
        answer.body["error"]["code"] = "VALIDATION_ERROR"
    return answer


@breaks("errors.retry-after", apis=("multi-llm",))
def unavailable_without_retry_after(incoming: Incoming, respond: Respond) -> Answer:
    """Does not say when an unavailable model is to be tried again."""
    answer = respond(incoming)
    if answer.status == 503:
        answer.body["error"]["details"].pop("retry_after")
    return answer


@breaks("errors.retry-after", apis=("multi-llm",))
def retry_after_differs(incoming: Incoming, respond: Respond) -> Answer:
    """Says one waiting time in the header Retry-After, another in the body."""
    answer = respond(incoming)
    if answer.status == 503:
        answer.headers["Retry-After"] = str(answer.body["error"]["details"]["retry_after"] + 60)
    return answer
