"""Deviations of the members of whole chat answers that are known from real servers and gateways."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.chat import bent, sent
from conformance.reference.deviations.registry import OPENAI, OPENAI_LIKE, breaks
from conformance.reference.deviations.streambending import each_chunk

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.answer import Answer, Incoming, Respond

_PLAIN = {"model", "messages", "max_tokens", "temperature"}
_TURN = {"role", "content"}


def plainly(incoming: Incoming, respond: Respond, bend: Callable[[dict[str, Any]], object]) -> Answer:
    """Answer with the whole answers to the plainest requests bent in place: one turn in ASCII, no options."""
    said = sent(incoming)
    turns = said.get("messages")
    one = isinstance(turns, list) and len(turns) == 1 and isinstance(turns[0], dict) and turns[0].keys() == _TURN
    if (
        one
        and said.keys() == _PLAIN
        and said["max_tokens"] == 12
        and b"ok" in incoming.body
        and incoming.body.isascii()
    ):
        return bent(incoming, respond, bend)
    return respond(incoming)


def first_choice(incoming: Incoming, respond: Respond, bend: Callable[[dict[str, Any]], object]) -> Answer:
    """Answer with the first choice of the plainest whole answers bent in place."""
    return plainly(incoming, respond, lambda body: bend(body["choices"][0]))


@breaks("answers.content-text", apis=OPENAI, bugs=("res-content-null-text",))
def answer_text_null(incoming: Incoming, respond: Respond) -> Answer:
    """Sends null as content of an answer in several words to a first question."""

    def bend(body: dict[str, Any]) -> None:
        if body["usage"]["completion_tokens"] > 1 and body["choices"][0]["finish_reason"] == "stop":
            body["choices"][0]["message"]["content"] = None

    return bent(incoming, respond, bend) if sent(incoming).keys() == _PLAIN else respond(incoming)


@breaks("answers.service-tier", apis=OPENAI_LIKE, bugs=("res-service-tier-enum",))
def answer_tier_invented(incoming: Incoming, respond: Respond) -> Answer:
    """Names a service tier in whole answers that OpenAI does not have."""
    return bent(incoming, respond, lambda body: body.update(service_tier="on_demand"))


@breaks("answers.service-tier", apis=OPENAI_LIKE, bugs=("res-service-tier-enum",))
def chunk_tier_invented(incoming: Incoming, respond: Respond) -> Answer:
    """Names a service tier in chunks that OpenAI does not have."""
    return each_chunk(incoming, respond, lambda chunk: chunk.update(service_tier="on_demand"))


@breaks("answers.fingerprint", apis=OPENAI_LIKE, bugs=("res-system-fingerprint-null",))
def answer_fingerprint_null(incoming: Incoming, respond: Respond) -> Answer:
    """Writes null as system_fingerprint."""
    return bent(incoming, respond, lambda body: body.update(system_fingerprint=None))


@breaks("answers.refusal", apis=OPENAI, bugs=("res-refusal-field",))
def answer_without_refusal(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves refusal out of messages."""
    return bent(incoming, respond, lambda body: [choice["message"].pop("refusal") for choice in body["choices"]])


@breaks("answers.error-null", apis=OPENAI_LIKE)
def answer_with_null_error(incoming: Incoming, respond: Respond) -> Answer:
    """Writes error null into whole answers."""
    return bent(incoming, respond, lambda body: body.update(error=None))


@breaks("answers.unpadded", apis=OPENAI_LIKE, bugs=("res-whitespace-padding",))
def answer_padded(incoming: Incoming, respond: Respond) -> Answer:
    """Sends line breaks while it thinks of a whole answer."""
    return _written(incoming, respond, b"\n" * 40)


@breaks("chat.shape", "content.json-type", apis=("cloud-temple", "genos", "openai"), bugs=("res-sse-comment-in-json",))
@breaks("chat.object-response", "content.json-type", apis=("neuroflash",))
def answer_after_comment(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the comment of a stream before whole answers."""
    return _written(incoming, respond, b": OPENROUTER PROCESSING\n\n")


def _written(incoming: Incoming, respond: Respond, before: bytes) -> Answer:
    answer = respond(incoming)
    if incoming.operation == "createChatCompletion" and answer.status == 200 and isinstance(answer.body, dict):
        answer.body = before + json.dumps(answer.body, ensure_ascii=False).encode()
    return answer


@breaks("answers.model-plain", apis=("neuroflash", "openai"), bugs=("res-model-echo",))
@breaks("answers.model-plain", "chat.model-echo", apis=("cloud-temple",))
@breaks("answers.model-plain", "chat.model-echo", "models.path-like-id", apis=("genos",))
def answer_model_as_path(incoming: Incoming, respond: Respond) -> Answer:
    """Names the file of the model in whole answers."""
    return bent(incoming, respond, lambda body: body.update(model=f"/srv/models/{body['model']}.gguf"))


@breaks("answers.model-plain", apis=("neuroflash", "openai"), bugs=("res-model-echo",))
@breaks("answers.model-plain", "chat.model-echo", apis=("cloud-temple", "genos"))
def answer_model_empty(incoming: Incoming, respond: Respond) -> Answer:
    """Names no model in whole answers."""
    return bent(incoming, respond, lambda body: body.update(model=""))


@breaks("answers.model-kin", apis=("neuroflash", "openai"), bugs=("res-model-echo",))
@breaks("answers.model-kin", "chat.model-echo", apis=("cloud-temple",))
def answer_model_unrelated(incoming: Incoming, respond: Respond) -> Answer:
    """Names another model than the one asked in whole answers."""
    return bent(incoming, respond, lambda body: body.update(model="llama3.1:70b"))


@breaks("content.json-type", apis=OPENAI_LIKE, bugs=("res-content-type",))
def answer_declared_as_text(incoming: Incoming, respond: Respond) -> Answer:
    """Declares whole answers as plain text."""
    answer = respond(incoming)
    if incoming.operation == "createChatCompletion" and answer.frames is None and answer.status == 200:
        answer.headers["Content-Type"] = "text/plain; charset=utf-8"
    return answer
