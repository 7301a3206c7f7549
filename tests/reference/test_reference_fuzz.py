"""Generated requests: none gets a 5xx, and those that the documents promise to answer are answered."""

from __future__ import annotations

import json
import tomllib
from copy import deepcopy
from functools import cache

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode

from conformance.contract.load import data
from conformance.contract.schema import Schemas
from conformance.reference.server import ALL

CASES = 20
EMBEDDING = {"cloud-temple": "granite-embedding:278m", "openai": "reference-embedding-small"}


@cache
def document(api):
    """Return the OpenAPI document of an API."""
    return yaml.safe_load((data("specs") / api / "openapi.yaml").read_text(encoding="utf-8"))


@cache
def facts(api):
    """Return what the profile says about each operation."""
    return tomllib.loads((data("specs") / api / "profile.toml").read_text(encoding="utf-8"))["operations"]


def operations(api):
    """Return method, path and id of each operation that takes no form, whose cases only another client can send."""
    return [
        (method.upper(), path, operation["operationId"])
        for path, item in document(api)["paths"].items()
        for method, operation in item.items()
        if "operationId" in operation
        and "multipart/form-data" not in operation.get("requestBody", {}).get("content", {})
    ]


def can_be_invalid(api, method, path):
    """Tell whether a request can break its schema: any text is a valid header or path parameter."""
    operation = document(api)["paths"][path][method.lower()]
    return "requestBody" in operation or any(p.get("in") == "query" for p in operation.get("parameters", ()))


EACH = [pytest.param(api, *operation, id=f"{api}-{operation[2]}") for api in ALL for operation in operations(api)]
MODES = [
    pytest.param(*each.values, mode, id=f"{each.id}-{mode.value}")
    for each in EACH
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    if mode is GenerationMode.POSITIVE or can_be_invalid(*each.values[:3])
]
PROMISED = [each for each in EACH if "promised" in facts(each.values[0])[each.values[3]]]


def cases(openapi, method, path, mode):
    """Return generated cases of one operation, always the same ones."""
    schema = schemathesis.openapi.from_dict(openapi)
    schema.config.generation.update(with_security_parameters=False)
    operation = schema[path][method]
    found = []

    @seed(1)
    @settings(
        max_examples=CASES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def collect(case):
        found.append(case)

    collect()
    return found


def sent(client, case):
    """Send a case with the client's own credentials."""
    said = case.as_transport_kwargs(base_url=str(client.base_url).rstrip("/"))
    said.pop("cookies", None)
    if isinstance(said.get("data"), bytes | str):
        said["content"] = said.pop("data")
    return client.request(**{**said, "headers": {**said.get("headers", {}), **client.headers}})


def own_model(client, operation, body):
    """Return a body with a model that the server has for this operation."""
    if not isinstance(body, dict) or "model" not in body:
        return body
    model = EMBEDDING[client.api] if operation == "createEmbedding" else client.model
    return body | {"model": model}


@pytest.mark.parametrize(("client", "method", "path", "operation", "mode"), MODES, indirect=["client"])
def test_no_generated_request_gets_a_5xx(client, method, path, operation, mode):
    """Valid or not, a generated request gets a documented success or a 4xx, as JSON or a stream."""
    for case in cases(document(client.api), method, path, mode):
        case.body = own_model(client, operation, case.body)
        response = sent(client, case)

        assert response.status_code < 500, (response.text, case.body)
        assert response.content == b"" or response.headers["content-type"] in {"application/json", "text/event-stream"}


@pytest.mark.parametrize(("client", "method", "path", "operation"), PROMISED, indirect=["client"])
def test_promised_requests_are_answered(client, method, path, operation):
    """Each request that the documents promise to answer gets a 2xx, whose JSON is of the documented schema."""
    openapi = deepcopy(document(client.api))
    content = openapi["paths"][path][method.lower()]["requestBody"]["content"]
    content["application/json"] = {
        "schema": {"$ref": f"#/components/schemas/{facts(client.api)[operation]['promised']}"}
    }
    schemas = Schemas(document(client.api))
    ok = next(s for s in openapi["paths"][path][method.lower()]["responses"] if s.startswith("2"))
    shape = f"/paths/{path.replace('/', '~1')}/{method.lower()}/responses/{ok}/content/application~1json/schema"
    for case in cases(openapi, method, path, GenerationMode.POSITIVE):
        case.body = own_model(client, operation, case.body)
        case.path_parameters = dict.fromkeys(case.path_parameters or (), client.model)
        response = sent(client, case)

        assert response.is_success, (response.text, case.body)
        if response.headers["content-type"] == "application/json" and shape in schemas:
            assert schemas.problem(shape, json.loads(response.content)) is None
