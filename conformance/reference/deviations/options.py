"""Deviations of what chat requests may ask for: parameters, roles, tools, structure."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.chat import bent, sent
from conformance.reference.deviations.registry import OPENAI_LIKE, breaks

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond

_turn = count()


def refused(incoming: Incoming, respond: Respond, message: str, status: int = 400) -> Answer:
    """Refuse a request in OpenAI's envelope, with the headers that its answer would have."""
    answer = respond(incoming)
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": "invalid_value"}
    answer.status, answer.frames, answer.body = status, None, {"error": error}
    return answer


def without(incoming: Incoming, *names: str) -> Incoming:
    """Return the request without some of its fields."""
    kept = {name: value for name, value in sent(incoming).items() if name not in names}
    return replace(incoming, json=kept) if sent(incoming) else incoming


@breaks("chat.offered", apis=OPENAI_LIKE)
def chat_not_there(incoming: Incoming, respond: Respond) -> Answer:
    """Does not know the chat operation."""
    return (
        refused(incoming, respond, "Not Found", 404)
        if incoming.operation == "createChatCompletion"
        else respond(incoming)
    )


@breaks("chat.params-accepted", apis=("cloud-temple",))
@breaks("chat.optional-fields", apis=("neuroflash",))
def temperature_up_to_one(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses a temperature above 1."""
    said = sent(incoming).get("temperature")
    over = isinstance(said, int | float) and 1 < said <= 2
    return refused(incoming, respond, "temperature must be at most 1") if over else respond(incoming)


@breaks("chat.params-accepted", apis=("cloud-temple",))
def user_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses the documented field `user`."""
    return (
        refused(incoming, respond, "unrecognised field user")
        if isinstance(sent(incoming).get("user"), str)
        else respond(incoming)
    )


@breaks("chat.optional-fields", "requests.nulls", apis=("neuroflash",))
@breaks("chat.params-accepted", "requests.nulls", apis=("cloud-temple",))
def options_refused_together(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses more than six fields in one request."""
    many = len(sent(incoming)) > 6
    return refused(incoming, respond, "too many fields") if many else respond(incoming)


@breaks("chat.optional-fields", apis=("neuroflash",))
def repetition_penalty_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses the documented field `repetition_penalty`."""
    said = isinstance(sent(incoming).get("repetition_penalty"), int | float)
    return refused(incoming, respond, "unrecognised field repetition_penalty") if said else respond(incoming)


@breaks("chat.required-fields", apis=("neuroflash",))
def cap_demanded(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses a request without max_tokens."""
    return (
        refused(incoming, respond, "max_tokens is required")
        if set(sent(incoming)) == {"messages", "model"}
        else respond(incoming)
    )


@breaks("chat.roles-main", apis=("genos",))
@breaks("chat.multi-turn", apis=("cloud-temple",))
def system_role_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses system messages."""
    return (
        refused(incoming, respond, "system messages are not supported")
        if "system" in _roles(incoming)
        else respond(incoming)
    )


@breaks("chat.multi-turn", "requests.assistant-empty", "requests.own-message", apis=("cloud-temple",))
@breaks("chat.roles-main", "requests.assistant-empty", "requests.own-message", apis=("genos",))
def earlier_turns_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses messages of the assistant."""
    plain = "assistant" in _roles(incoming) and not set(_roles(incoming)) - {"system", "user", "assistant"}
    return refused(incoming, respond, "only one message is allowed") if plain else respond(incoming)


def _roles(incoming: Incoming) -> list[object]:
    messages = sent(incoming).get("messages")
    return [m.get("role") for m in messages if isinstance(m, dict)] if isinstance(messages, list) else []


@breaks("chat.stop-respected", "semantics.stop-stream", apis=("neuroflash", "openai"))
@breaks("semantics.stop-stream", apis=("genos",))
def stop_ignored(incoming: Incoming, respond: Respond) -> Answer:
    """Ignores stop texts."""
    return respond(without(incoming, "stop"))


@breaks("chat.seed-repeatable", apis=("neuroflash",), bugs=("sem-seed",))
def seed_ignored(incoming: Incoming, respond: Respond) -> Answer:
    """Answers differently each time although a seed is given."""

    def bend(body: dict[str, Any]) -> None:
        body["choices"][0]["message"]["content"] += f" ({next(_turn)})"

    seeded = {"seed"} == set(sent(incoming)) - {"model", "messages", "max_tokens"}
    return bent(incoming, respond, bend) if seeded else respond(incoming)


@breaks("chat.json-schema-honoured", apis=("neuroflash",))
def response_format_ignored(incoming: Incoming, respond: Respond) -> Answer:
    """Answers in prose although a JSON Schema is given."""
    return respond(without(incoming, "response_format"))


@breaks("chat.json-schema-honoured", apis=("neuroflash",))
def response_format_other_type(incoming: Incoming, respond: Respond) -> Answer:
    """Answers with a JSON value that the schema does not allow."""
    formed = "response_format" in sent(incoming)
    return (
        bent(incoming, respond, lambda b: b["choices"][0]["message"].update(content="[1]"))
        if formed
        else respond(incoming)
    )


@breaks("chat.tool-call-shape", "tools.choice-named", apis=("cloud-temple", "neuroflash"))
def tool_not_called(incoming: Incoming, respond: Respond) -> Answer:
    """Answers in words although the call of a tool is demanded."""
    forced = isinstance(sent(incoming).get("tool_choice"), dict)
    return respond(without(incoming, "tools", "tool_choice")) if forced else respond(incoming)


@breaks("chat.shape", "chat.tool-call-shape", "tools.arguments-text", apis=("neuroflash",))
@breaks("chat.tool-call-shape", "tools.arguments-text", apis=("cloud-temple",))
def tool_arguments_as_object(incoming: Incoming, respond: Respond) -> Answer:
    """Sends the arguments of a tool call as an object instead of a JSON text."""
    return _called(incoming, respond, lambda call: call["function"].update(arguments={}))


@breaks("chat.tool-call-shape", "tools.arguments-valid", apis=("cloud-temple", "neuroflash"))
def tool_arguments_broken(incoming: Incoming, respond: Respond) -> Answer:
    """Cuts the JSON text of a tool call's arguments."""
    return _called(incoming, respond, lambda call: call["function"].update(arguments='{"colour": "bl'))


@breaks("chat.shape", "chat.tool-call-shape", "tools.id", apis=("neuroflash",))
@breaks("chat.tool-call-shape", "tools.id", apis=("cloud-temple",))
def tool_call_without_id(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves out the id of a tool call."""
    return _called(incoming, respond, lambda call: call.pop("id"))


def _called(incoming: Incoming, respond: Respond, bend: Any) -> Answer:  # noqa: ANN401 - a lambda
    def each(body: dict[str, Any]) -> None:
        for choice in body["choices"]:
            for call in choice["message"].get("tool_calls", ()):
                bend(call)

    return bent(incoming, respond, each)
