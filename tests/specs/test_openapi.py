"""The OpenAPI documents of the APIs."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import timedelta

import httpx
import pytest
import schemathesis
from documents import document, media, members, operations, resolved, schemas
from openapi_spec_validator import OpenAPIV32SpecValidator
from schemathesis.core.failures import Failure, FailureGroup

OPERATIONS = {
    "cloud-temple": {
        "createChatCompletion": "POST /chat/completions",
        "createCompletion": "POST /completions",
        "createEmbedding": "POST /embeddings",
        "listModels": "GET /models",
        "rerank": "POST /rerank",
        "createTranscription": "POST /audio/transcriptions",
    },
    "genos": {"listModels": "GET /v1/models", "createChatCompletion": "POST /v1/chat/completions"},
    "neuroflash": {"createChatCompletion": "POST /chat/completions", "getHealth": "GET /health"},
    "multi-llm": {
        "generate": "POST /generate",
        "generateStream": "POST /generate/stream",
        "listModels": "GET /models",
        "getModelStatus": "GET /models/{model_id}/status",
        "getHealth": "GET /health",
        "getUsageStats": "GET /stats/usage",
        "getPerformanceStats": "GET /stats/performance",
        "configureModel": "PUT /config/models/{model_id}",
        "configureLoadBalancing": "PUT /config/load-balancing",
    },
    "openai": {
        "createChatCompletion": "POST /chat/completions",
        "createCompletion": "POST /completions",
        "createEmbedding": "POST /embeddings",
        "listModels": "GET /models",
        "retrieveModel": "GET /models/{model}",
    },
}
COMPONENTS = {
    "cloud-temple": "ChatRequest ChatCompletion ChatCompletionRecommended ChatCompletionChunk "
    "ChatCompletionChunkRecommended CompletionRequest Completion EmbeddingRequest EmbeddingList ModelList "
    "ModelListRecommended ModelPermission ModelListPermissions Error ToolCall RerankRequest RerankResult Transcription",
    "genos": "ChatRequest ChatCompletion ChatCompletionRecommended ChatCompletionChunk ChatCompletionChunkRecommended "
    "ModelList ModelListRecommended ToolCall Error",
    "neuroflash": "ChatRequest ChatResponse ChatCompletion ChatCompletionChunk Health Error ToolCall",
    "multi-llm": "GenerateRequest GenerateResponse StreamChunk StreamChunkRecommended ModelList ModelStatus Health "
    "UsageStats PerformanceStats ModelConfiguration LoadBalancing Error ErrorRecommended ModelUnavailableRecommended",
    "openai": "ChatRequest ChatCompletion ChatCompletionRecommended ChatCompletionChunk ChatCompletionChunkRecommended "
    "FinishReasons ToolCall CompletionRequest Completion CompletionRecommended CompletionChunk "
    "CompletionChunkRecommended EmbeddingRequest EmbeddingList Model ModelRecommended ModelList ModelListRecommended "
    "Usage Error ErrorRecommended",
}
every_api = pytest.mark.parametrize("api", sorted(OPERATIONS))
STREAM = {"Content-Type": "text/event-stream"}


@every_api
def test_document_is_valid_openapi_3_2(api):
    """The document is valid under the OpenAPI 3.2 meta-schema and its own references."""
    assert document(api)["openapi"] == "3.2.0"
    assert list(OpenAPIV32SpecValidator(document(api)).iter_errors()) == []


@every_api
def test_every_reference_resolves(api):
    """Every $ref leads to something in the document."""
    references = [target for _, target in members(document(api), "$ref")]
    assert references
    assert [target for target in references if target[1:] not in schemas(api)] == []


@every_api
def test_operations_are_the_documented_ones(api):
    """The operations have the ids, methods and paths that other parts rely on, each id once."""
    found = [(operation["operationId"], f"{method} {path}") for method, path, operation in operations(api)]
    assert len(found) == len(dict(found))
    assert dict(found) == OPERATIONS[api]


@every_api
def test_fixed_components_exist(api):
    """Every component that requirement rows may name is there and compiles."""
    names = COMPONENTS[api].split()
    assert [name for name in names if f"/components/schemas/{name}" not in schemas(api)] == []
    for name in document(api)["components"]["schemas"]:
        schemas(api).problem(name, {})


@every_api
def test_every_operation_documents_success_and_refusal(api):
    """Each operation has a 2xx, a 401 and a catch-all 4XX, the refusals with an error body."""
    for _, _, operation in operations(api):
        answers = operation["responses"]
        assert any(status.startswith("2") for status in answers)
        for status in ("401", "4XX"):
            body = resolved(api, answers[status])["content"]["application/json"]["schema"]
            assert body == {"$ref": "#/components/schemas/Error"}


@every_api
def test_every_operation_needs_a_credential(api):
    """Security holds for the whole document, and no operation is exempt."""
    assert document(api)["security"]
    assert [operation["operationId"] for *_, operation in operations(api) if "security" in operation] == []


@every_api
def test_examples_are_of_their_schema(api):
    """Every JSON example is valid under the schema that it illustrates."""
    found = 0
    for pointer, body in media(api, "application/json"):
        for name, example in body.get("examples", {}).items():
            problem = schemas(api).problem(body["schema"]["$ref"][1:], resolved(api, example)["value"])
            assert problem is None, (pointer, name, problem)
            found += 1
    for at, example in members(document(api), "example"):
        assert schemas(api).problem(f"{at}/schema", example) is None
    assert found


@every_api
def test_response_schemas_are_open(api):
    """No schema that an answer is judged by forbids undocumented extra fields."""
    for name, schema in document(api)["components"]["schemas"].items():
        closed = [at for at, value in members(schema, "additionalProperties") if value is False]
        in_request = name.startswith(("Promised", "Plain")) or name.endswith("Message")
        assert in_request or closed == [], name


@every_api
def test_patterns_run_in_every_engine(api):
    r"""Patterns avoid \p{…}, which Python's regular expressions refuse, and compile there."""
    for _, pattern in members(document(api), "pattern"):
        assert r"\p{" not in pattern
        re.compile(pattern)


@every_api
def test_event_streams_end_with_done(api):
    """An event's data is a text, [DONE] among them; an event without data is refused."""
    streams = list(media(api, "text/event-stream"))
    assert streams
    for pointer, _ in streams:
        item = f"{pointer}/itemSchema"
        assert schemas(api).valid(item, {"data": "[DONE]"})
        assert schemas(api).valid(item, {"data": '{"id": "x"}'})
        assert not schemas(api).valid(item, {})
        assert not schemas(api).valid(item, {"data": {"id": "x"}})
        assert not schemas(api).valid(item, "[DONE]")


@every_api
def test_schemathesis_loads_the_document(api):
    """Schemathesis sees every operation of the document."""
    loaded = schemathesis.openapi.from_dict(deepcopy(document(api)))
    found = {operation.ok().definition.raw["operationId"] for operation in loaded.get_all_operations()}
    assert found == set(OPERATIONS[api])


def test_schemathesis_takes_the_documented_stream_and_refuses_a_bent_one():
    """The documented stream is valid event by event; an event whose content is a number is not."""
    loaded = schemathesis.openapi.from_dict(deepcopy(document("multi-llm")))
    operation = loaded["/generate/stream"]["POST"]
    asked = httpx.Request("POST", "http://127.0.0.1/api/llm/generate/stream")
    text = document("multi-llm")["components"]["examples"]["Stream"]["serializedValue"]
    assert text.startswith('data: {"id":"stream_123"')
    assert text.endswith("data: [DONE]\n\n")
    good, bent = (
        httpx.Response(200, headers=STREAM, content=said.encode(), request=asked)
        for said in (text, text.replace('"天"', "7"))
    )
    good.elapsed = bent.elapsed = timedelta()
    operation.validate_response(good)
    with pytest.raises((Failure, FailureGroup)):
        operation.validate_response(bent)


def test_both_editions_of_cloud_temple_are_quoted():
    """The examples of the German and of the Spanish edition are both there, and differ in language only."""
    examples = document("cloud-temple")["components"]["examples"]
    german, spanish = (examples[f"{edition}ChatCompletion"]["value"] for edition in ("German", "Spanish"))
    assert german["choices"][0]["message"]["content"] != spanish["choices"][0]["message"]["content"]
    assert {**german, "choices": []} == {**spanish, "choices": []}


def test_genos_base_url_is_a_template():
    """The serving and the installation are variables of the server URL."""
    server = document("genos")["servers"][0]
    assert server["url"] == "{genos_url}/api/gateway/rep/serving/{serving_id}"
    assert {name: said["default"] for name, said in server["variables"].items()} == {
        "genos_url": "https://genos.example",
        "serving_id": "43",
    }


def test_every_query_parameter_of_the_usage_statistics_is_there():
    """The period's two days are required and dates, the model is optional."""
    found = {
        one["name"]: (one["required"], one["schema"].get("format"))
        for one in document("multi-llm")["paths"]["/stats/usage"]["get"]["parameters"]
    }
    assert found == {"start_date": (True, "date"), "end_date": (True, "date"), "model": (False, None)}
