"""What the neuroflash dialect adds: the workspace, options of any type, its error formats."""

from __future__ import annotations

import json

import pytest

OPTIONS = [
    "temperature",
    "max_tokens",
    "reasoning",
    "reasoning_effort",
    "tools",
    "tool_choice",
    "seed",
    "response_format",
    "web_search_options",
    "structured_outputs",
    "frequency_penalty",
    "presence_penalty",
    "repetition_penalty",
    "stop",
    "stream",
]
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


def test_the_workspace_is_required(neuroflash):
    """Without the workspace header both operations get 400; with it, health is fine."""
    assert neuroflash.get("/health").json() == {"status": "ok"}
    del neuroflash.headers["x-workspace-id"]

    assert neuroflash.get("/health").status_code == 400
    assert neuroflash.chat().status_code == 400


def test_the_documented_sample_gets_a_definite_answer(neuroflash):
    """The sample body, empty messages and all, gets a 400 that names the field."""
    body = {"messages": [], "model": "string", **{option: {} for option in OPTIONS}}
    response = neuroflash.post("/chat/completions", json=body)

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "messages"


def test_empty_objects_count_as_absent(neuroflash):
    """An option that is `{}` changes nothing."""
    assert neuroflash.chat(**{option: {} for option in OPTIONS}).status_code == 200


@pytest.mark.parametrize(
    "option",
    [
        {"reasoning": {"effort": "low"}},
        {"reasoning_effort": "high"},
        {"web_search_options": {"x": 1}},
        {"seed": 5},
        {"frequency_penalty": -2},
        {"presence_penalty": 5},
        {"repetition_penalty": 1.1},
        {"tools": [None]},
        {"stop": ["a"] * 9},
        {"tool_choice": "required"},
        {"response_format": {"type": "other"}},
        {"structured_outputs": {"unknown": 1}},
    ],
    ids=str,
)
def test_options_of_the_meant_type_are_taken(neuroflash, option):
    """The page bounds nothing, so a value of the meant type is taken."""
    assert neuroflash.chat(**option).status_code == 200


@pytest.mark.parametrize("outputs", [SCHEMA, {"json": SCHEMA}, {"schema": SCHEMA}], ids=["bare", "json", "schema"])
def test_structured_outputs_are_kept(neuroflash, outputs):
    """A schema in `structured_outputs` shapes the answer, bare or as vLLM wraps it."""
    body = neuroflash.chat(structured_outputs=outputs).json()

    assert isinstance(json.loads(body["choices"][0]["message"]["content"])["a"], int)


def test_words_are_counted(neuroflash):
    """The usage tells the words used."""
    assert neuroflash.chat("Repeat exactly: one two three").json()["usage"]["words_used"] == 3


def test_errors_have_the_formats_of_the_reference(neuroflash):
    """A field at fault is listed under `errors`; other errors have a text and a code."""
    fault = neuroflash.chat(temperature="hot").json()["errors"][0]
    unknown = neuroflash.get("/nope").json()

    assert (fault["field"], fault["type"]) == ("temperature", "wrong-type")
    assert isinstance(unknown["error"], str)
    assert unknown["code"] == "UNKNOWN_PATH"
