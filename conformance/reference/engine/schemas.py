"""JSON Schema read for writing: references followed, `allOf` folded into one schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable

Schema = dict[str, Any]

_TIGHTEST: dict[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
    "required": lambda a, b: [*a, *(name for name in b if name not in a)],
    "enum": lambda a, b: [value for value in a if value in b],
}

_TYPE_OF = (
    (
        "object",
        {
            "properties",
            "required",
            "additionalProperties",
            "patternProperties",
            "minProperties",
            "propertyNames",
        },
    ),
    ("array", {"items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"}),
    ("string", {"pattern", "format", "minLength", "maxLength"}),
    ("number", {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
)

_ANY = ("string", "integer", "boolean", "object", "array", "null")


def followed(root: object, reference: str) -> object:
    """Return what a local reference (`#/$defs/x`) leads to; True, which allows anything, where it leads nowhere."""
    here = root
    for token in unquote(reference.removeprefix("#")).split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(here, dict) and name in here:
            here = here[name]
        elif isinstance(here, list) and name.isdecimal() and int(name) < len(here):
            here = here[int(name)]
        else:
            return True
    return here


def merged(one: Schema, other: Schema) -> Schema:
    """Return one schema that says what both say, as nearly as one can."""
    result = dict(one)
    for keyword, value in other.items():
        if keyword not in result:
            result[keyword] = value
        elif keyword in _TIGHTEST:
            result[keyword] = _TIGHTEST[keyword](result[keyword], value)
        elif keyword == "properties":
            result[keyword] = _properties(result[keyword], value)
        elif keyword == "type":
            result[keyword] = _types(result[keyword], value)
        elif keyword == "items" and isinstance(value, dict) and isinstance(result[keyword], dict):
            result[keyword] = merged(result[keyword], value)
        elif keyword in {"allOf", "anyOf", "oneOf"} or result[keyword] is True:
            result[keyword] = value
    return result


def _properties(one: Schema, other: Schema) -> Schema:
    both = {**other, **one}
    for name in one.keys() & other.keys():
        if isinstance(one[name], dict) and isinstance(other[name], dict):
            both[name] = merged(one[name], other[name])
    return both


def _types(one: Any, other: Any) -> list[Any]:  # noqa: ANN401 - what the keyword says
    first, second = (said if isinstance(said, list) else [said] for said in (one, other))
    return [t for t in first if t in second or (t == "integer" and "number" in second)] + [
        t for t in second if t == "integer" and "number" in first and "integer" not in first
    ]


def types_of(schema: Schema) -> list[str]:
    """Return the JSON types that a schema allows or lets one guess, the most telling first."""
    said = schema.get("type")
    if isinstance(said, str):
        return [said]
    if isinstance(said, list):
        return sorted(said, key=lambda name: name == "null")
    return [name for name, keywords in _TYPE_OF if keywords & schema.keys()] or list(_ANY)
