"""Judges of the members of whole answers, on answers that no server of ours gives."""

from __future__ import annotations

import pytest
from streaming import answered, outcomes

from conformance.report import Finding

GARBAGE = [None, 7, "text", [], {}, {"choices": None}, {"choices": []}, {"choices": [7, None, {"message": 3}]}]
PLAIN = {
    "answer_has_text": {},
    "answer_member_among": {"pointer": "/service_tier", "values": ["auto"]},
    "answer_member_not_null": {"pointers": ["/usage"]},
    "answer_has_refusal": {},
    "answer_without_error": {},
    "answer_unpadded": {},
    "answer_model_plain": {},
    "answer_model_kin": {},
}


def said(message, finish="stop", **members):
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return answered(200, {"id": "c", "model": "m", "choices": [choice], **members}, stream=False)


@pytest.mark.parametrize("body", GARBAGE, ids=repr)
@pytest.mark.parametrize("name", PLAIN)
def test_any_json_is_judged(name, body):
    """No JSON value makes a judge raise or find a fault that another promise has."""
    found = outcomes(name, answered(200, body, stream=False), **PLAIN[name])

    assert not [each for each in found if isinstance(each, Finding)]


def test_null_in_place_of_words_is_found():
    """Null where words belong is a finding at the place of the content."""
    (found,) = outcomes("answer_has_text", said({"role": "assistant", "content": None, "refusal": None}))

    assert found.where == "/choices/0/message/content"


@pytest.mark.parametrize(
    ("message", "finish"),
    [
        ({"content": None, "refusal": "no"}, "stop"),
        ({"content": None, "tool_calls": [{}]}, "stop"),
        ({"content": None, "reasoning_content": "hm"}, "stop"),
        ({"content": None, "audio": {"id": "a"}}, "stop"),
        ({"content": None}, "length"),
        ({"content": None}, "content_filter"),
    ],
)
def test_null_beside_another_answer_is_no_fault(message, finish):
    """Null beside a refusal, a call, reasoning or sound, or in an answer that was cut, is never a finding."""
    assert outcomes("answer_has_text", said(message, finish)) in ([], ["unjudged"])


def test_answer_of_the_last_token_alone_is_not_judged():
    """An answer that consists of the token that ends it has nothing to say."""
    assert outcomes("answer_has_text", said({"content": None}, usage={"completion_tokens": 1})) == ["unjudged"]


@pytest.mark.parametrize("value", ["on_demand", "", 3, {}, []])
def test_any_unknown_value_of_a_member_is_found(value):
    """A member that is no known value, of whatever type, is found."""
    (found,) = outcomes("answer_member_among", said({}, service_tier=value), pointer="/service_tier", values=["auto"])

    assert found.where == "/service_tier"


@pytest.mark.parametrize(
    ("asked", "named", "kept"),
    [
        ("gpt-4o", "gpt-4o-2024-08-06", True),
        ("openai/gpt-4o", "gpt-4o-2024-08-06", True),
        ("gpt-4o", "openai/gpt-4o", True),
        ("llama3.1", "llama3.1:latest", True),
        ("Mistral-7B", "mistral-7b", True),
        ("gpt-4o", "claude-4", False),
    ],
)
def test_names_that_extend_each_other_are_kin(asked, named, kept):
    """A dated, tagged or prefixed name is the one that was asked; another name is not."""
    body = {"id": "c", "model": named, "choices": []}
    (found,) = outcomes("answer_model_kin", answered(200, body, stream=False, model=asked))

    assert (found == "kept") is kept


@pytest.mark.parametrize("named", ["/models/m.gguf", "./m", "~/m", "C:\\models\\m", "file:///m"])
def test_path_is_found_unless_it_was_asked(named):
    """A path of a file is a finding, but not where the request has the same."""
    body = {"id": "c", "model": named, "choices": []}

    assert isinstance(outcomes("answer_model_plain", answered(200, body, stream=False))[0], Finding)
    assert outcomes("answer_model_plain", answered(200, body, stream=False, model=named)) == ["kept"]
