"""Deviations in whether wrong requests are refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.exchange.model import NO_SUCH_MODEL, NO_SUCH_PATH
from conformance.reference.answer import NOT_JSON
from conformance.reference.deviations.failing import failed
from conformance.reference.deviations.registry import ALL_APIS, OPENAI_LIKE, breaks

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond

_MODELS = {
    "cloud-temple": "granite3.3:8b",
    "genos": "/model/snapshots/9eb2daaa8597bf192a8b0e73f848f3a102794df5",
    "neuroflash": "gpt-4o-mini",
    "multi-llm": "gemini-pro",
    "openai": "reference-mini",
}
_CHATS = {
    "/chat/completions": "createChatCompletion",
    "/v1/chat/completions": "createChatCompletion",
    "/generate": "generate",
    "/generate/stream": "generateStream",
}
_GENERATING = frozenset({*_CHATS.values(), "createCompletion", "createEmbedding"})


@breaks("errors.malformed-json", apis=ALL_APIS)
def malformed_json_repaired(incoming: Incoming, respond: Respond) -> Answer:
    """Closes what a broken-off JSON body leaves open, and answers it."""
    if incoming.json is NOT_JSON:
        try:
            return respond(replace(incoming, json=json.loads(incoming.body + b"}")))
        except (ValueError, RecursionError):
            pass
    return respond(incoming)


@breaks("errors.malformed-json", "robustness.no-5xx", apis=ALL_APIS, bugs=("err-500-malformed-json",))
def malformed_json_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a JSON body that cannot be parsed with 500."""
    answer = respond(incoming)
    broken = incoming.json is NOT_JSON and incoming.body.startswith(b"{") and incoming.body.count(b"[") < 1000
    return failed(incoming, answer) if broken and answer.status == 400 else answer


@breaks("errors.missing-required", apis=ALL_APIS)
def missing_messages_answered(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a chat request without messages as if it said hello."""
    if incoming.operation in _CHATS.values() and _lacks(incoming, "messages"):
        return respond(replace(incoming, json={**incoming.json, "messages": [{"role": "user", "content": "Hello"}]}))
    return respond(incoming)


@breaks("errors.missing-required", apis=("multi-llm",))
@breaks("errors.missing-required", apis=OPENAI_LIKE, weakly=True)
def missing_model_answered(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a chat request without a model by a default one."""
    if incoming.operation in _CHATS.values() and _lacks(incoming, "model"):
        return respond(replace(incoming, json={**incoming.json, "model": _MODELS[incoming.api]}))
    return respond(incoming)


@breaks("errors.wrong-json-type", "robustness.no-5xx", apis=ALL_APIS)
def messages_of_another_type_fail(incoming: Incoming, respond: Respond) -> Answer:
    """Answers messages that are no array with 500."""
    answer = respond(incoming)
    said = incoming.json.get("messages", []) if isinstance(incoming.json, dict) else []
    return failed(incoming, answer) if not isinstance(said, list) and answer.status == 400 else answer


@breaks("errors.wrong-json-type", "robustness.no-5xx", apis=("cloud-temple", "genos", "multi-llm"))
def temperature_of_another_type_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a temperature that is an object with 500."""
    answer = respond(incoming)
    said = incoming.json if isinstance(incoming.json, dict) else {}
    held = said.get("parameters") if incoming.api == "multi-llm" else said
    wrong = isinstance(held, dict) and isinstance(held.get("temperature"), dict)
    return failed(incoming, answer) if wrong and answer.status == 400 else answer


@breaks("errors.method", apis=ALL_APIS)
def other_methods_taken_for_post(incoming: Incoming, respond: Respond) -> Answer:
    """Answers PATCH on a chat path as if it were POST."""
    if incoming.method == "PATCH" and incoming.path in _CHATS:
        return respond(replace(incoming, method="POST", operation=_CHATS[incoming.path]))
    return respond(incoming)


@breaks("errors.method", apis=ALL_APIS)
def allow_missing(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses a wrong method with 405 that does not say which methods there are."""
    answer = respond(incoming)
    if answer.status == 405:
        answer.headers.pop("Allow", None)
    return answer


@breaks("errors.method", "robustness.no-5xx", apis=ALL_APIS)
def other_methods_fail(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a method that a path does not have with 500."""
    answer = respond(incoming)
    return failed(incoming, answer) if answer.status == 405 else answer


@breaks("errors.unknown-path", apis=ALL_APIS)
def unknown_path_answered(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a path outside the API with 200."""
    answer = respond(incoming)
    if NO_SUCH_PATH in incoming.path:
        answer.status, answer.body = 200, {"status": "ok"}
    return answer


@breaks("errors.unknown-path", apis=ALL_APIS, bugs=("http-double-v1",))
def unknown_path_in_html(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a path outside the API with a 404 page in HTML."""
    answer = respond(incoming)
    if NO_SUCH_PATH in incoming.path:
        answer.headers["content-type"] = "text/html"
        answer.body = b"<html><head><title>404 Not Found</title></head><body>nginx</body></html>"
    return answer


@breaks("errors.unknown-model", apis=ALL_APIS)
def unknown_model_answered(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a request for a model that does not exist in that model's name."""
    if not _asks_unknown_model(incoming):
        return respond(incoming)
    known = "granite-embedding:278m" if incoming.operation == "createEmbedding" else _MODELS[incoming.api]
    answer = respond(replace(incoming, json={**incoming.json, "model": known}))
    for body in [answer.body, *(frame.data for frame in answer.frames or ())]:
        if isinstance(body, dict) and "model" in body:
            body["model"] = NO_SUCH_MODEL
    return answer


@breaks("errors.unknown-model", "robustness.no-5xx", apis=ALL_APIS)
def unknown_model_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a request for a model that does not exist with 500."""
    answer = respond(incoming)
    return failed(incoming, answer) if _asks_unknown_model(incoming) and answer.status == 404 else answer


@breaks("chat.temperature-range", apis=("cloud-temple",))
def temperature_clamped(incoming: Incoming, respond: Respond) -> Answer:
    """Takes a temperature outside its range for the nearest one inside."""
    said = incoming.json.get("temperature") if isinstance(incoming.json, dict) else None
    if isinstance(said, int | float) and not isinstance(said, bool):
        return respond(replace(incoming, json={**incoming.json, "temperature": min(2, max(0, said))}))
    return respond(incoming)


@breaks("chat.unknown-role", apis=("genos",))
def unknown_role_answered(incoming: Incoming, respond: Respond) -> Answer:
    """Takes a message of an unknown role for the user's."""
    known = ("system", "assistant", "user", "developer", "tool", "function")
    for message in _messages(incoming):
        if isinstance(message, dict) and isinstance(message.get("role"), str) and message["role"] not in known:
            message["role"] = "user"
    return respond(incoming)


@breaks("chat.roles-extra", "robustness.no-5xx", apis=("genos",))
def tool_message_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a conversation with a tool's message with 500."""
    answer = respond(incoming)
    roles = [message.get("role") for message in _messages(incoming) if isinstance(message, dict)]
    return failed(incoming, answer) if "tool" in roles else answer


@breaks("chat.documented-example", "robustness.no-5xx", apis=("neuroflash",))
def documented_sample_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers an empty list of messages, as in the documented sample, with 500."""
    answer = respond(incoming)
    empty = isinstance(incoming.json, dict) and incoming.json.get("messages") == []
    return failed(incoming, answer) if empty and answer.status == 400 else answer


def _lacks(incoming: Incoming, name: str) -> bool:
    return isinstance(incoming.json, dict) and name not in incoming.json


def _asks_unknown_model(incoming: Incoming) -> bool:
    said = incoming.json if incoming.operation in _GENERATING else None
    return isinstance(said, dict) and said.get("model") == NO_SUCH_MODEL


def _messages(incoming: Incoming) -> list[Any]:
    said = incoming.json.get("messages") if isinstance(incoming.json, dict) else None
    return said if isinstance(said, list) else []
