"""What is special about a request, in words, so that a refusal is put down to the right promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.judges.values import MISSING, at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.judges.reading import Reading

PLAIN = frozenset({"model", "messages", "input", "prompt", "max_tokens", "temperature"})
"""Words of a plain request: every probe says them."""

LONG_BODY = 20_000
"""Bytes from which on a request may exceed what a model takes in."""


def features(reading: Reading) -> frozenset[str]:
    r"""Name what is special about a request.

    `param:<word>` for each optional field (a temperature of 0 is plain), `stream`, `non-ascii`, `escaped` (non-ASCII text in `\u` form),
    `charset`, `scheme-case`, `credential:<header>` for a way that is not the first, `credential:both`,
    `header:<name>` for a documented optional header, `role:<role>` for each role but user, `multi-turn`, `long`,
    `unknown-field`, `control-chars`.
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
    documented = {c.header.lower() for c in (*profile.credentials, *profile.companions)}
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
    if b"\\u00" in body.lower():
        yield "control-chars"
    for word, pointer in operation.request.items():
        value = at(reading.sent, pointer)
        if value is MISSING or (word in PLAIN and (word, value == 0) != ("temperature", False)):
            continue
        if word != "stream" or value is not True:
            yield f"param:{word}"
        elif operation.streams == "on-request":
            yield "stream"
    if isinstance(reading.sent, dict):
        known = {pointer.split("/")[1] for pointer in operation.request.values()}
        if operation.request and not set(reading.sent) <= known:
            yield "unknown-field"


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
