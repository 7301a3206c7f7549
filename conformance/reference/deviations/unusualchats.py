"""Deviations of whole chat answers that only an unusual chat shows."""

from __future__ import annotations

import json
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from conformance.reference.deviations.options import without
from conformance.reference.deviations.registry import ALL_APIS, OPENAI_LIKE, breaks
from conformance.reference.deviations.unusualfaults import WORDED, bent, failing, paged
from conformance.reference.deviations.unusualreading import (
    CHATS,
    is_thai,
    last_text,
    messages,
    number,
    said,
    streams,
    texts,
    word,
)

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond

_LONG, _TOO_LONG = 4_096, 100_000
"""Characters of a content that is long, and of one that is too long for some models."""
_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_ids: WeakKeyDictionary[Respond, list[str]] = WeakKeyDictionary()
"""The ids of the first whole answers of each server."""
_turn = count()


@breaks("generate.id", apis=("multi-llm",))
@breaks("chat.id", apis=("cloud-temple", "genos", "openai"))
def third_answer_repeats_an_id(incoming: Incoming, respond: Respond) -> Answer:
    """Gives its third whole chat answer the id of its second."""

    def bend(body: dict[str, Any]) -> None:
        given = _ids.setdefault(respond, [])
        if len(given) == 2:
            body["id"] = given[1]
        if len(given) < 3:
            given.append(body["id"])

    return bent(incoming, respond, bend, where=incoming.operation in CHATS)


@breaks("generate.usage-adds-up", apis=("multi-llm",))
@breaks("chat.usage-adds-up", apis=OPENAI_LIKE)
def characters_beyond_ascii_counted_twice(incoming: Incoming, respond: Respond) -> Answer:
    """Counts each character beyond ASCII that was sent to a chat once more in the total of tokens."""
    more = sum(not character.isascii() for text in texts(incoming) for character in text)

    def add(body: dict[str, Any]) -> None:
        body["usage"]["total_tokens"] += more

    return bent(incoming, respond, add, where=bool(more) and incoming.operation in CHATS)


@breaks("chat.max-tokens", apis=("cloud-temple", "neuroflash", "openai"))
def one_token_counted_as_two(incoming: Incoming, respond: Respond) -> Answer:
    """Counts two tokens where max_tokens is 1."""

    def add(body: dict[str, Any]) -> None:
        body["usage"]["completion_tokens"] += 1
        body["usage"]["total_tokens"] += 1

    return bent(incoming, respond, add, where=number(incoming, "max_tokens") == 1 and incoming.operation in CHATS)


@breaks("generate.shape", apis=("multi-llm",), generated=True)
def one_token_has_no_choices(incoming: Incoming, respond: Respond) -> Answer:
    """Answers with no choices where max_tokens is 1."""
    single = number(incoming, "max_tokens") == 1 and incoming.operation in CHATS
    return bent(incoming, respond, lambda body: body.update(choices=[]), where=single)


@breaks("generate.usage-adds-up", apis=("multi-llm",))
@breaks("chat.usage-adds-up", apis=OPENAI_LIKE)
def total_of_one_at_temperature_zero(incoming: Incoming, respond: Respond) -> Answer:
    """Counts one token in all in a whole answer at temperature 0."""
    cold = number(incoming, "temperature") == 0 and incoming.operation in CHATS
    return bent(incoming, respond, lambda body: body["usage"].update(total_tokens=1), where=cold)


@breaks("robustness.answered", apis=ALL_APIS, generated=True)
@breaks("http.whole", apis=OPENAI_LIKE, generated=True)
def long_content_cut_off(incoming: Incoming, respond: Respond) -> Answer:
    """Closes the connection in its whole answer to a content of more than 4,096 characters."""
    answer = respond(incoming)
    if (
        not streams(incoming)
        and any(_LONG < len(text) < _TOO_LONG for text in texts(incoming))
        and incoming.operation in CHATS
    ):
        answer.cut = 20
    return answer


@breaks("robustness.no-5xx", apis=OPENAI_LIKE, generated=True)
@breaks("chat.roles-extra", "chat.unknown-role", apis=("genos",), generated=True)
def unknown_role_after_a_tool_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 500 to a message of an unknown role after what a tool told."""
    roles = [message.get("role") for message in messages(incoming)]
    odd = any(before == "tool" and role not in _ROLES for before, role in pairwise(roles))
    return failing(incoming, respond, where=odd)


@breaks("generate.indices", apis=("multi-llm",), generated=True)
@breaks("chat.indices", apis=("cloud-temple", "genos", "openai"), generated=True)
def talk_numbered_from_one(incoming: Incoming, respond: Respond) -> Answer:
    """Numbers the choices from 1 in its answer to five or more messages."""
    long = len(messages(incoming)) >= 5
    return bent(incoming, respond, lambda body: body["choices"][0].update(index=1), where=long)


@breaks("content.json-type", apis=ALL_APIS, generated=True)
@breaks("chat.shape", apis=("cloud-temple", "genos", "openai"), generated=True)
@breaks("chat.object-response", apis=("neuroflash",), generated=True)
@breaks("generate.shape", apis=("multi-llm",), generated=True)
def quotes_not_escaped(incoming: Incoming, respond: Respond) -> Answer:
    """Writes a content that has a double quote into its whole answer as it is."""
    text = last_text(incoming)
    answer = respond(incoming)
    if incoming.operation in CHATS and '"' in text and answer.status == 200 and isinstance(answer.body, dict):
        rest = json.dumps(answer.body)[1:]
        answer.body = f'{{"prompt": "{text}", {rest}'.encode("utf-8", "replace")
    return answer


@breaks("generate.shape", apis=("multi-llm",), generated=True)
@breaks("chat.shape", apis=OPENAI_LIKE, generated=True)
def one_character_has_no_choices(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a content of one character with no choices."""
    short = len(last_text(incoming)) == 1 and incoming.operation in CHATS
    return bent(incoming, respond, lambda body: body.update(choices=[]), where=short)


@breaks("content.non-ascii", "robustness.no-5xx", apis=ALL_APIS, generated=True)
@breaks("errors.shape", apis=WORDED, generated=True)
@breaks("errors.envelope", apis=("multi-llm",), generated=True)
def thai_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a content that begins in Thai with the 500 page of a proxy."""
    return paged(incoming, respond, where=any(map(is_thai, texts(incoming))))


@breaks("robustness.no-5xx", apis=ALL_APIS, generated=True)
@breaks("chat.params-accepted", apis=("cloud-temple",), generated=True)
@breaks("generate.request", apis=("multi-llm",), generated=True)
def whole_nucleus_with_warmth_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 500 where top_p is 1 and a temperature above 1 is given."""
    warm = number(incoming, "top_p") == 1 and (number(incoming, "temperature") or 0) > 1
    return failing(incoming, respond, where=warm)


@breaks("chat.seed-repeatable", apis=("neuroflash",), generated=True)
def seed_of_zero_ignored(incoming: Incoming, respond: Respond) -> Answer:
    """Answers differently each time although the seed is 0."""

    def bend(body: dict[str, Any]) -> None:
        body["choices"][0]["message"]["content"] += f" ({next(_turn)})"

    return bent(incoming, respond, bend, where=number(incoming, "seed") == 0)


@breaks("chat.stop-respected", apis=("neuroflash", "openai"), generated=True)
def four_stops_ignored(incoming: Incoming, respond: Respond) -> Answer:
    """Ignores four stop texts in a whole answer."""
    stops = word(incoming, "stop")
    four = isinstance(stops, list) and len(stops) == 4 and not streams(incoming)
    return respond(without(incoming, "stop") if four else incoming)


@breaks("choices.count", apis=("genos", "openai"), generated=True)
def third_choice_missing(incoming: Incoming, respond: Respond) -> Answer:
    """Answers with two choices at most in a whole answer."""
    many = (number(incoming, "n") or 1) > 2 and incoming.operation in CHATS
    return bent(incoming, respond, lambda body: body.update(choices=body["choices"][:2]), where=many)


@breaks("robustness.no-5xx", apis=OPENAI_LIKE, generated=True)
def empty_part_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 500 to a content with an empty text part."""
    contents = [message.get("content") for message in messages(incoming)]
    empty = any({"type": "text", "text": ""} in content for content in contents if isinstance(content, list))
    return failing(incoming, respond, where=empty)


@breaks("generate.cost-adds-up", apis=("multi-llm",), generated=True)
def hottest_answer_free(incoming: Incoming, respond: Respond) -> Answer:
    """Asks no cost in total for an answer at temperature 2."""
    hot = number(incoming, "temperature") == 2
    return bent(incoming, respond, lambda body: body["cost"].update(total_cost=0), where=hot and bool(said(incoming)))
