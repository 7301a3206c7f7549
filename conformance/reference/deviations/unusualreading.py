"""What a request says, read for what is unusual in it."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.reference.answer import Incoming

CHATS = frozenset({"createChatCompletion", "generate", "generateStream"})
_TEXTS = frozenset({"createCompletion", "createEmbedding"})
_PAIR = re.compile(rb"\\ud[89ab][0-9a-f]{2}", re.IGNORECASE)
_NOT_A_NUMBER = re.compile(rb"[:\[,]\s*-?(?:NaN|Infinity)\b")


def said(incoming: Incoming) -> dict[str, Any]:
    """Return the JSON object that was sent for something to be generated; empty where there is none."""
    generating = incoming.operation in CHATS | _TEXTS
    return incoming.json if generating and isinstance(incoming.json, dict) else {}


def word(incoming: Incoming, name: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return an option of a request, wherever its API has it; None where it is absent."""
    further = said(incoming).get("parameters")
    return {**said(incoming), **further}.get(name) if isinstance(further, dict) else said(incoming).get(name)


def number(incoming: Incoming, name: str) -> float | None:
    """Return an option that is a number, or None."""
    found = word(incoming, name)
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None


def streams(incoming: Incoming) -> bool:
    """Tell whether a chat is to be answered with a stream."""
    return incoming.operation == "generateStream" or (incoming.operation in CHATS and word(incoming, "stream") is True)


def messages(incoming: Incoming) -> list[dict[str, Any]]:
    """Return the messages of a chat that are objects."""
    found = said(incoming).get("messages")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def texts(incoming: Incoming) -> list[str]:
    """Return every text that a request gives to a model."""
    given = [message.get("content") for message in messages(incoming)]
    return list(_strings([*given, said(incoming).get("prompt"), said(incoming).get("input")]))


def last_text(incoming: Incoming) -> str:
    """Return the last text that a request gives to a model, or the empty string."""
    return (texts(incoming) or [""])[-1]


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each.get("text") if isinstance(each, dict) else each)


def first_letter(text: str) -> str:
    """Return the first letter of a text, or the empty string."""
    return next((character for character in text if character.isalpha()), "")


def is_right_to_left(text: str) -> bool:
    """Tell whether the first letter of a text is written from right to left."""
    letter = first_letter(text)
    return bool(letter) and unicodedata.bidirectional(letter) in {"R", "AL"}


def is_thai(text: str) -> bool:
    """Tell whether the first letter of a text is Thai."""
    return "\u0e01" <= first_letter(text) <= "\u0e2e"


def has_emoji(text: str) -> bool:
    """Tell whether a text has a pictograph outside the Basic Multilingual Plane."""
    return any("\U0001f300" <= character <= "\U0001faff" for character in text)


def has_flag(text: str) -> bool:
    """Tell whether a text has a flag, which is written as two regional indicators."""
    return any("\U0001f1e6" <= character <= "\U0001f1ff" for character in text)


def has_lone_surrogate(text: str) -> bool:
    """Tell whether a text has half of a surrogate pair, which only an escape can write."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def has_escaped_pair(incoming: Incoming) -> bool:
    """Tell whether a body writes a character outside the Basic Multilingual Plane as two escapes."""
    return _PAIR.search(incoming.body) is not None


def has_no_number(incoming: Incoming) -> bool:
    """Tell whether a body has NaN or an infinity where JSON has a number."""
    return _NOT_A_NUMBER.search(incoming.body) is not None


def repeats_a_name(incoming: Incoming) -> bool:
    """Tell whether an object of a body names a member twice."""
    repeated: list[str] = []

    def note(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        repeated.extend([""] * (len(pairs) - len(found)))
        return found

    try:
        json.loads(incoming.body, object_pairs_hook=note)
    except (ValueError, RecursionError):
        return False
    return bool(repeated)
