"""What the dialects in OpenAI's format do alike: streams, tools, structured answers, further options."""

from __future__ import annotations

import json

import jsonschema_rs
import pytest

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "degrees": {"type": "number", "minimum": -90}},
    "required": ["city", "degrees"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "get_weather", "description": "Tells it", "parameters": SCHEMA}}

OPENING = {"openai": {"refusal": None}}
MOST_ANSWERS = {"openai": 128}


def chunks(response):
    """Return the JSON events of a stream that ends as it must."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/event-stream"
    *events, done, rest = response.text.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    assert all(event.startswith("data: {") for event in events)
    return [json.loads(event.removeprefix("data: ")) for event in events]


def test_an_answer_is_a_chat_completion(openai_like):
    """The unstreamed answer has OpenAI's fields."""
    body = openai_like.chat().json()

    assert body["object"] == "chat.completion"
    assert body["model"] == openai_like.model
    assert body["choices"][0]["index"] == 0
    assert body["choices"][0]["message"]["role"] == "assistant"


def test_a_stream_gives_the_unstreamed_text(openai_like):
    """Joined, the pieces of a stream are the text that the same request gets unstreamed."""
    whole = openai_like.said(openai_like.chat("Hello"))
    found = chunks(openai_like.chat("Hello", stream=True))
    deltas = [chunk["choices"][0]["delta"] for chunk in found]

    assert "".join(delta.get("content", "") for delta in deltas) == whole
    assert deltas[0] == {"role": "assistant", "content": ""} | OPENING.get(openai_like.api, {})
    assert len(found) > 20


def test_the_chunks_of_a_stream_belong_together(openai_like):
    """Chunks share id, created and model; the reason to finish is on the last one only."""
    found = chunks(openai_like.chat(stream=True, max_tokens=5))

    assert len({(c["id"], c["object"], c["created"], c["model"]) for c in found}) == 1
    assert found[0]["object"] == "chat.completion.chunk"
    assert [c["choices"][0]["finish_reason"] for c in found] == [None] * 6 + ["length"]


def test_an_error_before_the_stream_is_plain_json(openai_like):
    """A bad request for a stream gets a normal error."""
    response = openai_like.chat(stream=True, temperature=9)

    assert (response.status_code, response.headers["content-type"]) == (400, "application/json")


@pytest.mark.parametrize("stop", ["three", ["nine", "three"], ["", "three"]])
def test_a_stop_text_ends_the_answer(openai_like, stop):
    """The answer ends before the stop text, streamed or not."""
    asked = {"prompt": "Count from one to nine in words", "stop": stop}

    assert openai_like.said(openai_like.chat(**asked)) == "one, two, "
    deltas = [
        chunk["choices"][0]["delta"].get("content", "") for chunk in chunks(openai_like.chat(**asked, stream=True))
    ]
    assert "".join(deltas) == "one, two, "


@pytest.mark.parametrize(
    "choice", [{"type": "function", "function": {"name": "get_weather"}}, "required", "auto", None]
)
def test_a_tool_is_called(openai_like, choice):
    """A forced, required or fitting tool is called with arguments that its schema allows."""
    asked = openai_like.chat("How is the weather?", tools=[TOOL], tool_choice=choice).json()["choices"][0]
    call = asked["message"]["tool_calls"][0]

    assert (asked["finish_reason"], asked["message"]["content"]) == ("tool_calls", None)
    assert (call["type"], call["function"]["name"]) == ("function", "get_weather")
    assert jsonschema_rs.is_valid(SCHEMA, json.loads(call["function"]["arguments"]))


def test_a_call_is_streamed_in_pieces(openai_like):
    """Streamed, a call's name comes first, its arguments in pieces that join to JSON."""
    found = chunks(openai_like.chat("x", tools=[TOOL], tool_choice="required", stream=True))
    calls = [c["choices"][0]["delta"]["tool_calls"][0] for c in found[:-1]]

    assert calls[0]["function"] == {"name": "get_weather", "arguments": ""}
    assert jsonschema_rs.is_valid(SCHEMA, json.loads("".join(call["function"]["arguments"] for call in calls)))
    assert found[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_a_tool_is_left_alone_where_none_is_chosen(openai_like):
    """`none`, or a prompt that no tool fits, is answered in words."""
    assert openai_like.said(openai_like.chat("How is the weather?", tools=[TOOL], tool_choice="none"))
    assert openai_like.said(openai_like.chat("Hello", tools=[TOOL]))


def test_a_tools_result_is_answered(openai_like):
    """A tool message that answers a call before it is taken up; one that answers none is refused."""
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "21 degrees"},
    ]
    answered = openai_like.post(
        openai_like.chat_path, json=openai_like.body() | {"messages": messages, "tools": [TOOL]}
    )
    orphaned = openai_like.post(openai_like.chat_path, json=openai_like.body() | {"messages": messages[2:]})

    assert "21 degrees" in openai_like.said(answered)
    assert orphaned.status_code == 400


@pytest.mark.parametrize("role", ["system", "developer"])
def test_further_roles_are_taken(openai_like, role):
    """System and developer messages, function results and content parts are taken."""
    messages = [
        {"role": role, "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": "Repeat exactly: "}, {"type": "text", "text": "hi"}]},
    ]
    response = openai_like.post(openai_like.chat_path, json=openai_like.body() | {"messages": messages})

    assert openai_like.said(response) == "hi"


def test_a_picture_costs_tokens(openai_like):
    """A part that is no text counts towards the prompt."""
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    parts = [{"type": "text", "text": "Look"}]
    costs = []
    for content in (parts, [*parts, picture]):
        body = openai_like.body() | {"messages": [{"role": "user", "content": content}]}
        costs.append(openai_like.post(openai_like.chat_path, json=body).json()["usage"]["prompt_tokens"])

    assert costs[1] > costs[0]


def test_a_json_schema_is_kept(openai_like):
    """With a JSON schema the content is JSON text of it."""
    form = {"type": "json_schema", "json_schema": {"name": "weather", "schema": SCHEMA}}

    assert jsonschema_rs.is_valid(SCHEMA, json.loads(openai_like.said(openai_like.chat(response_format=form))))
    assert isinstance(json.loads(openai_like.said(openai_like.chat(response_format={"type": "json_object"}))), dict)
    assert openai_like.said(openai_like.chat(response_format={"type": "text"}))


def test_a_schema_that_cannot_be_kept_is_refused(openai_like):
    """An impossible schema gets 400 rather than an answer that breaks it."""
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "nonsense"}}}

    assert openai_like.chat(response_format=form).status_code == 400


def test_a_seed_repeats_the_answer(openai_like):
    """The same seed gives the same text."""
    assert openai_like.said(openai_like.chat(seed=7)) == openai_like.said(openai_like.chat(seed=7))


def test_several_answers_are_given(openai_like):
    """`n` answers have the indices 0 to n-1, streamed or not; their tokens are added up."""
    body = openai_like.chat(n=3, max_tokens=4).json()
    streamed = chunks(openai_like.chat(n=3, max_tokens=4, stream=True))

    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2]
    assert body["usage"]["completion_tokens"] == 12
    assert {chunk["choices"][0]["index"] for chunk in streamed} == {0, 1, 2}
    assert openai_like.chat(n=MOST_ANSWERS.get(openai_like.api, 8) + 1).status_code == 400
    assert openai_like.chat(n=0).status_code == 400


def test_usage_is_streamed_on_request(openai_like):
    """`include_usage` brings the totals once, at the end."""
    found = chunks(openai_like.chat(stream=True, max_tokens=3, stream_options={"include_usage": True}))

    assert [chunk.get("usage") is not None for chunk in found] == [False] * (len(found) - 1) + [True]
    assert found[-1]["usage"]["completion_tokens"] == 3
