"""What OpenAI's own chat has beside what all share: its fields, log probabilities, bounds of every option."""

from __future__ import annotations

import base64
import json

import pytest

PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()


def chunks(response):
    """Return the JSON events of a stream."""
    assert response.status_code == 200, response.text
    *events, done, rest = response.text.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    return [json.loads(event.removeprefix("data: ")) for event in events]


def sent(openai, messages, **fields):
    """Send messages as they are."""
    return openai.post("/chat/completions", json=openai.body() | {"messages": messages} | fields)


def test_an_answer_has_every_field(openai):
    """The unstreamed answer is whole, with nulls and details where OpenAI has them."""
    body = openai.chat("Repeat exactly: hi there").json()
    usage = body.pop("usage")

    assert body.pop("id").startswith("chatcmpl-")
    assert isinstance(body.pop("created"), int)
    assert isinstance(body.pop("system_fingerprint"), str)
    message = {"role": "assistant", "content": "hi there", "refusal": None, "annotations": []}
    assert body == {
        "object": "chat.completion",
        "model": "reference-mini",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "service_tier": "default",
    }
    assert usage["completion_tokens"] == 2
    assert usage["prompt_tokens_details"]["cached_tokens"] == 0
    assert usage["completion_tokens_details"]["reasoning_tokens"] == 0


def test_a_stream_has_every_field(openai):
    """Role first, then words, one chunk that finishes; null usage beside the totals at the end."""
    found = chunks(openai.chat("Repeat exactly: hi there", stream=True, stream_options={"include_usage": True}))
    choices = [chunk["choices"][0] for chunk in found[:-1]]

    assert choices == [
        {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        for delta, finish in (
            ({"role": "assistant", "content": "", "refusal": None}, None),
            ({"content": "hi"}, None),
            ({"content": " there"}, None),
            ({}, "stop"),
        )
    ]
    assert [chunk["usage"] for chunk in found[:-1]] == [None] * 4
    assert (found[-1]["choices"], found[-1]["usage"]["completion_tokens"]) == ([], 2)
    assert all(chunk["service_tier"] == "default" and chunk["system_fingerprint"] for chunk in found)


@pytest.mark.parametrize("options", [None, {}, {"include_usage": False}, {"include_usage": None}])
def test_usage_is_not_streamed_unasked(openai, options):
    """Without `include_usage: true` no chunk has usage."""
    assert not any("usage" in chunk for chunk in chunks(openai.chat(stream=True, stream_options=options)))


def test_streamed_choices_take_turns(openai):
    """The chunks of several choices come by turns, and join to the unstreamed texts."""
    whole = openai.chat(n=3).json()["choices"]
    found = [chunk["choices"][0] for chunk in chunks(openai.chat(n=3, stream=True))]

    assert [choice["index"] for choice in found[:6]] == [0, 1, 2] * 2
    for index in range(3):
        own = [choice["delta"].get("content", "") for choice in found if choice["index"] == index]
        assert "".join(own) == whole[index]["message"]["content"]


def test_many_answers_are_bounded_together(openai):
    """128 answers are given, with bounded work: long ones are cut and say so."""
    body = openai.chat("Repeat exactly: " + "word " * 400, n=128).json()

    assert [choice["index"] for choice in body["choices"]] == list(range(128))
    assert {choice["finish_reason"] for choice in body["choices"]} == {"length"}
    assert body["usage"]["completion_tokens"] <= 8 * 4096


@pytest.mark.parametrize("most", [None, 0, 1, 5.0, 20])
def test_every_token_has_its_log_probability(openai, most):
    """One entry a token, with as many alternatives as asked, the same streamed as not."""
    asked = {"prompt": "Repeat exactly: żółw 你好 😀 the end", "logprobs": True, "top_logprobs": most}
    whole = openai.chat(**asked).json()
    logprobs = whole["choices"][0]["logprobs"]
    streamed = [chunk["choices"][0] for chunk in chunks(openai.chat(**asked, stream=True))]

    assert logprobs["refusal"] is None
    assert len(logprobs["content"]) == whole["usage"]["completion_tokens"]
    assert b"".join(bytes(each["bytes"]) for each in logprobs["content"]).decode() == "żółw 你好 😀 the end"
    assert {len(each["top_logprobs"]) for each in logprobs["content"]} == {most or 0}
    assert [entry for choice in streamed for entry in (choice["logprobs"] or {}).get("content", [])] == logprobs[
        "content"
    ]
    assert all(
        "".join(entry["token"] for entry in choice["logprobs"]["content"]) == choice["delta"]["content"]
        for choice in streamed
        if choice["logprobs"]
    )


NULLABLE = [
    "temperature", "top_p", "n", "stream", "stream_options", "stop", "max_completion_tokens", "max_tokens",
    "presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs", "seed", "metadata", "store",
    "service_tier", "reasoning_effort", "tools", "response_format", "tool_choice", "user",
]  # fmt: skip


def test_null_is_as_good_as_nothing(openai):
    """Every optional field may be null."""
    assert openai.said(openai.chat(**dict.fromkeys(NULLABLE))) == openai.said(openai.chat())


@pytest.mark.parametrize(
    "fields",
    [
        {"metadata": {"a": "b"}}, {"store": True}, {"user": "u"}, {"service_tier": "flex"}, {"seed": -(2**63)},
        {"logit_bias": {"50256": -100}}, {"reasoning_effort": "low"}, {"presence_penalty": -2, "frequency_penalty": 2},
        {"max_completion_tokens": 5, "max_tokens": 7}, {"logprobs": True}, {"tool_choice": "none"}, {"x_new": {"a": 1}},
        {"stream": True, "stream_options": {"include_obfuscation": False}}, {"parallel_tool_calls": False},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "strict": None}}},
    ],
    ids=str,
)  # fmt: skip
def test_a_documented_option_is_taken(openai, fields):
    """Options that OpenAI documents are taken, unknown ones are ignored."""
    assert openai.chat(**fields).status_code == 200


@pytest.mark.parametrize(
    ("param", "fields"),
    [
        ("metadata", {"metadata": {"a": 1}}), ("metadata", {"metadata": {str(n): "" for n in range(17)}}),
        ("store", {"store": "yes"}), ("user", {"user": 5}), ("service_tier", {"service_tier": "best"}),
        ("seed", {"seed": 2**63}), ("seed", {"seed": 1.5}), ("logit_bias.5", {"logit_bias": {"5": 101}}),
        ("logit_bias.5", {"logit_bias": {"5": None}}), ("logit_bias", {"logit_bias": {"word": 1}}),
        ("reasoning_effort", {"reasoning_effort": "huge"}), ("verbosity", {"verbosity": "huge"}),
        ("presence_penalty", {"presence_penalty": 2.1}), ("frequency_penalty", {"frequency_penalty": -2.1}),
        ("n", {"n": 129}), ("logprobs", {"logprobs": 5}), ("top_logprobs", {"logprobs": True, "top_logprobs": 21}),
        ("top_logprobs", {"top_logprobs": 2}), ("top_logprobs", {"top_logprobs": 2, "logprobs": False}),
        ("stop", {"stop": ["a"] * 5}), ("stop", {"stop": []}), ("stop", {"stop": 5}),
        ("max_completion_tokens", {"max_completion_tokens": 0}), ("stream_options", {"stream_options": {}}),
        ("stream_options", {"stream_options": {"include_usage": True}, "stream": False}),
        ("stream_options.include_usage", {"stream_options": {"include_usage": 1}, "stream": True}),
        ("response_format.type", {"response_format": {"type": "yaml"}}),
        ("response_format.json_schema.name", {"response_format": {"type": "json_schema", "json_schema": {}}}),
    ],
    ids=str,
)  # fmt: skip
def test_an_option_out_of_bounds_is_named(openai, param, fields):
    """An option of another type or out of its range gets 400 with its name and a code."""
    response = openai.chat(**fields)
    error = response.json()["error"]

    assert (response.status_code, error["type"], error["param"]) == (400, "invalid_request_error", param)
    assert error["code"]


def test_the_roles_come_in_any_order(openai):
    """Instructions may stand anywhere, more than once; the server's own message may be sent back."""
    own = openai.chat("Hello").json()["choices"][0]["message"]
    messages = [
        {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
        {"role": "user", "content": "Hello", "name": "ann"},
        own,
        {"role": "assistant", "content": None, "refusal": "No."},
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": [{"type": "text", "text": "Repeat exactly: ok"}]},
        {"role": "system", "content": "Be brief.", "name": "s"},
    ]

    assert openai.said(sent(openai, messages)) == "ok"


@pytest.mark.parametrize("content", [{}, {"content": None}, {"content": ""}])
def test_an_assistant_that_calls_needs_no_words(openai, content):
    """Beside tool calls the content may be absent, null or empty; the result may be text or parts."""
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    for told in ("sunny", [{"type": "text", "text": "sunny"}]):
        messages = [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", **content, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c", "content": told},
        ]
        assert "sunny" in openai.said(sent(openai, messages))


@pytest.mark.parametrize(
    ("url", "status"),
    [
        (f"data:image/png;base64,{PIXEL}", 200), ("https://example.com/a.png", 200),
        ("data:image/png;base64,%%%", 400), ("data:image/png;base64,", 400), ("data:text/plain,hello", 400),
        ("data:", 400), ("DATA:image/png;base64,a", 400),
    ],
)  # fmt: skip
def test_a_broken_picture_is_refused(openai, url, status):
    """A data URL that is no picture in base64 gets 400."""
    parts = [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": url}}]

    assert sent(openai, [{"role": "user", "content": parts}]).status_code == status


def test_accept_changes_nothing(openai):
    """Only `stream` in the body decides whether the answer is a stream."""
    for accept in ("text/event-stream", "application/json", "text/html"):
        headers = {"Accept": accept}
        whole = openai.post("/chat/completions", json=openai.body(), headers=headers)
        streamed = openai.post("/chat/completions", json=openai.body(stream=True), headers=headers)

        assert whole.headers["content-type"] == "application/json"
        assert streamed.headers["content-type"] == "text/event-stream"
