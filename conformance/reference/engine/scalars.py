"""Numbers and strings that a JSON Schema allows; a fork chooses between equally good ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from conformance.reference.engine.patterns import Sampler

if TYPE_CHECKING:
    from conformance.reference.engine.schemas import Schema

Fork = Callable[[Sequence[Any]], Any]
"""Chooses one of several values."""

_LONGEST = 20_000

_FORMATS = {
    "date-time": "2025-01-01T12:00:00Z",
    "date": "2025-01-01",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "email": "reference@example.com",
    "idn-email": "reference@example.com",
    "hostname": "example.com",
    "idn-hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "uri-reference": "/example",
    "iri": "https://example.com/",
    "iri-reference": "/example",
    "uri-template": "/example/{id}",
    "uuid": "2d5a4b1c-7f66-4c7c-9a3e-0d2f3b4c5d6e",
    "json-pointer": "/example",
    "relative-json-pointer": "0/example",
    "regex": "[a-z]+",
}
_WORDS = ("reference", "a", "value", "Paris", "", "1", "example text", "yes")


class DeadEndError(Exception):
    """This try at a value leads nowhere."""


def integer(schema: Schema, fork: Fork) -> int:
    """Return an integer between the schema's bounds, a multiple of its step."""
    return int(_stepped(schema, max(1, math.ceil(schema.get("multipleOf", 1))), fork))


def number(schema: Schema, fork: Fork) -> float:
    """Return a number between the schema's bounds, a multiple of its step if it has one."""
    if "multipleOf" in schema:
        return _stepped(schema, schema["multipleOf"], fork)
    low, high = _bounds(schema)
    if low is None:
        return float(fork([1, 0, 20.5, -3])) if high is None else high - 1
    if high is None:
        return low + 1
    return float(fork([(low + high) / 2, low, high]))


def _stepped(schema: Schema, step: float, fork: Fork) -> float:
    low, high = _bounds(schema)
    further: int = fork([0, 1, 2])
    if low is not None:
        first = int(-(-low // step))
        return (first + (first * step == schema.get("exclusiveMinimum")) + further) * step
    if high is not None:
        last = int(high // step)
        return (last - (last * step == schema.get("exclusiveMaximum")) - further) * step
    return (1 + further) * step


def _bounds(schema: Schema) -> tuple[float | None, float | None]:
    lows = [schema[word] for word in ("minimum", "exclusiveMinimum") if word in schema]
    highs = [schema[word] for word in ("maximum", "exclusiveMaximum") if word in schema]
    return max(lows, default=None), min(highs, default=None)


def string(schema: Schema, name: str, fork: Fork, extra: int) -> str:
    """Return a string of the schema's pattern, format or length; else its property's name.

    `extra` is a number that decides how many repeats more than the least a pattern gets.

    Raises:
        DeadEndError: the string would be too long.
        PatternError: the pattern is not of the known subset.
    """
    least, most = schema.get("minLength", 0), schema.get("maxLength", math.inf)
    if least > _LONGEST:
        raise DeadEndError
    if "pattern" in schema:
        return Sampler(schema["pattern"], fork, extra % (int(least) + 4)).sample()
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    text = str(fork([name, *_WORDS]))
    while len(text) < least:
        text += f" {name}" if name else " …"
    return text if len(text) <= most else text[: int(most)]
