"""The server's answers are of the documented schemas, the recommended parts included."""

from __future__ import annotations

import json
from functools import cache

import pytest
import yaml

from conformance.contract.load import data
from conformance.contract.schema import Schemas

TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}
CALL = {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "get_weather"}}}
USAGE = {"stream": True, "stream_options": {"include_usage": True}}
EMBED = {"model": "granite-embedding:278m", "input": ["a", "b"]}
TEXT = {"model": "reference-mini", "prompt": "a"}
HELLO = {"model": "reference-mini", "messages": [{"role": "user", "content": "Hello"}]}
RERANK = {"model": "bge", "query": "a", "documents": ["a", "b"]}


@cache
def schemas(api):
    """Return the schemas of an API's OpenAPI document."""
    return Schemas(yaml.safe_load((data("specs") / api / "openapi.yaml").read_text(encoding="utf-8")))


def checked(client, response, name):
    """Assert that a JSON answer, or each event of a stream, is of the schema."""
    bodies = [response.json()] if response.headers["content-type"] == "application/json" else events(response)
    found = schemas(client.api)
    assert f"/components/schemas/{name}" in found
    for body in bodies:
        assert found.problem(name, body) is None, body


def events(response):
    """Return the JSON events of a stream."""
    *found, done, _ = response.text.split("\n\n")
    assert done == "data: [DONE]"
    return [json.loads(event.removeprefix("data: ")) for event in found]


@pytest.mark.parametrize("fields", [{}, {"max_tokens": 3}, {"n": 2}, CALL], ids=["plain", "capped", "two", "call"])
def test_chat_answers_are_as_documented(openai_like, fields):
    """An unstreamed answer has the recommended shape, a streamed one in every chunk."""
    recommended = "" if openai_like.api == "neuroflash" else "Recommended"

    checked(openai_like, openai_like.chat(**fields), f"ChatCompletion{recommended}")
    checked(openai_like, openai_like.chat(**fields, **USAGE), f"ChatCompletionChunk{recommended}")


def test_errors_are_as_documented(client):
    """Errors of every kind have the documented format."""
    name = "ErrorRecommended" if client.api == "multi-llm" else "Error"
    for response in (
        client.chat(temperature=9),
        client.get("/nope"),
        client.get(client.chat_path),
        client.post(client.chat_path, json=client.body() | {"model": "none"}),
        client.post(client.chat_path, json=client.body(), headers={"Authorization": "Bearer x"}),
    ):
        checked(client, response, name)


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        ("/models", None, "ModelListRecommended"),
        ("/embeddings", EMBED, "EmbeddingList"),
        ("/completions", {"model": "granite3.3:8b", "prompt": "a"}, "Completion"),
        ("/rerank", RERANK, "RerankResult"),
    ],
)
def test_cloud_temples_other_answers_are_as_documented(cloud_temple, path, body, name):
    """Models, embeddings, completions and rankings have the documented shape."""
    checked(cloud_temple, cloud_temple.post(path, json=body) if body else cloud_temple.get(path), name)


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        ("/models", None, "ModelListRecommended"),
        ("/models/reference-mini", None, "ModelRecommended"),
        ("/embeddings", EMBED | {"model": "reference-embedding-small"}, "EmbeddingList"),
        ("/embeddings", EMBED | {"model": "reference-embedding-small", "encoding_format": "base64"}, "EmbeddingList"),
        ("/completions", TEXT, "CompletionRecommended"),
        ("/completions", TEXT | {"echo": True, "logprobs": 2, "n": 2}, "CompletionRecommended"),
        ("/completions", TEXT | {"logprobs": 2} | USAGE, "CompletionChunkRecommended"),
        ("/chat/completions", HELLO | {"logprobs": True, "top_logprobs": 2}, "ChatCompletionRecommended"),
        ("/chat/completions", HELLO | {"logprobs": True} | USAGE, "ChatCompletionChunkRecommended"),
        ("/chat/completions", HELLO | {"temperature": 9}, "ErrorRecommended"),
    ],
)
def test_openais_answers_are_as_documented(openai, path, body, name):
    """Models, embeddings, completions, log probabilities and errors have the recommended shape."""
    checked(openai, openai.post(path, json=body) if body else openai.get(path), name)


def test_genos_models_are_as_documented(genos):
    """The list of models has OpenAI's shape."""
    checked(genos, genos.get("/v1/models"), "ModelListRecommended")


def test_neuroflash_health_is_as_documented(neuroflash):
    """The health is JSON."""
    checked(neuroflash, neuroflash.get("/health"), "Health")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/models", "ModelList"),
        ("/models/gpt-4/status", "ModelStatus"),
        ("/health", "Health"),
        ("/stats/usage", "UsageStats"),
        ("/stats/performance", "PerformanceStats"),
    ],
)
def test_multi_llm_reports_are_as_documented(multi_llm, path, name):
    """Every report has the documented shape, before anything was asked and after."""
    checked(multi_llm, multi_llm.get(path), name)
    checked(multi_llm, multi_llm.chat(), "GenerateResponse")
    checked(multi_llm, multi_llm.post("/generate/stream", json=multi_llm.body()), "StreamChunkRecommended")
    checked(multi_llm, multi_llm.get(path), name)


def test_multi_llm_unavailability_is_as_documented(multi_llm):
    """A disabled model's refusal has the documented details."""
    multi_llm.put("/config/models/gemini-pro", json={"enabled": False})

    checked(multi_llm, multi_llm.chat(), "ModelUnavailableRecommended")
