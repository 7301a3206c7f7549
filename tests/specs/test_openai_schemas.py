"""What OpenAI's reference leaves open and what it does not, in requests, answers and chunks."""

from __future__ import annotations

import pytest
from documents import described, profile, request_schema, schemas
from shapes import CHUNK, answered

CHAT = "createChatCompletion"
HELLO = [{"role": "user", "content": "Hello"}]
ASKED = {"model": "m", "messages": HELLO}
PARAMETERS = {"type": "object", "properties": {"a": {"type": "string"}}}
TOOL = {"type": "function", "function": {"name": "f", "parameters": PARAMETERS}}
FORMAT = {"type": "json_schema", "json_schema": {"name": "f", "schema": PARAMETERS}}
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CALLED = [*HELLO, {"role": "assistant", "tool_calls": [CALL]}, {"role": "tool", "tool_call_id": "c", "content": "ok"}]
SCALARS = ("temperature", "top_p", "n", "stop", "seed", "presence_penalty", "frequency_penalty", "top_logprobs")
SWITCHES = ("stream", "stream_options", "logit_bias", "logprobs", "max_tokens", "max_completion_tokens", "store")

DOCUMENTED = [
    (CHAT, {**ASKED, "tools": [TOOL], "tool_choice": "required", "parallel_tool_calls": False}),
    (CHAT, {**ASKED, "tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "f"}}}),
    (CHAT, {**ASKED, "messages": CALLED}),
    (CHAT, {**ASKED, "n": 2, "logprobs": True, "top_logprobs": 20, "logit_bias": {"7": -100}}),
    (CHAT, {**ASKED, "response_format": FORMAT, "metadata": {"a": "b"}, "store": False, "reasoning_effort": "low"}),
    (CHAT, {**ASKED, **dict.fromkeys((*SCALARS, *SWITCHES))}),
    (CHAT, {**ASKED, "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}),
    (
        "createCompletion",
        {"model": "m", "prompt": [[1, 2], [3]], "best_of": 2, "echo": True, "logprobs": 5, "suffix": "."},
    ),
    ("createCompletion", {"model": "m", "prompt": ["a", "b"], "n": 2}),
    ("createEmbedding", {"model": "m", "input": [1, 2], "encoding_format": "base64", "dimensions": 8}),
    ("createEmbedding", {"model": "m", "input": [[1, 2], [3]], "user": "u"}),
]
NOT_DOCUMENTED = [
    (CHAT, {**ASKED, "messages": []}),
    (CHAT, {**ASKED, "messages": "Hello"}),
    (CHAT, {**ASKED, "messages": [{"role": "user"}]}),
    (CHAT, {**ASKED, "messages": [{"role": "tool", "content": "a"}]}),
    (CHAT, {**ASKED, "messages": [{"role": "stranger", "content": "a"}]}),
    (CHAT, {**ASKED, "tools": None}),
    (CHAT, {**ASKED, "tools": [{"type": "function"}]}),
    (CHAT, {**ASKED, "n": 129}),
    (CHAT, {**ASKED, "stop": ["a"] * 5}),
    (CHAT, {**ASKED, "top_logprobs": 21}),
    (CHAT, {**ASKED, "logit_bias": {"7": 101}}),
    (CHAT, {**ASKED, "stream": "False"}),
    (CHAT, {**ASKED, "response_format": {"type": "json_schema"}}),
    ("createCompletion", {"model": "m"}),
    ("createCompletion", {"model": "m", "prompt": "a", "logprobs": 6}),
    ("createEmbedding", {"model": "m", "input": ""}),
    ("createEmbedding", {"model": "m", "input": []}),
    ("createEmbedding", {"model": "m", "input": ["a"] * 2049}),
    ("createEmbedding", {"model": "m", "input": "a", "dimensions": None}),
]


@pytest.mark.parametrize(("operation_id", "body"), DOCUMENTED)
def test_capabilities_are_documented_and_not_promised(operation_id, body):
    """What depends on the model, and null for an option, is a documented request that may be refused."""
    asked = request_schema(described(operation_id, "openai"))["$ref"][1:]
    assert schemas("openai").problem(asked, body) is None
    assert schemas("openai").problem(asked, body | {"undocumented": 1}) is None
    assert not schemas("openai").valid(profile("openai")["operations"][operation_id]["promised"], body)


@pytest.mark.parametrize(("operation_id", "body"), NOT_DOCUMENTED)
def test_requests_outside_the_bounds_are_not_documented(operation_id, body):
    """A value of another type, or outside its range, is no documented request."""
    assert not schemas("openai").valid(request_schema(described(operation_id, "openai"))["$ref"][1:], body)


@pytest.mark.parametrize(
    ("message", "basic", "full"),
    [
        ({"content": "a"}, True, True),
        ({"content": None, "refusal": "no"}, True, True),
        ({"content": None, "reasoning_content": "a"}, True, True),
        ({"content": None, "tool_calls": [CALL]}, True, True),
        ({"content": "a", "tool_calls": None}, True, True),
        ({"tool_calls": [CALL]}, True, False),
        ({"function_call": CALL["function"]}, True, False),
        ({"refusal": "no"}, True, False),
        ({"content": None, "tool_calls": [{"id": "c", "type": "custom", "custom": {}}]}, True, True),
        ({"content": None, "tool_calls": [{"type": "function"}]}, True, False),
        ({"refusal": None}, False, False),
        ({"tool_calls": []}, False, False),
        ({"content": [{"type": "text", "text": "a"}]}, False, False),
        ({"role": "user", "content": "a"}, False, False),
    ],
)
def test_an_answer_of_openai_has_content_or_something_in_its_place(message, basic, full):
    """Content is text or null, absent only beside what answers instead, which is no reason to leave it out."""
    body = answered(created=1)
    body["choices"][0]["message"] = {"role": "assistant", **message}
    assert schemas("openai").valid("ChatCompletion", body) is basic
    assert schemas("openai").valid("ChatCompletionRecommended", body) is full


@pytest.mark.parametrize(
    ("chunk", "basic", "full"),
    [
        ({"choices": [{"index": 0, "delta": {}, "finish_reason": None}]}, True, True),
        ({"choices": [{"index": 0, "delta": {"content": None, "x": 1}, "finish_reason": "error"}]}, True, True),
        ({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}, True, True),
        ({"choices": [], "usage": None}, True, True),
        ({"choices": [], "id": "", "object": "", "created": 0, "model": "", "prompt_filter_results": []}, True, True),
        ({"choices": [{"index": 0, "delta": {}}]}, True, False),
        ({"choices": [{"index": 0, "delta": {}}], "object": ""}, False, False),
        ({"choices": [], "usage": {"prompt_tokens": 1}}, False, False),
        ({"choices": [], "object": "chat.completion"}, False, False),
        ({"choices": [{"index": 0, "delta": {}, "finish_reason": 0}]}, False, False),
        ({"choices": [{"index": 0, "delta": {"content": 7}, "finish_reason": None}]}, False, False),
        ({"choices": [{"index": 0, "delta": {"tool_calls": {}}, "finish_reason": None}]}, False, False),
        ({"choices": [{"index": 0, "message": {"content": "a"}, "finish_reason": None}]}, False, False),
    ],
)
def test_a_chunk_of_openai_may_be_empty_in_legal_ways_only(chunk, basic, full):
    """A chunk without choices may carry usage, or come first with nothing in it; a delta has its types."""
    assert schemas("openai").valid("ChatCompletionChunk", {**CHUNK, **chunk}) is basic
    assert schemas("openai").valid("ChatCompletionChunkRecommended", {**CHUNK, **chunk}) is full


@pytest.mark.parametrize("name", ["ChatCompletionChunk", "CompletionChunk"])
@pytest.mark.parametrize(
    ("chunk", "good"),
    [
        ({"error": {"message": "m"}}, True),
        ({"error": "m"}, True),
        ({"error": None}, False),
        ({"error": {}}, False),
        ({}, False),
        (["x"], False),
        ("x", False),
    ],
)
def test_an_error_may_take_the_place_of_a_chunk(name, chunk, good):
    """What clients raise as an error is no misshapen chunk; an error that says nothing is none."""
    assert schemas("openai").valid(name, chunk) is good
    assert schemas("openai").valid(f"{name}Recommended", chunk) is good
