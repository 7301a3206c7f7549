"""The one place where JSON Schema decides: `jsonschema-rs` says whether, `jsonschema` says why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import jsonschema_rs
from referencing import Registry
from referencing.jsonschema import DRAFT202012

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import jsonschema

_URI = "urn:llm-conformance:api"
_FRAGMENT = "/~!$&'()*+,;=:@"
"""What a URI fragment may hold unescaped beside letters and digits (RFC 3986 § 3.5)."""


@dataclass(frozen=True)
class Problem:
    """Why a value is not of its schema: where (RFC 6901 pointer), what was expected, what was there."""

    where: str
    message: str
    expected: str
    actual: str


class Schemas:
    """The schemas of one OpenAPI document, each compiled once."""

    def __init__(self, openapi: Mapping[str, Any]) -> None:
        self._openapi = dict(openapi)
        self._rust = jsonschema_rs.Registry([(_URI, self._openapi)])
        self._python: Registry[Any] = Registry().with_resource(_URI, DRAFT202012.create_resource(self._openapi))
        self._decider = cache(self._compile)

    def __contains__(self, pointer: str) -> bool:
        """Tell whether the document has something at this pointer."""
        here: Any = self._openapi
        for token in self._pointer(pointer).split("/")[1:]:
            key = token.replace("~1", "/").replace("~0", "~")
            if not isinstance(here, dict) or key not in here:
                return False
            here = here[key]
        return True

    def valid(self, name: str, value: object) -> bool:
        """Tell whether a JSON value is of the schema: a component's name, or an RFC 6901 pointer into the document."""
        return bool(self._decider(self._pointer(name)).is_valid(value))

    def problem(self, name: str, value: object) -> Problem | None:
        """Return the best single reason why a JSON value is not of the schema, or None if it is."""
        pointer = self._pointer(name)
        decider = self._decider(pointer)
        if decider.is_valid(value):
            return None
        return explained(next(iter(decider.iter_errors(value))), self._best(pointer, value), value)

    def _compile(self, pointer: str) -> jsonschema_rs.Draft202012Validator:
        ref = {"$ref": _reference(pointer)}
        return jsonschema_rs.Draft202012Validator(ref, registry=self._rust, validate_formats=True)

    def _best(self, pointer: str, value: object) -> jsonschema.ValidationError | None:
        from jsonschema import Draft202012Validator
        from jsonschema.exceptions import best_match

        validator = Draft202012Validator({"$ref": _reference(pointer)}, registry=self._python)
        best: jsonschema.ValidationError | None = best_match(validator.iter_errors(value))
        return best

    @staticmethod
    def _pointer(name: str) -> str:
        return name if name.startswith("/") else f"/components/schemas/{name}"


def explained(first: jsonschema_rs.ValidationError, best: jsonschema.ValidationError | None, value: object) -> Problem:
    """Return in our words why a value is not of its schema: the best reason, else the first."""
    if best is None:
        return Problem(_join(first.instance_path), first.message, "a value of the documented schema", _shown(value))
    return Problem(_join(best.absolute_path), best.message, _expectation(best), _actual(best))


def _reference(pointer: str) -> str:
    return f"{_URI}#{quote(pointer, safe=_FRAGMENT)}"


def _join(path: Any) -> str:  # noqa: ANN401 - either library's path
    return "".join(f"/{str(token).replace('~', '~0').replace('/', '~1')}" for token in path)


_EXPECTATIONS: dict[str, Callable[[Any], str]] = {
    "type": lambda v: " or ".join(v) if isinstance(v, list) else str(v),
    "const": repr,
    "enum": lambda v: "one of " + ", ".join(map(repr, v)),
    "required": lambda v: "the fields " + ", ".join(v),
    "minimum": lambda v: f"at least {v}",
    "maximum": lambda v: f"at most {v}",
    "exclusiveMinimum": lambda v: f"more than {v}",
    "minItems": lambda v: f"at least {v} item(s)",
    "minLength": lambda v: f"at least {v} character(s)",
    "pattern": lambda v: f"text like {v}",
    "format": lambda v: f"a {v}",
}


def _expectation(error: jsonschema.ValidationError) -> str:
    words = _EXPECTATIONS.get(str(error.validator))
    return words(error.validator_value) if words else "a value of the documented schema"


def _actual(error: jsonschema.ValidationError) -> str:
    if error.validator == "required" and isinstance(error.instance, dict):
        return "an object with " + (", ".join(map(str, error.instance)) or "no fields")
    return _shown(error.instance)


def _shown(value: object, most: int = 120) -> str:
    text = repr(value)
    return text if len(text) <= most else text[: most - 1] + "…"
