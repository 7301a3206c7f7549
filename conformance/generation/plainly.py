"""Plain bodies that drawn values are put into, so that a request has nothing else that is special."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.generation.draft import MODEL, aimless
from conformance.probes import errors
from conformance.probes.asking import SHORT
from conformance.probes.target import placed

if TYPE_CHECKING:
    from conformance.contract.model import Api, Operation

_DIGITS = 4
"""Decimal places of drawn numbers: more would be lost in a single-precision float, or be no other number there."""


def plain(api: Api, operation: Operation, text: str = SHORT) -> dict[str, Any]:
    """Return a body that the documents promise to answer, with this text to read."""
    body = errors.plain(aimless(api), operation)
    if operation.kind == "rerank":
        return {**body, "query": text}
    for word in ("messages", "prompt", "input"):
        if pointer := operation.request.get(word):
            placed(body, pointer, [{"role": "user", "content": text}] if word == "messages" else text)
            break
    return body


def worded(body: dict[str, Any], operation: Operation, **words: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """Return a body that says these words of the profile too; None takes a word out."""
    copy: dict[str, Any] = json.loads(json.dumps(body))
    for word, value in words.items():
        if pointer := operation.request.get(word):
            _taken_out(copy, pointer) if value is None else placed(copy, pointer, value)
    return copy


def _taken_out(body: dict[str, Any], pointer: str) -> None:
    *way, last = pointer.split("/")[1:]
    here: Any = body
    for token in way:
        here = here.get(token) if isinstance(here, dict) else None
    if isinstance(here, dict):
        here.pop(last, None)


def path_of(operation: Operation) -> tuple[tuple[str, str], ...]:
    """Return the path parameters of a request: the model in use."""
    return tuple((name, MODEL) for name in ("model_id", "model") if f"{{{name}}}" in operation.path)


def numbered(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON value with its numbers as people write them: 6 for 6.0, few decimal places."""
    if isinstance(value, float):
        rounded = round(value, _DIGITS)
        return int(rounded) if rounded.is_integer() else rounded
    if isinstance(value, dict):
        return {name: numbered(item) for name, item in value.items()}
    return [numbered(item) for item in value] if isinstance(value, list) else value


def key(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return a short text that tells a JSON value from others."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 60 else f"{text[:57]}..."
