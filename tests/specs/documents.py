"""The shipped specifications as the tests read them, without the loader."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from conformance.contract.load import data
from conformance.contract.schema import Schemas

if TYPE_CHECKING:
    from collections.abc import Iterator

API_IDS = ("cloud-temple", "genos", "multi-llm", "neuroflash", "openai")


@cache
def document(api: str) -> dict[str, Any]:
    """Return one API's document."""
    text = (data("specs") / api / "openapi.yaml").read_text(encoding="utf-8")
    return json.loads(json.dumps(yaml.safe_load(text)))


@cache
def profile(api: str) -> dict[str, Any]:
    """Return one API's profile."""
    return tomllib.loads((data("specs") / api / "profile.toml").read_text(encoding="utf-8"))


@cache
def schemas(api: str) -> Schemas:
    """Return one API's schemas, compiled."""
    return Schemas(document(api))


def operations(api: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield every operation: its method, path and description."""
    for path, item in document(api)["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def members(value: Any, name: str, at: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every place in a JSON value where an object has a member of this name."""
    if isinstance(value, dict):
        if name in value:
            yield at, value[name]
        for key, inside in value.items():
            yield from members(inside, name, f"{at}/{key.replace('~', '~0').replace('/', '~1')}")
    if isinstance(value, list):
        for number, inside in enumerate(value):
            yield from members(inside, name, f"{at}/{number}")


def media(api: str, media_type: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every body of this media type: its pointer, its media type object."""
    for at, content in members(document(api)["paths"], "content"):
        if media_type in content:
            yield f"/paths{at}/content/{media_type.replace('/', '~1')}", content[media_type]


def resolved(api: str, value: dict[str, Any]) -> dict[str, Any]:
    """Return what a reference leads to, or the value itself."""
    while "$ref" in value:
        here: Any = document(api)
        for token in value["$ref"].split("/")[1:]:
            here = here[token]
        value = here
    return value


def quoted(api: str, name: str) -> Any:
    """Return the value of a documented example."""
    return document(api)["components"]["examples"][name]["value"]


def described(operation_id: str, api: str) -> dict[str, Any]:
    """Return the description of an operation."""
    return next(said for *_, said in operations(api) if said["operationId"] == operation_id)


def request_schema(operation: dict[str, Any]) -> dict[str, Any] | None:
    """Return the schema of an operation's request body, of whatever media type, or None."""
    body = operation.get("requestBody")
    return None if body is None else next(iter(body["content"].values()))["schema"]
