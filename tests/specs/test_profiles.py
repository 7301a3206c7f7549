"""The profiles of the APIs."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
import pytest
from documents import API_IDS, described, document, operations, profile, quoted, request_schema, resolved

from conformance.contract.load import data
from conformance.contract.model import Caps, Companion, Credential, Models, Operation

every_api = pytest.mark.parametrize("api", API_IDS)


@cache
def profile_schema() -> jsonschema_rs.Draft202012Validator:
    text = (data("specs") / "profile.schema.json").read_text(encoding="utf-8")
    return jsonschema_rs.Draft202012Validator(json.loads(text), validate_formats=True)


def names_a_property(api: str, schema: dict[str, Any], pointer: str) -> bool:
    here = resolved(api, schema)
    for token in pointer.split("/")[1:]:
        if token not in here.get("properties", {}):
            return False
        here = resolved(api, here["properties"][token])
    return True


@every_api
def test_profile_is_of_its_schema(api):
    """The profile is valid under the shipped schema."""
    problems = [f"{error.instance_path}: {error.message}" for error in profile_schema().iter_errors(profile(api))]
    assert problems == []


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("undocumented", 1),
        ("base_url", None),
        ("base_url", "https://api.example/v1/"),
        ("base_path", "v1/"),
        ("key_env", "lower_case"),
        ("credential", []),
        ("credential", [{"header": "Authorization", "cookie": "x"}]),
        ("companion", [{"header": "x-workspace-id"}]),
        ("caps/short", 0),
        ("caps/shortest", 1),
        ("models/items", "data"),
        ("models/operation", None),
        ("models/embedding_pattern", ""),
        ("operations/listModels/effect", "write"),
        ("operations/listModels/effect", None),
        ("operations/listModels/kind", "list"),
        ("operations/listModels/streams", "sometimes"),
        ("operations/createChatCompletion/promised", "ChatRequest"),
        ("operations/createChatCompletion/request/model", "model"),
    ],
    ids=str,
)
def test_a_bent_profile_is_refused(pointer, value):
    """An unknown key, a missing one (None here) or a value of another kind is refused."""
    bent = deepcopy(profile("cloud-temple"))
    *way, last = pointer.split("/")
    here = bent
    for token in way:
        here = here.setdefault(token, {})
    here[last] = value
    if value is None:
        del here[last]
    assert not profile_schema().is_valid(bent)


@every_api
def test_every_operation_has_an_entry_and_the_reverse(api):
    """The profile drives exactly the operations of the OpenAPI document."""
    assert set(profile(api)["operations"]) == {said["operationId"] for *_, said in operations(api)}


@every_api
def test_profile_is_what_the_loader_reads(api):
    """The contract's data classes take the profile's tables as they are."""
    facts = profile(api)
    assert all(Credential(**way).value("k").endswith("k") for way in facts["credential"])
    assert all(Companion(**header).fallback for header in facts.get("companion", ()))
    Models(**facts["models"])
    Caps(**facts.get("caps", {}))
    for method, path, said in operations(api):
        Operation(said["operationId"], method, path, **facts["operations"][said["operationId"]])


@every_api
def test_base_url_is_the_documented_server(api):
    """The base URL is the document's first server, the base path its path with the variables filled in."""
    server = document(api)["servers"][0]
    filled = server["url"]
    for name, said in server.get("variables", {}).items():
        filled = filled.replace(f"{{{name}}}", said["default"])
    assert profile(api)["base_url"] == server["url"]
    assert profile(api)["base_path"] == urlsplit(filled).path


@every_api
def test_credentials_and_companions_are_the_security_schemes(api):
    """What the profile sends with every request is what the document's security asks for."""
    known = document(api)["components"]["securitySchemes"]
    facts = profile(api)
    companions = {header["header"] for header in facts.get("companion", ())}
    asked = []
    for way in document(api)["security"]:
        schemes = [known[name] for name in way]
        headers = {one["name"] for one in schemes if one["type"] == "apiKey"}
        bearer = any(one["type"] == "http" and one["scheme"] == "bearer" for one in schemes)
        assert companions <= headers
        asked += [("Authorization", "Bearer")] if bearer else [(name, "") for name in sorted(headers - companions)]
    assert [(way["header"], way.get("scheme", "")) for way in facts["credential"]] == asked


@every_api
def test_every_word_points_to_a_documented_property(api):
    """Every pointer of a request table leads to a property of the request schema, and every top property has a word."""
    for operation_id, facts in profile(api)["operations"].items():
        schema = request_schema(described(operation_id, api))
        words = facts.get("request", {})
        assert bool(words) == (schema is not None), operation_id
        if schema is not None:
            assert [p for p in words.values() if not names_a_property(api, schema, p)] == [], operation_id
            assert {p.split("/")[1] for p in words.values()} == set(resolved(api, schema)["properties"]), operation_id


@every_api
def test_streaming_operations_have_an_event_stream(api):
    """Whatever streams documents an event stream and has a word for the field that asks for one."""
    for operation_id, facts in profile(api)["operations"].items():
        if facts.get("streams", "never") != "never":
            assert "text/event-stream" in described(operation_id, api)["responses"]["200"]["content"]
            assert "stream" in facts["request"]


@every_api
def test_effects_follow_the_methods(api):
    """A GET reads, a PUT configures, a POST costs tokens."""
    effects = {"GET": "read", "PUT": "configure", "POST": "generate"}
    for method, _, said in operations(api):
        assert profile(api)["operations"][said["operationId"]]["effect"] == effects[method]


@every_api
def test_models_are_found_where_the_documents_show_them(api):
    """The model list's pointers lead to ids in the documented example, and its operation lists models."""
    models = profile(api)["models"]
    if "operation" not in models:
        assert models["candidates"] == ["gpt-4o-mini", "gpt-4o", "string"]
        return
    assert profile(api)["operations"][models["operation"]]["kind"] == "models"
    if "ModelList" in document(api)["components"]["examples"]:
        element = quoted(api, "ModelList")[models["items"].strip("/")][0]
        assert isinstance(element[models["id"].strip("/")], str)
    pattern = re.compile(models["embedding_pattern"])
    for name in ("granite-embedding:278m", "bge-m3", "multilingual-e5-large", "gte-base", "text-embedding-3-small"):
        assert pattern.search(name), name
    for name in (
        "granite3.3:8b",
        "gemini-pro",
        "gpt-4",
        "claude-3",
        "/model/snapshots/9eb2daaa8597bf192a8b0e73f848f3a1",
    ):
        assert not pattern.search(name), name
