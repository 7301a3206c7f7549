"""Deviations in how content is declared and written."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.reference.deviations.registry import ALL_APIS, OPENAI_LIKE, breaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.answer import Answer, Incoming, Respond

CHATS = ("createChatCompletion", "generate")


def _is_whole(incoming: Incoming, answer: Answer) -> bool:
    return incoming.operation in CHATS and answer.status == 200 and isinstance(answer.body, dict)


def _reworded(incoming: Incoming, answer: Answer, change: Callable[[str], str]) -> Answer:
    if _is_whole(incoming, answer):
        for choice in answer.body["choices"]:
            said = choice["message"]["content"]
            if isinstance(said, str) and not said.isascii():
                choice["message"]["content"] = change(said)
    return answer


def _unreadable(incoming: Incoming, respond: Respond) -> Answer:
    """Answer as to a body that is no JSON object."""
    return respond(replace(incoming, body=b"", json=[]))


def _declared(incoming: Incoming) -> str:
    return incoming.headers.get("content-type", "")


@breaks("content.json-type", apis=ALL_APIS)
def json_declared_as_html(incoming: Incoming, respond: Respond) -> Answer:
    """Declares JSON answers as text/html."""
    answer = respond(incoming)
    if answer.frames is None and answer.status == 200:
        answer.headers["Content-Type"] = "text/html; charset=utf-8"
    return answer


@breaks("content.json-type", apis=ALL_APIS)
def json_without_a_type(incoming: Incoming, respond: Respond) -> Answer:
    """Does not declare what its answers are."""
    answer = respond(incoming)
    if answer.frames is None and answer.status == 200:
        answer.headers["Content-Type"] = ""
    return answer


@breaks("content.json-type", apis=ALL_APIS, weakly=True)
def member_named_twice(incoming: Incoming, respond: Respond) -> Answer:
    """Names a member of its answer twice."""
    answer = respond(incoming)
    if _is_whole(incoming, answer):
        text = json.dumps(answer.body)
        answer.body = f'{{"id": null, {text[1:]}'.encode()
        answer.headers["Content-Type"] = "application/json"
    return answer


@breaks("content.charset", apis=ALL_APIS, bugs=("req-ct-charset",))
def charset_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses a content type with a charset."""
    if _declared(incoming).startswith("application/json;"):
        return respond(replace(incoming, headers={**incoming.headers, "content-type": "unknown"}))
    return respond(incoming)


@breaks("content.wrong-type", apis=ALL_APIS, bugs=("req-ct-wrong-accepted",))
def any_type_taken(incoming: Incoming, respond: Respond) -> Answer:
    """Reads a body as JSON whatever it is declared as."""
    if incoming.operation not in CHATS:
        return respond(incoming)
    return respond(replace(incoming, headers={**incoming.headers, "content-type": "application/json"}))


@breaks("content.wrong-type", "robustness.no-5xx", apis=ALL_APIS)
def wrong_type_crashes(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 500 to a body declared as another media type."""
    answer = respond(incoming)
    if answer.status == 415 and isinstance(answer.body, dict):
        answer.status = 500
        error = answer.body.get("error")
        (error if isinstance(error, dict) else answer.body)["code"] = "INTERNAL_ERROR"
    return answer


@breaks("content.json-request", apis=("cloud-temple", "multi-llm"))
def json_on_one_line_only(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses a JSON body of several lines."""
    laid_out = _declared(incoming).startswith("application/json") and b"\n" in incoming.body
    return _unreadable(incoming, respond) if laid_out else respond(incoming)


@breaks("content.non-ascii", apis=ALL_APIS)
def only_ascii_bodies(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses a chat whose body has bytes beyond ASCII."""
    raw = incoming.operation in CHATS and not incoming.body.isascii()
    return _unreadable(incoming, respond) if raw else respond(incoming)


@breaks("content.non-ascii", apis=ALL_APIS)
def escapes_beyond_the_plane_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses surrogate pairs in escapes."""
    paired = incoming.operation in CHATS and b"\\ud8" in incoming.body.lower()
    return _unreadable(incoming, respond) if paired else respond(incoming)


@breaks("content.non-ascii", apis=ALL_APIS)
def text_encoded_twice(incoming: Incoming, respond: Respond) -> Answer:
    """Reads UTF-8 as Latin-1 and encodes it again."""
    answer = respond(incoming)
    return _reworded(incoming, answer, lambda said: said.encode().decode("latin-1"))


@breaks("content.non-ascii", apis=ALL_APIS)
def characters_replaced(incoming: Incoming, respond: Respond) -> Answer:
    """Replaces characters outside the Basic Multilingual Plane by U+FFFD."""
    answer = respond(incoming)
    return _reworded(incoming, answer, lambda said: "".join("\ufffd" if c > "\uffff" else c for c in said) + ".")


@breaks("content.non-ascii", apis=ALL_APIS)
def half_a_pair_escaped(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the first half of each surrogate pair only."""
    answer = respond(incoming)
    return _reworded(incoming, answer, lambda said: "".join("\ud83e" if c > "\uffff" else c for c in said))


@breaks("content.non-ascii", apis=ALL_APIS, weakly=True)
@breaks("generate.cost-matches-pricing", apis=("multi-llm",))
@breaks("usage.prompt-steady", apis=OPENAI_LIKE)
def escapes_counted_as_text(incoming: Incoming, respond: Respond) -> Answer:
    """Counts the prompt's tokens before escapes are undone."""
    answer = respond(incoming)
    if _is_whole(incoming, answer) and b"\\u" in incoming.body:
        more = len(incoming.body) // 4
        for count in ("prompt_tokens", "total_tokens"):
            answer.body["usage"][count] += more
    return answer
