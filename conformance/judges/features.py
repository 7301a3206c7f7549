"""What is special about a request, in words, so that a refusal is put down to the right promise."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from conformance.judges.values import MISSING, at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Operation
    from conformance.judges.reading import Reading

PLAIN = frozenset({"model", "messages", "input", "prompt", "parameters", "max_tokens", "temperature"})
"""Words of a plain request: every probe says them, the cap under its newer name where a target takes no other."""

LONG_BODY = 20_000
"""Bytes from which on a request may exceed what a model takes in."""

DEEP = 100
"""Levels of nesting from which on a reader may give up (RFC 8259 § 9)."""

_SEARCHED = 100_000
"""Bytes of a body that are searched for what is special in its text."""

_CONTROL = re.compile(rb"\\u00[01][0-9a-fA-F]")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_HUGE = re.compile(rb"[0-9]{309,}|[0-9][eE]\+?(?:309|3[1-9][0-9]|[4-9][0-9]{2}|[0-9]{4,})")
_NO_BRACKET = re.compile(rb"[^\[{\]}]+")


def features(reading: Reading) -> frozenset[str]:
    r"""Name what is special about a request.

    `param:<word>` for each optional field (a temperature of 0 is plain), `stream`, `non-ascii`, `escaped` (non-ASCII
    text in `\u` form), `charset`, `scheme-case`, `credential:<header>` for a way that is not the first,
    `credential:both`, `header:<name>` for a documented optional header, `role:<role>` for each role but user,
    `parts:<role>` where it speaks in parts, `multi-turn`, `long`,
    `unknown-field`, `control-chars`, `deep` (nests by the hundred), `huge-number` (beyond the range of a double),
    `empty-body`, `pretty` (laid out over several lines).
    """
    return frozenset([*_of_head(reading), *_of_body(reading), *_of_messages(reading)])


def _of_head(reading: Reading) -> Iterator[str]:
    request, profile = reading.exchange.request, reading.api.profile
    if ";" in (request.header("content-type") or ""):
        yield "charset"
    presented = [way for way in profile.credentials if request.header(way.header)]
    for way in presented:
        scheme = (request.header(way.header) or "").partition(" ")[0]
        if way.scheme and scheme != way.scheme and scheme.lower() == way.scheme.lower():
            yield "scheme-case"
    if len(presented) > 1:
        yield "credential:both"
    elif presented and presented[0] is not profile.credentials[0]:
        yield f"credential:{presented[0].header.lower()}"
    documented = {way.header.lower() for way in profile.credentials} | {c.header.lower() for c in profile.companions}
    for parameter in _header_parameters(reading):
        if parameter not in documented and request.header(parameter) is not None:
            yield f"header:{parameter}"


def _header_parameters(reading: Reading) -> list[str]:
    if reading.operation is None:
        return []
    item = reading.api.openapi["paths"].get(reading.operation.path, {})
    said = [
        *item.get("parameters", ()),
        *item.get(reading.operation.method.lower(), {}).get("parameters", ()),
    ]
    resolved = (reading.api.resolve(parameter) for parameter in said)
    return [parameter["name"].lower() for parameter in resolved if parameter.get("in") == "header"]


def _of_body(reading: Reading) -> Iterator[str]:
    operation, body = reading.operation, reading.exchange.request.body
    if operation is None or not operation.has_body:
        return
    if len(body) > LONG_BODY:
        yield "long"
    if not body.isascii():
        yield "non-ascii"
    if b"\\u" in body:
        yield "escaped"
    if _CONTROL.search(body):
        yield "control-chars"
    yield from _of_text(body[:_SEARCHED])
    yield from _of_words(reading, operation)


def _of_words(reading: Reading, operation: Operation) -> Iterator[str]:
    for word, pointer in operation.request.items():
        value = at(reading.sent, pointer)
        plain = word in PLAIN or word == reading.cap_word
        if value is MISSING or (plain and (word, value == 0) != ("temperature", False)):
            continue
        if word != "stream" or value is not True:
            yield f"param:{word}"
        elif operation.streams != "always":
            yield "stream"
    if isinstance(reading.sent, dict):
        known = {pointer.split("/")[1] for pointer in operation.request.values()}
        if operation.request and not set(reading.sent) <= known:
            yield "unknown-field"


@lru_cache(maxsize=512)
def _of_text(body: bytes) -> tuple[str, ...]:
    return tuple(_in_text(body))


def _in_text(body: bytes) -> Iterator[str]:
    if not body:
        yield "empty-body"
    if b"\n" in body:
        yield "pretty"
    bare = _STRING.sub(b"", body)
    if _HUGE.search(bare):
        yield "huge-number"
    level = deepest = 0
    for bracket in _NO_BRACKET.sub(b"", bare):
        level += 1 if bracket in b"[{" else -1
        deepest = max(deepest, level)
    if deepest >= DEEP:
        yield "deep"


def _of_messages(reading: Reading) -> Iterator[str]:
    messages = reading.word("messages")
    if not isinstance(messages, list):
        return
    if len(messages) > 1:
        yield "multi-turn"
    for message in messages:
        role = message.get("role") if isinstance(message, dict) else None
        if isinstance(role, str) and role != "user":
            yield f"role:{role}"
            if isinstance(message.get("content"), list):
                yield f"parts:{role}"
