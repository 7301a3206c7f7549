"""Legal variations in what is made of unusual requests."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.reference.answer import NOT_JSON
from conformance.reference.deviations.failing import reworded
from conformance.reference.deviations.registry import ALL_APIS, OPENAI_LIKE, breaks
from conformance.reference.deviations.unusualreading import (
    CHATS,
    has_lone_surrogate,
    has_no_number,
    messages,
    repeats_a_name,
    said,
    texts,
    word,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.answer import Answer, Incoming, Respond

_LONGEST = 2_000
_MEGABYTE = 1_000_000
_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_OPTIONS = ("temperature", "top_p", "max_tokens")


def _refused(incoming: Incoming, respond: Respond, text: str, *, where: bool, status: int = 400) -> Answer:
    """Refuse a request in the API's own error format where that is so."""
    if not where:
        return respond(incoming)
    answer = reworded(respond(replace(incoming, body=b"[]", json=[])), text)
    answer.status = status if answer.status == 400 else answer.status
    return answer


@breaks(apis=ALL_APIS)
def legal_long_contents_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses a content of more than 2,000 characters as too long for its context."""
    long = incoming.operation in CHATS and any(len(text) > _LONGEST for text in texts(incoming))
    answer = _refused(incoming, respond, "The maximum context length is 512 tokens.", where=long)
    if long and incoming.api in {"cloud-temple", "genos", "openai"} and answer.status == 400:
        answer.body["error"]["code"] = "context_length_exceeded"
    return answer


@breaks(apis=ALL_APIS)
def legal_control_characters_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses control characters."""
    odd = any(character < " " and not character.isspace() for text in texts(incoming) for character in text)
    return _refused(incoming, respond, "Control characters are not allowed.", where=odd)


@breaks(apis=ALL_APIS, generated=True)
def legal_lone_surrogates_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses half of a surrogate pair, which Unicode has no character for."""
    halved = any(map(has_lone_surrogate, texts(incoming)))
    return _refused(incoming, respond, "A text is no Unicode.", where=halved)


@breaks(apis=ALL_APIS, generated=True)
def legal_nan_taken_for_null(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: takes NaN and infinities for null."""
    if incoming.json is not NOT_JSON or not has_no_number(incoming):
        return respond(incoming)
    try:
        read = json.loads(incoming.body, parse_constant=lambda _name: None)
    except (ValueError, RecursionError):
        return respond(incoming)
    return respond(replace(incoming, json=read))


@breaks(apis=ALL_APIS, generated=True)
def legal_repeated_names_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses a body that names a member twice, where others take the last."""
    return _refused(incoming, respond, "A member is named twice.", where=repeats_a_name(incoming))


@breaks(apis=ALL_APIS, generated=True)
def legal_numbers_in_texts_taken(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: takes a text for the number that it says."""
    odd = [name for name in _OPTIONS if isinstance(word(incoming, name), str)]
    return respond(_converted(incoming, odd, _number) if odd else incoming)


def _number(text: object) -> object:
    try:
        return json.loads(text) if isinstance(text, str) and len(text) < 20 else text
    except ValueError:
        return text


def _converted(incoming: Incoming, names: list[str], change: Callable[[object], object]) -> Incoming:
    body = deepcopy(said(incoming))
    for holder in (body, body.get("parameters")):
        if isinstance(holder, dict):
            holder.update({name: change(holder[name]) for name in names if name in holder})
    return replace(incoming, json=body)


@breaks(apis=OPENAI_LIKE)
def legal_temperature_of_zero_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses a temperature of exactly 0, as a model without one does, and says so."""
    text = "Unsupported value: 'temperature' does not support 0 with this model."
    cold = word(incoming, "temperature") == 0 and incoming.operation == "createChatCompletion"
    return _refused(incoming, respond, text, where=cold)


@breaks(apis=ALL_APIS)
def legal_megabyte_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses a body of a million bytes with 413."""
    long = len(incoming.body) >= _MEGABYTE
    answer = _refused(incoming, respond, "The body is too large.", where=long, status=413)
    if answer.status == 413 and incoming.api == "multi-llm":
        answer.body["error"]["code"] = "PAYLOAD_TOO_LARGE"
    return answer


@breaks(apis=("cloud-temple", "neuroflash", "openai"), generated=True)
def legal_unknown_roles_heard_as_users(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: takes a message of an unknown role for one of the user."""
    changed = replace(incoming, json=deepcopy(incoming.json))
    odd = [m for m in messages(changed) if isinstance(m.get("role"), str) and m["role"] not in _ROLES]
    for message in odd:
        message["role"] = "user"
    return respond(changed if odd else incoming)


@breaks(apis=ALL_APIS, generated=True)
def legal_whole_floats_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses 12.0 where an integer is due."""
    odd = isinstance(word(incoming, "max_tokens"), float)
    return _refused(incoming, respond, "max_tokens must be an integer.", where=odd)
