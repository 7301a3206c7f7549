"""A stream without text is held against a target only where it says something otherwise."""

from __future__ import annotations

import pytest
from streaming import DONE, answered, chunk, outcomes, stream

from conformance.report import Finding

SILENT = stream(chunk({"role": "assistant"}), chunk({}, "stop"), DONE)
OTHER = [{"role": "user", "content": "another question"}]


def whole(content, **words):
    message = {"role": "assistant", "content": content}
    return answered(200, {"choices": [{"index": 0, "message": message}]}, stream=False, **words)


@pytest.mark.parametrize(
    ("wholes", "said"),
    [
        ([whole("hi")], "found"),
        ([whole("", messages=OTHER), whole("hi")], "found"),
        ([whole("hi", messages=OTHER)], "found"),
        ([whole(""), whole("hi", messages=OTHER)], "unjudged"),
        ([whole(None)], "unjudged"),
        ([whole("{}", response_format={"type": "json_object"})], "unjudged"),
        ([whole("hi", tools=[{}])], "unjudged"),
        ([answered(400, {"choices": [{"message": {"content": "hi"}}]}, stream=False)], "unjudged"),
        ([], "unjudged"),
    ],
)
def test_silent_stream_is_compared_with_the_whole_answer_to_its_prompt(wholes, said):
    """A model that says nothing to a prompt says nothing in the stream either."""
    (outcome,) = outcomes("stream_has_text", SILENT, *wholes)

    assert ("found" if isinstance(outcome, Finding) else outcome) == said


@pytest.mark.parametrize(
    "odd", [7, [], {}, {"choices": 1}, {"choices": [[]]}, {"choices": [{"message": "x"}]}], ids=repr
)
def test_odd_whole_answers_say_nothing(odd):
    """No whole answer makes the judge raise."""
    assert outcomes("stream_has_text", SILENT, answered(200, odd, stream=False)) == ["unjudged"]
