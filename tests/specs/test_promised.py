"""Which requests the documents promise to answer."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
import schemathesis
from documents import API_IDS, described, document, operations, profile, request_schema, resolved, schemas
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode

every_api = pytest.mark.parametrize("api", API_IDS)
CHAT = "createChatCompletion"
HELLO = [{"role": "user", "content": "Hello"}]
ASKED = {"model": "m", "messages": HELLO}
PARAMETERS = {"type": "object", "properties": {"a": {"type": "string"}}}
TOOL = {"type": "function", "function": {"name": "f", "parameters": PARAMETERS}}
FORMAT = {"type": "json_schema", "json_schema": {"name": "f", "schema": PARAMETERS}}
PARTS = [{"type": "text", "text": "Hello"}]
CALLED = [
    *HELLO,
    {
        "role": "assistant",
        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
    },
    {"role": "tool", "tool_call_id": "c", "content": "ok"},
]
PROMISED = [
    ("cloud-temple", CHAT, {**ASKED, "temperature": 2.0, "top_p": 1, "max_tokens": 1, "stream": True, "user": "u"}),
    ("cloud-temple", "createCompletion", {"model": "m", "prompt": "Once"}),
    ("cloud-temple", "createEmbedding", {"model": "m", "input": ["a", "b"]}),
    ("cloud-temple", "rerank", {"model": "m", "query": "q", "documents": ["a"], "top_n": 1}),
    ("genos", CHAT, {**ASKED, "stop": ["a"], "seed": 7, "presence_penalty": -2, "n": 1}),
    ("genos", CHAT, {**ASKED, "messages": [{"role": "system", "content": "s"}, *HELLO]}),
    ("neuroflash", CHAT, {**ASKED, "tools": [TOOL], "tool_choice": "required", "reasoning_effort": "low"}),
    ("neuroflash", CHAT, {**ASKED, "temperature": 0.7, "max_tokens": 9, "seed": 1, "stop": "x", "stream": False}),
    (
        "neuroflash",
        CHAT,
        {**ASKED, "response_format": FORMAT, "repetition_penalty": 1.1, "reasoning": {"effort": "low"}},
    ),
    (
        "neuroflash",
        CHAT,
        {**ASKED, "structured_outputs": PARAMETERS, "web_search_options": {"search_context_size": "low"}},
    ),
    ("multi-llm", "generate", ASKED),
    ("multi-llm", "generateStream", {**ASKED, "parameters": {}}),
    ("openai", CHAT, {**ASKED, "stream": True, "stream_options": {"include_usage": True}, "stop": ["a", "b"]}),
    ("openai", CHAT, {**ASKED, "max_completion_tokens": 9, "temperature": 0, "top_p": 1, "seed": 7, "n": 1}),
    (
        "openai",
        CHAT,
        {**ASKED, "messages": [{"role": "developer", "content": PARTS}, {"role": "user", "content": PARTS}]},
    ),
    ("openai", "createCompletion", {"model": "m", "prompt": "Once", "max_tokens": 1, "stream": True}),
    ("openai", "createEmbedding", {"model": "m", "input": ["a", "b"], "encoding_format": "float"}),
]
NOT_PROMISED = [
    ("cloud-temple", CHAT, {**ASKED, "messages": []}),
    ("cloud-temple", CHAT, {**ASKED, "messages": [{"role": "assistant", "content": "a"}]}),
    ("cloud-temple", CHAT, {**ASKED, "messages": [{"role": "user", "content": " \n\u3000"}]}),
    ("cloud-temple", CHAT, {**ASKED, "messages": [{"role": "user", "content": "a\0"}]}),
    ("cloud-temple", CHAT, {**ASKED, "temperature": 2.1}),
    ("cloud-temple", CHAT, {**ASKED, "max_tokens": 0}),
    ("cloud-temple", CHAT, {**ASKED, "tools": []}),
    ("cloud-temple", CHAT, {**ASKED, "undocumented": 1}),
    ("cloud-temple", "createEmbedding", {"model": "m", "input": []}),
    ("genos", CHAT, {**ASKED, "messages": [{"role": "tool", "content": "a"}]}),
    ("genos", CHAT, {**ASKED, "messages": [*HELLO, *HELLO]}),
    ("genos", CHAT, {**ASKED, "stream": None}),
    ("neuroflash", CHAT, {**ASKED, "temperature": {}}),
    ("neuroflash", CHAT, {**ASKED, "tool_choice": "required"}),
    ("multi-llm", "generate", {**ASKED, "parameters": {"temperature": "warm"}}),
    ("multi-llm", "configureLoadBalancing", {"strategy": "round_robin"}),
    ("openai", CHAT, {**ASKED, "n": 2}),
    ("openai", CHAT, {**ASKED, "tools": [TOOL]}),
    ("openai", CHAT, {**ASKED, "logprobs": True}),
    ("openai", CHAT, {**ASKED, "response_format": FORMAT}),
    ("openai", CHAT, {**ASKED, "messages": CALLED}),
    ("openai", CHAT, {**ASKED, "stream": None}),
    ("openai", CHAT, {**ASKED, "stream_options": {"include_usage": True}}),
    ("openai", CHAT, {**ASKED, "undocumented": 1}),
    ("openai", "createCompletion", {"model": "m", "prompt": "a", "echo": True}),
    ("openai", "createCompletion", {"model": "m", "messages": HELLO}),
    ("openai", "createEmbedding", {"model": "m", "input": [1, 2]}),
    ("openai", "createEmbedding", {"model": "m", "input": "a", "dimensions": 8}),
]


def drawn(api: str, method: str, path: str, name: str) -> list[Any]:
    """Return request bodies that Schemathesis draws from a component schema, the same ones every time."""
    bent = deepcopy(document(api))
    body = bent["paths"][path][method.lower()]["requestBody"]["content"]
    body["application/json"] = {"schema": {"$ref": f"#/components/schemas/{name}"}}
    loaded = schemathesis.openapi.from_dict(bent)
    loaded.config.generation.update(with_security_parameters=False)
    bodies = []

    @seed(1)
    @settings(
        max_examples=25, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(case=loaded[path][method].as_strategy(generation_mode=GenerationMode.POSITIVE))
    def collect(case):
        bodies.append(case.body)

    collect()
    return bodies


def promised(api: str, operation_id: str) -> str:
    """Return the name of the schema of an operation's promised requests."""
    return profile(api)["operations"][operation_id]["promised"]


@every_api
def test_promised_schemas_exist(api):
    """Every operation that costs tokens or configures names its promised requests, and the schema is there."""
    for operation_id, facts in profile(api)["operations"].items():
        if facts["effect"] != "read" and facts["kind"] != "transcription":
            assert f"/components/schemas/{facts['promised']}" in schemas(api), operation_id


@every_api
def test_documented_requests_are_promised(api):
    """Every documented request is promised, but for the sample that a documentation generator filled with {}."""
    found = 0
    for *_, said in operations(api):
        content = said.get("requestBody", {}).get("content", {}).get("application/json", {})
        for name, example in content.get("examples", {}).items():
            body = resolved(api, example)["value"]
            assert schemas(api).valid(promised(api, said["operationId"]), body) is (api != "neuroflash"), name
            found += 1
    assert found


@pytest.mark.parametrize(("api", "operation_id", "body"), PROMISED)
def test_plain_requests_are_promised(api, operation_id, body):
    """Requests inside the documented ranges are documented, and promised."""
    assert schemas(api).problem(request_schema(described(operation_id, api))["$ref"][1:], body) is None
    assert schemas(api).problem(promised(api, operation_id), body) is None


@pytest.mark.parametrize(("api", "operation_id", "body"), NOT_PROMISED)
def test_doubtful_requests_are_not_promised(api, operation_id, body):
    """A request that a vendor may refuse without breaking his word is not promised."""
    assert not schemas(api).valid(promised(api, operation_id), body)


@every_api
def test_what_is_promised_is_documented(api):
    """Requests that Schemathesis draws from a promised schema are valid under the request schema too."""
    for method, path, said in operations(api):
        name = profile(api)["operations"][said["operationId"]].get("promised")
        if name:
            asked = request_schema(said)["$ref"][1:]
            for body in drawn(api, method, path, name):
                assert schemas(api).problem(name, body) is None
                assert schemas(api).problem(asked, body) is None
