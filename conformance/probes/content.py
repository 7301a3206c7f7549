"""Requests that differ in how their content is written or declared."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from conformance.probes.asking import ask
from conformance.probes.registry import probe

if TYPE_CHECKING:
    from conformance.contract.model import Operation
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

SCRIPTS = (
    "Repeat this text exactly: Grüße, ça va, Ελληνικά, Привет, שלום, مرحبا, हिन्दी, ไทย, 你好, こんにちは, 안녕하세요, "
    "🦊 👩‍👩‍👧 𝄞"
)
"""Text in many scripts, with emoji and a music sign outside the Basic Multilingual Plane."""

TOKENS = 96
"""Output tokens: room for the whole text, which takes many."""

WRONG_TYPES = ("text/plain", "application/x-www-form-urlencoded")


@probe()
def content_scripts(target: Target) -> Calls:
    r"""Sends text in many scripts, once as it is and once in `\u` escapes."""
    for operation in _whole_chats(target):
        body = ask(target, operation, SCRIPTS, tokens=TOKENS)
        yield target.call(operation, body)
        yield target.call(operation, json.dumps(body).encode(), tokens=TOKENS)


@probe()
def content_forms(target: Target) -> Calls:
    """Sends a JSON body over several lines, and one with its charset declared."""
    for operation in _whole_chats(target):
        body = ask(target, operation)
        laid_out = json.dumps(body, indent=2, ensure_ascii=False).encode()
        typed = (("content-type", "application/json"),)
        yield target.call(operation, laid_out, headers=typed, tokens=target.api.profile.caps.short)
        charset = (("Content-Type", "application/json; charset=utf-8"),)
        yield target.call(operation, body, headers=charset)


@probe()
def content_wrong_type(target: Target) -> Calls:
    """Declares a JSON body as another media type."""
    for operation in _whole_chats(target):
        for media_type in WRONG_TYPES:
            yield target.call(operation, ask(target, operation, tokens=1), headers=(("Content-Type", media_type),))


def _whole_chats(target: Target) -> list[Operation]:
    return [operation for operation in target.of_kind("chat") if operation.streams != "always"]
