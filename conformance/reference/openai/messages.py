"""Reads the messages of a chat request."""

from __future__ import annotations

import base64
import binascii
import re

from conformance.reference.engine.turns import Turn
from conformance.reference.fields import Fields
from conformance.reference.refusal import Refusal

ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_PARTS = {"text": "text", "refusal": "refusal", "image_url": "", "input_audio": "", "file": ""}
"""Kinds of content parts, with the field that holds text."""
_DATA_URL = re.compile(r"data:image/[\w.+-]+(?:;[\w.+-]+=[\w.+-]+)*;base64,", re.IGNORECASE)


def conversation(request: Fields) -> tuple[Turn, ...]:
    """Return the turns of the request's `messages`, refusing what OpenAI's format does not know."""
    request.required("messages")
    said = request.array("messages") or []
    if not said:
        raise request.wrong("messages", "a non-empty array")
    answerable: set[str] = set()
    turns = []
    for index, message in enumerate(said):
        fields = Fields(message, f"messages[{index}]") if isinstance(message, dict) else None
        if fields is None:
            raise Refusal(400, f"messages[{index}] must be an object.", "wrong-type", f"messages[{index}]")
        turns.append(_turn(fields, answerable))
    return tuple(turns)


def _turn(message: Fields, answerable: set[str]) -> Turn:
    message.required("role")
    role = message.text("role")
    if role not in ROLES:
        raise message.wrong("role", "one of " + ", ".join(ROLES))
    message.text("name")
    if role == "tool":
        _answers_a_call(message, answerable)
    if role == "function":
        message.required("name")
    calls = _calls(message, answerable) if role == "assistant" else ""
    if not (role == "assistant" and (calls or message.present("function_call") or message.present("refusal"))):
        message.required("content")
    text, media = content(message)
    return Turn(role, text + calls, media)


def _answers_a_call(message: Fields, answerable: set[str]) -> None:
    message.required("tool_call_id")
    if message.text("tool_call_id") not in answerable:
        raise message.wrong("tool_call_id", "the id of a call in an assistant message before it")


def _calls(message: Fields, answerable: set[str]) -> str:
    """Return the text that the calls of an assistant message amount to, remembering their ids."""
    text = ""
    for index, said in enumerate(message.array("tool_calls") or []):
        where = message.path(f"tool_calls[{index}]")
        if not isinstance(said, dict):
            raise Refusal(400, f"{where} must be an object.", "wrong-type", where)
        call = Fields(said, where)
        call.required("id")
        call.required("function")
        function = call.object("function") or call
        answerable.add(call.text("id") or "")
        text += f"{function.text('name') or ''}{function.text('arguments') or ''}"
    return text


def content(message: Fields) -> tuple[str, int]:
    """Return the text of a message's content, and how many of its parts are no text."""
    said = message.value("content")
    if said is None or isinstance(said, str):
        return said or "", 0
    if not isinstance(said, list) or not said:
        raise message.wrong("content", "a string or a non-empty array of parts")
    texts = [_part(part, message.path(f"content[{index}]")) for index, part in enumerate(said)]
    return "".join(text for text in texts if text is not None), texts.count(None)


def _part(said: object, where: str) -> str | None:
    if not isinstance(said, dict):
        raise Refusal(400, f"{where} must be an object.", "wrong-type", where)
    part = Fields(said, where)
    part.required("type")
    kind = part.text("type") or ""
    if kind not in _PARTS:
        raise part.wrong("type", "one of " + ", ".join(_PARTS))
    if not _PARTS[kind]:
        _check_picture(part, said.get("image_url"))
        return None
    part.required(_PARTS[kind])
    return part.text(_PARTS[kind]) or ""


def _check_picture(part: Fields, said: object) -> None:
    """Refuse a data URL (RFC 2397) that is no picture in base64."""
    url = said.get("url") if isinstance(said, dict) else None
    if not isinstance(url, str) or not url.lower().startswith("data:"):
        return
    found = _DATA_URL.match(url)
    try:
        picture = base64.b64decode(url[found.end() :], validate=True) if found else b""
    except (binascii.Error, ValueError):
        picture = b""
    if not picture:
        raise part.wrong("image_url", "a URL, or a data URL of a picture in base64")
