"""Deviations of whole chat answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.registry import OPENAI_LIKE, breaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.answer import Answer, Incoming, Respond

_DAYS = 3 * 86_400


def bent(incoming: Incoming, respond: Respond, bend: Callable[[dict[str, Any]], object]) -> Answer:
    """Answer, and let `bend` change the body of a whole, successful chat answer in place."""
    answer = respond(incoming)
    if incoming.operation == "createChatCompletion" and answer.status == 200 and isinstance(answer.body, dict):
        bend(answer.body)
    return answer


def sent(incoming: Incoming) -> dict[str, Any]:
    """Return the JSON object that was sent to the chat operation; empty where there is none."""
    return incoming.json if incoming.operation == "createChatCompletion" and isinstance(incoming.json, dict) else {}


@breaks("chat.shape", apis=OPENAI_LIKE)
def chat_without_choices(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves `choices` out of a chat answer."""
    return bent(incoming, respond, lambda body: body.pop("choices", None))


@breaks("chat.shape", apis=("cloud-temple", "genos"))
def chat_created_as_text(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the time of a chat answer as text."""
    return bent(incoming, respond, lambda body: body.update(created=str(body["created"])))


@breaks("chat.shape", apis=("cloud-temple",))
@breaks("chat.shape", apis=("genos",), weakly=True)
def chat_created_in_milliseconds(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the time of a chat answer in milliseconds."""
    return bent(incoming, respond, lambda body: body.update(created=body["created"] * 1000))


@breaks("chat.shape", apis=("cloud-temple",))
@breaks("chat.shape", apis=("genos",), weakly=True)
def chat_created_long_ago(incoming: Incoming, respond: Respond) -> Answer:
    """Sends a time of creation that is three days old."""
    return bent(incoming, respond, lambda body: body.update(created=body["created"] - _DAYS))


@breaks("chat.shape", apis=OPENAI_LIKE)
def chat_object_misnamed(incoming: Incoming, respond: Respond) -> Answer:
    """Calls a whole chat answer a chunk."""
    return bent(incoming, respond, lambda body: body.update(object="chat.completion.chunk"))


@breaks("chat.shape", apis=("genos", "openai"))
@breaks("chat.shape", "chat.tool-call-shape", apis=("cloud-temple", "neuroflash"))
def chat_finish_reason_null(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the finish reason of a whole chat answer null."""
    return bent(incoming, respond, lambda body: body["choices"][0].update(finish_reason=None))


@breaks("chat.shape", "chat.content", apis=("genos",))
@breaks("chat.shape", apis=("cloud-temple", "neuroflash"))
def chat_content_null(incoming: Incoming, respond: Respond) -> Answer:
    """Sends null as the text of a chat answer."""

    def bend(body: dict[str, Any]) -> None:
        message = body["choices"][0]["message"]
        if "tool_calls" not in message:
            message["content"] = None

    return bent(incoming, respond, bend)


@breaks("chat.shape", apis=("cloud-temple",))
@breaks("chat.shape", apis=("genos",), weakly=True)
@breaks("chat.shape", "chat.usage-tracked", apis=("neuroflash",))
def chat_without_usage(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves `usage` out of a chat answer."""
    return bent(incoming, respond, lambda body: body.pop("usage", None))


@breaks("chat.shape", apis=("cloud-temple",), weakly=True)
def chat_without_reasoning_tokens(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves `usage.reasoning_tokens` out of a chat answer."""
    return bent(incoming, respond, lambda body: body["usage"].pop("reasoning_tokens", None))


@breaks("chat.object-response", apis=("neuroflash",))
def chat_answer_in_an_array(incoming: Incoming, respond: Respond) -> Answer:
    """Wraps a chat answer in an array."""
    answer = respond(incoming)
    if incoming.operation == "createChatCompletion" and answer.status == 200 and isinstance(answer.body, dict):
        answer.body = [answer.body]
    return answer


@breaks("chat.backend", apis=("cloud-temple",))
def chat_without_backend(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves `backend` out of the body of a chat answer."""
    return bent(incoming, respond, lambda body: body.pop("backend", None))


@breaks("chat.id", apis=("cloud-temple", "genos"))
def chat_id_repeated(incoming: Incoming, respond: Respond) -> Answer:
    """Gives all whole chat answers one id."""
    return bent(incoming, respond, lambda body: body.update(id="chatcmpl-1"))


@breaks("chat.id", apis=("cloud-temple",), weakly=True)
def chat_id_otherwise_prefixed(incoming: Incoming, respond: Respond) -> Answer:
    """Begins the ids of chat answers with something else than chatcmpl-."""
    return bent(incoming, respond, lambda body: body.update(id=body["id"].replace("chatcmpl-", "answer-")))


@breaks("answers.model-kin", "chat.model-echo", apis=("cloud-temple",))
@breaks("chat.model-echo", apis=("genos",))
def chat_model_other(incoming: Incoming, respond: Respond) -> Answer:
    """Names another model than the requested one in a chat answer."""
    return bent(incoming, respond, lambda body: body.update(model="llama3.1:70b"))


@breaks("chat.model-echo", "models.path-like-id", apis=("genos",))
def chat_model_basename(incoming: Incoming, respond: Respond) -> Answer:
    """Echoes only the last segment of a model id that is a path."""
    return bent(incoming, respond, lambda body: body.update(model=body["model"].rpartition("/")[2]))


@breaks("chat.indices", apis=("cloud-temple", "genos", "openai"))
def chat_indices_from_one(incoming: Incoming, respond: Respond) -> Answer:
    """Numbers the choices of a chat answer from 1."""
    return bent(incoming, respond, lambda body: body["choices"][0].update(index=1))


@breaks("chat.finish-reason-enum", "tools.finish", apis=("genos",))
def chat_finish_reason_invented(incoming: Incoming, respond: Respond) -> Answer:
    """Gives a finish reason that OpenAI does not have."""
    return bent(incoming, respond, lambda body: body["choices"][0].update(finish_reason="eos_token"))
