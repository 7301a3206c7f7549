"""What the specification says of the fields of an operation's request body."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.contract.model import Api, Operation

_JSON = "application/json"


def json_type(value: object) -> str:
    """Return the JSON type of a value, in JSON Schema's words; 6.0 is an integer (2020-12, § 4.2.3)."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer"
    return {float: "number", str: "string", list: "array"}.get(type(value), "object")


def of_type(value: object, types: frozenset[str]) -> bool:
    """Tell whether a value is of one of the types; no types stand for any."""
    found = json_type(value)
    return not types or found in types or (found == "integer" and "number" in types)


def takes_json(api: Api, operation: Operation) -> bool:
    """Tell whether the operation takes a JSON body."""
    return bool(_schema(api, operation))


def required(api: Api, operation: Operation) -> tuple[frozenset[str], ...]:
    """Return the required fields of the request body; of alternatives, one must be there."""
    schema = _schema(api, operation)
    each = [frozenset({name}) for name in schema.get("required", ())]
    branches = [branch.get("required", ()) for branch in schema.get("anyOf", ())]
    if branches and all(branches):
        each.append(frozenset(name for branch in branches for name in branch))
    return tuple(each)


def types(api: Api, operation: Operation, pointer: str) -> frozenset[str]:
    """Return the JSON types that a field is documented to have; none where it may be anything."""
    schema: Mapping[str, Any] = _schema(api, operation)
    for token in pointer.split("/")[1:]:
        schema = api.resolve(schema.get("properties", {}).get(token, {}))
    return frozenset(_types(api, schema))


def example(api: Api, operation: Operation, name: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return a copy of a documented example of the request body, or None."""
    said = _content(api, operation).get("examples", {}).get(name, {})
    return deepcopy(api.resolve(said).get("value"))


def _types(api: Api, schema: Mapping[str, Any]) -> Iterator[str]:
    said = schema.get("type", ())
    yield from [said] if isinstance(said, str) else said
    for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _types(api, api.resolve(branch))
    if not said:
        yield from (json_type(value) for value in schema.get("enum", ()))
        if "const" in schema:
            yield json_type(schema["const"])


def _schema(api: Api, operation: Operation) -> Mapping[str, Any]:
    return api.resolve(_content(api, operation).get("schema", {}))


def _content(api: Api, operation: Operation) -> Mapping[str, Any]:
    said = api.openapi["paths"][operation.path][operation.method.lower()]
    found = api.resolve(said.get("requestBody", {})).get("content", {}).get(_JSON, {})
    return dict(found)
