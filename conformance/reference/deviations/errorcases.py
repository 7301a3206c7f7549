"""Deviations in which requests are refused, and with which status."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.exchange.model import NO_SUCH_MODEL, NO_SUCH_PATH
from conformance.reference.deviations.failing import failed
from conformance.reference.deviations.registry import OPENAI_LIKE, breaks
from conformance.reference.server import DEFAULT_KEY

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond

_LONG = 500_000
"""Bytes of a request body that is too long for any model."""


def said(incoming: Incoming) -> dict[str, Any]:
    """Return the JSON object that a chat request is; an empty one for any other request."""
    chat = incoming.operation == "createChatCompletion" and isinstance(incoming.json, dict)
    return incoming.json if chat else {}


def _has_bad_image(incoming: Incoming) -> bool:
    return bool(said(incoming)) and b'"data:image/png;base64,bm8gaW1hZ2U="' in incoming.body


def _wants_unknown_stream(incoming: Incoming) -> bool:
    return said(incoming).get("model") == NO_SUCH_MODEL and said(incoming).get("stream") is True


def _is_too_long(incoming: Incoming, answer: Answer) -> bool:
    return bool(said(incoming)) and len(incoming.body) > _LONG and answer.status == 400


@breaks("errors.no-messages", "errors.status", apis=("cloud-temple", "genos", "openai"), bugs=("err-200-body",))
def error_with_status_200(incoming: Incoming, respond: Respond) -> Answer:
    """Sends the error about an empty list of messages with status 200."""
    answer = respond(incoming)
    if said(incoming).get("messages") == []:
        answer.status = 200
    return answer


@breaks("chat.shape", apis=("genos", "openai"), bugs=("err-200-empty",))
@breaks("chat.backend", "chat.shape", apis=("cloud-temple",))
def long_prompt_answered_by_nothing(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a prompt that is too long with no choices."""
    answer = respond(incoming)
    if _is_too_long(incoming, answer):
        head = {"id": "chatcmpl-0", "object": "chat.completion", "model": said(incoming)["model"]}
        answer.status, answer.body = 200, {**head, "created": int(time.time()), "choices": []}
    return answer


@breaks(
    "errors.no-messages",
    "robustness.no-5xx",
    apis=("cloud-temple", "genos", "openai"),
    bugs=("err-500-empty-messages",),
)
@breaks("chat.documented-example", "robustness.no-5xx", apis=("neuroflash",))
def no_messages_fail(incoming: Incoming, respond: Respond) -> Answer:
    """Answers an empty list of messages with 500."""
    answer = respond(incoming)
    return failed(incoming, answer) if said(incoming).get("messages") == [] else answer


@breaks("errors.no-messages", apis=("cloud-temple", "genos", "openai"), bugs=("err-500-empty-messages",))
def no_messages_answered(incoming: Incoming, respond: Respond) -> Answer:
    """Answers an empty list of messages as if it said hello."""
    if said(incoming).get("messages") == []:
        return respond(replace(incoming, json={**said(incoming), "messages": [{"role": "user", "content": "Hello"}]}))
    return respond(incoming)


@breaks("errors.bad-image", "robustness.no-5xx", apis=OPENAI_LIKE, bugs=("err-500-image",))
def bad_image_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers an image that cannot be read with 500."""
    answer = respond(incoming)
    return failed(incoming, answer) if _has_bad_image(incoming) else answer


@breaks("chat.top-p-range", "robustness.no-5xx", apis=("cloud-temple", "genos", "openai"), bugs=("err-500-range",))
def top_p_outside_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a top_p below 0 with 500."""
    answer = respond(incoming)
    top_p = said(incoming).get("top_p")
    return failed(incoming, answer) if isinstance(top_p, float) and top_p < 0 else answer


@breaks("chat.top-p-range", apis=("cloud-temple", "genos", "openai"), bugs=("err-500-range",))
def top_p_clamped(incoming: Incoming, respond: Respond) -> Answer:
    """Takes a top_p below 0 for 0."""
    top_p = said(incoming).get("top_p")
    if isinstance(top_p, float) and top_p < 0:
        return respond(replace(incoming, json={**said(incoming), "top_p": 0}))
    return respond(incoming)


@breaks("chat.temperature-range", "robustness.no-5xx", apis=("cloud-temple", "openai"), bugs=("err-500-range",))
def temperature_outside_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a temperature above 2 with 500."""
    answer = respond(incoming)
    return failed(incoming, answer) if said(incoming).get("temperature") == 2.1 else answer


@breaks(
    "robustness.long-string", "robustness.no-5xx", apis=("cloud-temple", "genos", "openai"), bugs=("err-500-context",)
)
def long_prompt_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a prompt that is longer than the model's context with 500."""
    answer = respond(incoming)
    return failed(incoming, answer) if _is_too_long(incoming, answer) else answer


@breaks("errors.context-code", apis=("cloud-temple", "genos", "openai"), bugs=("err-ctx-code-missing",))
def long_prompt_without_code(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses a prompt that is longer than the model's context with no code."""
    answer = respond(incoming)
    if _is_too_long(incoming, answer):
        answer.body["error"] |= {"message": "The maximum context length is 8192 tokens.", "code": None}
    return answer


@breaks("content.json-type", "errors.shape", apis=("cloud-temple",), bugs=("err-body-limit",))
@breaks("errors.shape", apis=("openai",), weakly=True)
def long_body_refused_by_proxy(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses a long body with the bare 413 of a proxy."""
    answer = respond(incoming)
    if _is_too_long(incoming, answer):
        answer.status, answer.body = 413, b"<html><title>413 Request Entity Too Large</title></html>"
        answer.headers["Content-Type"] = "text/html"
    return answer


def limited(incoming: Incoming, respond: Respond, status: int = 429, **error: Any) -> Answer:  # noqa: ANN401
    """Answer one wrong request as a busy server does."""
    answer = respond(incoming)
    if _wants_unknown_stream(incoming):
        words = {"message": "Rate limit reached.", "type": "requests", "param": None, "code": "rate_limit_exceeded"}
        answer.status, answer.body = status, {"error": words | error}
        answer.headers["Retry-After"] = "0"
    return answer


@breaks("errors.when-to-come-back", apis=OPENAI_LIKE, weakly=True, bugs=("err-429-no-retry-after",))
def rate_limit_without_wait(incoming: Incoming, respond: Respond) -> Answer:
    """Does not say after a 429 when to come back."""
    answer = limited(incoming, respond)
    answer.headers.pop("Retry-After", None)
    return answer


@breaks("errors.when-to-come-back", apis=OPENAI_LIKE, weakly=True, bugs=("err-503-loading",))
def loading_without_wait(incoming: Incoming, respond: Respond) -> Answer:
    """Does not say while a model is loading when to come back."""
    answer = limited(incoming, respond, 503, message="Loading model", type="unavailable_error", code=None)
    answer.headers.pop("Retry-After", None)
    return answer


@breaks("errors.when-to-come-back", apis=OPENAI_LIKE, bugs=("err-429-no-retry-after",))
def rate_limit_with_unreadable_wait(incoming: Incoming, respond: Respond) -> Answer:
    """Says after a 429 to come back in `1m30s`."""
    answer = limited(incoming, respond)
    if answer.status == 429:
        answer.headers["Retry-After"] = "1m30s"
    return answer


@breaks("errors.quota-code", apis=OPENAI_LIKE, bugs=("err-429-quota-retryable",))
def quota_called_rate_limit(incoming: Incoming, respond: Respond) -> Answer:
    """Gives an exhausted quota the code of a rate limit."""
    return limited(incoming, respond, message="You exceeded your current quota, please check your plan.")


@breaks("errors.unknown-model", "robustness.no-5xx", apis=OPENAI_LIKE, bugs=("err-load-failure-500",))
def unknown_model_cannot_be_loaded(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 500 where a model does not exist and a stream is asked for."""
    answer = respond(incoming)
    return failed(incoming, answer) if _wants_unknown_stream(incoming) else answer


@breaks("errors.unknown-path", apis=OPENAI_LIKE, bugs=("err-unknown-route",))
def unknown_path_is_a_page(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a path outside the API with the page of its web application."""
    answer = respond(incoming)
    if NO_SUCH_PATH in incoming.path:
        answer.status, answer.body = 200, b'<!doctype html><html><div id="root"></div></html>'
        answer.headers["Content-Type"] = "text/html"
    return answer


@breaks("auth.status", apis=OPENAI_LIKE, bugs=("auth-403-for-401",))
def missing_key_forbidden(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses a request without a key with 403."""
    answer = respond(incoming)
    if answer.status == 401 and "authorization" not in incoming.headers:
        answer.status = 403
    return answer


@breaks("auth.required", apis=OPENAI_LIKE, bugs=("auth-missing-422-500",))
def missing_key_unprocessable(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses a request without a key with 422, as if a field were missing."""
    answer = respond(incoming)
    if answer.status == 401 and "authorization" not in incoming.headers:
        answer.status = 422
    return answer


@breaks("auth.known-everywhere", "completions.offered", apis=("cloud-temple", "openai"), bugs=("auth-alt-header",))
def completions_want_another_header(incoming: Incoming, respond: Respond) -> Answer:
    """Takes the key for text completions only in the header api-key."""
    if incoming.operation == "createCompletion" and "api-key" not in incoming.headers:
        return respond(replace(incoming, headers={}))
    return respond(incoming)


@breaks("auth.no-way-around", apis=OPENAI_LIKE, bugs=("auth-bypass-route",))
def doubled_slash_lets_in(incoming: Incoming, respond: Respond) -> Answer:
    """Answers chats without a key at a path that begins with two slashes."""
    if incoming.path not in {"//chat/completions", "//v1/chat/completions"}:
        return respond(incoming)
    headers = {**incoming.headers, "authorization": f"Bearer {DEFAULT_KEY}"}
    return respond(replace(incoming, path=incoming.path[1:], operation="createChatCompletion", headers=headers))
