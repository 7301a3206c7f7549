"""The JSON body of a request: parsed without ever raising, then demanded by the operations that need one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from conformance.reference.answer import NOT_JSON
from conformance.reference.fields import Fields
from conformance.reference.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.reference.answer import Incoming

LARGEST = 10_000_000
"""Bytes of a request body that are read at most."""

_DEEPEST = 100


def parsed(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Return the JSON value that a body is, or `NOT_JSON`; NaN and deep nesting are no JSON here."""
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except (
        ValueError,
        RecursionError,
    ):  # a UnicodeDecodeError is a ValueError, so is a number of too many digits
        return NOT_JSON
    return value if _shallow(body, value) else NOT_JSON


def demanded(incoming: Incoming) -> Fields:
    """Return the fields of the JSON object that the body must be.

    Raises:
        Refusal: 415 for another media type, 413 for too long a body, 400 for anything that is no JSON object.
    """
    declared = incoming.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared != "application/json":
        raise Refusal(415, "The body must be sent as application/json.", "media-type")
    if len(incoming.body) > LARGEST:
        raise Refusal(413, f"The body is longer than {LARGEST} bytes.", "too-large")
    if incoming.json is NOT_JSON:
        raise Refusal(400, "The body is not a JSON text of reasonable depth.", "malformed")
    if not isinstance(incoming.json, dict):
        raise Refusal(400, "The body must be a JSON object.", "malformed")
    return Fields(incoming.json)


def _refuse(literal: str) -> NoReturn:
    raise ValueError(f"{literal} is no JSON")


def _shallow(body: bytes, value: object) -> bool:
    if body.count(b"[") + body.count(b"{") <= _DEEPEST:
        return True
    level = _containers([value])
    for _ in range(_DEEPEST):
        if not level:
            return True
        level = [
            inner for outer in level for inner in _containers(outer.values() if isinstance(outer, dict) else outer)
        ]
    return False


def _containers(values: Iterable[Any]) -> list[dict[str, Any] | list[Any]]:
    return [value for value in values if isinstance(value, dict | list)]
