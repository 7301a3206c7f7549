"""How OpenAI's own chat calls tools: which, how many, and how their calls are streamed."""

from __future__ import annotations

import json

import pytest

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def tool(name, parameters=CITY):
    """Return a tool of this name."""
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


BOTH = [tool("get_weather"), tool("get_time")]
NAMED = {"type": "function", "function": {"name": "get_time"}}
ASKED = "Tell me the weather and the time in Paris."


def called(response):
    """Return the only choice of an answer, with its calls."""
    assert response.status_code == 200, response.text
    choice = response.json()["choices"][0]
    return choice, choice["message"].get("tool_calls", [])


def test_a_named_tool_is_the_one_that_is_called(openai):
    """A named choice calls exactly that function, after a tool's result too."""
    choice, calls = called(openai.chat(ASKED, tools=BOTH, tool_choice=NAMED))
    told = [
        {"role": "user", "content": "Hi"},
        choice["message"],
        {"role": "tool", "tool_call_id": calls[0]["id"], "content": "12"},
    ]
    again = openai.post("/chat/completions", json=openai.body(tools=BOTH, tool_choice=NAMED) | {"messages": told})

    assert [call["function"]["name"] for call in calls] == ["get_time"]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("tool_calls", None)
    assert [call["function"]["name"] for call in called(again)[1]] == ["get_time"]


@pytest.mark.parametrize(
    ("prompt", "choice", "parallel", "names"),
    [
        (ASKED, "auto", None, ["get_weather", "get_time"]),
        (ASKED, None, True, ["get_weather", "get_time"]),
        ("Call get_weather and get_time.", "required", True, ["get_weather", "get_time"]),
        (ASKED, "required", False, ["get_weather"]),
        ("Hello", "required", True, ["get_weather"]),
        (ASKED, "none", None, []),
        ("Hello", "auto", None, []),
    ],
)
def test_the_tools_that_fit_are_called(openai, prompt, choice, parallel, names):
    """Each tool that is asked for is called once, unless parallel calls are forbidden."""
    _, calls = called(openai.chat(prompt, tools=BOTH, tool_choice=choice, parallel_tool_calls=parallel))

    assert [call["function"]["name"] for call in calls] == names
    assert len({call["id"] for call in calls}) == len(calls)
    assert all(json.loads(call["function"]["arguments"]).keys() == {"city"} for call in calls)


def test_a_text_has_no_calls(openai):
    """The key `tool_calls` is absent where nothing is called."""
    choice, _ = called(openai.chat("Hello", tools=BOTH))

    assert "tool_calls" not in choice["message"]
    assert choice["message"]["content"]


def test_parallel_calls_are_streamed_by_index(openai):
    """Each call begins with its id and name, its fragments join to the unstreamed arguments."""
    _, whole = called(openai.chat(ASKED, tools=BOTH))
    events = openai.chat(ASKED, tools=BOTH, stream=True).text.split("\n\n")[:-2]
    deltas = [json.loads(event.removeprefix("data: "))["choices"][0]["delta"] for event in events]
    joined = {}
    for piece in (call for delta in deltas for call in delta.get("tool_calls", [])):
        known = joined.setdefault(piece["index"], piece | {"function": piece["function"] | {"arguments": ""}})
        assert piece is known or "id" not in piece or piece["function"]["arguments"] == ""
        known["function"]["arguments"] += piece["function"]["arguments"]

    assert (deltas[0]["role"], deltas[0]["content"], deltas[-1]) == ("assistant", None, {})
    assert [joined[index] for index in (0, 1)] == [call | {"index": index} for index, call in enumerate(whole)]
    assert json.loads(events[-1].removeprefix("data: "))["choices"][0]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize("parameters", [None, {}, {"type": "object", "properties": {}}], ids=str)
def test_a_tool_without_parameters_gets_an_empty_object(openai, parameters):
    """Arguments of a function that takes none are `{}`."""
    _, calls = called(openai.chat(tools=[tool("now", parameters)], tool_choice="required"))

    assert calls[0]["function"]["arguments"] == "{}"


def test_a_cut_call_says_so(openai):
    """Arguments that the cap cuts finish with `length`; log probabilities are of words only."""
    choice, calls = called(openai.chat(ASKED, tools=BOTH, max_tokens=2, logprobs=True))

    assert (choice["finish_reason"], choice["logprobs"], len(calls)) == ("length", None, 1)
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(calls[0]["function"]["arguments"])


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [], "tool_choice": "required"},
        {"tool_choice": "required"},
        {"tools": BOTH, "tool_choice": {"type": "function", "function": {"name": "other"}}},
        {"tools": BOTH, "tool_choice": "sometimes"},
        {"tools": [{"type": "function"}]},
    ],
    ids=str,
)
def test_a_choice_that_cannot_be_is_refused(openai, stream, fields):
    """What cannot be called gets 400 before any stream begins."""
    response = openai.chat(stream=stream, **fields)

    assert (response.status_code, response.headers["content-type"]) == (400, "application/json")


def test_a_call_can_be_sent_back(openai):
    """The server's own message, verbatim, and results of both calls are answered in words."""
    choice, calls = called(openai.chat(ASKED, tools=BOTH))
    results = [{"role": "tool", "tool_call_id": call["id"], "content": f"It is {n}."} for n, call in enumerate(calls)]
    messages = [{"role": "user", "content": ASKED}, choice["message"], *results]
    response = openai.post("/chat/completions", json=openai.body(tools=BOTH) | {"messages": messages})

    assert "It is 1." in openai.said(response)
