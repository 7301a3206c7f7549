"""Judges of the chunks of a stream: what they find, and what no vendor is blamed for."""

from __future__ import annotations

import pytest
from streaming import DONE, STARTED, answered, chunk, outcomes, spoken, stream

from conformance.contract.model import Level
from conformance.exchange.model import Ending
from conformance.report import Finding

VALUES = {"values": ["stop", "length", "tool_calls", "content_filter", "function_call"]}
JUDGES = {
    "stream_finish_values": VALUES,
    "stream_finish_once": {},
    "stream_role_once": {},
    "stream_index": {},
    "stream_increments": {},
    "stream_whitespace": {},
    "stream_with_tools": {},
    "stream_created_now": {},
    "stream_without_empty_error": {},
    "stream_delta_alone": {},
    "stream_begins_with_choice": {},
}
HELLO = [chunk({"role": "assistant"})]


def found(judge, *chunks, **words):
    return outcomes(judge, stream(*chunks, DONE, **words), **JUDGES[judge])[0]


@pytest.mark.parametrize(
    "texts",
    [
        ["ha", "ha", "ha", "ha", "ha", "ha", "ha", "ha"],
        ["a", "aa", "aa"],
        ["no", " no", " no", " no"],
        ["one", ", ", "two", ", ", "three", ", "],
        ["1", "0", "1", "0", "10"],
        [" ", " ", "\n", "\n"],
        ["no", *[" no"] * 30],
        ["a", "a", "b", "b", "c", "c", "d", "e", "e"],
    ],
)
def test_a_model_may_repeat_itself(texts):
    """What a model may well mean to say twice is no repetition of the stream."""
    assert not isinstance(found("stream_increments", *spoken(*texts)), Finding)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["a", "a b", "a b c", "a b c d"], "so far"),
        (["a", "a", "b", "b", "c", "c", "d", "d"], "twice"),
        (["a", "a", "b", "b", "c", "c", "d", "d", "e"], "twice"),
        (["a", " b", " c", "a b c"], "whole text"),
    ],
)
def test_repeated_texts_are_found(texts, said):
    """Deltas that repeat what was said are found, each in its own words."""
    assert said in found("stream_increments", *spoken(*texts)).message


def test_empty_finish_reason_is_a_lesser_fault():
    """An empty finish_reason is a fault that is only recommended against; an unknown one is a whole fault."""
    assert found("stream_finish_values", chunk({}, ""), chunk({}, "stop")).level is Level.SHOULD
    assert found("stream_finish_values", chunk({}, ""), chunk({}, "eos_token")).level is None
    assert found("stream_finish_values", chunk({}, "error", error={"message": "x"})) == "unjudged"
    assert found("stream_finish_values", chunk({}, 7), chunk({}, None)) == "kept"


def test_what_comes_after_the_end_is_another_promises():
    """A second finish_reason is found only where nothing was added after the first."""
    end = chunk({}, "stop")
    assert isinstance(found("stream_finish_once", *HELLO, end, end), Finding)
    assert found("stream_finish_once", *HELLO, end, chunk({"content": "x"}), end) == "kept"
    assert found("stream_finish_once", end, chunk({}, "stop", 1), n=2) == "kept"
    assert found("stream_finish_once", end, end, n=2) == "unjudged"


def test_only_the_first_delta_has_a_role():
    """A later role is a fault also where it is empty, and only noted where it is null."""
    assert found("stream_role_once", *HELLO, *HELLO).level is None
    assert found("stream_role_once", *HELLO, chunk({"role": None}), chunk({"role": ""})).level is None
    assert found("stream_role_once", *HELLO, chunk({"role": None})).level is Level.MAY
    assert found("stream_role_once", chunk({"role": ""}), chunk({"role": ""})) == "kept"
    assert found("stream_role_once", *HELLO, chunk({"role": "assistant"}, index=1), n=2) == "kept"


@pytest.mark.parametrize(
    ("index", "words", "kept"),
    [
        (0, {}, True),
        (1, {}, False),
        (1, {"n": 2}, True),
        (2, {"n": 2}, False),
        (-1, {}, False),
        (1, {"n": None}, False),
    ],
)
def test_indices_are_those_that_were_asked_for(index, words, kept):
    """An index is judged by the number of choices that the request asks for."""
    assert (found("stream_index", chunk({}, index=index), **words) == "kept") is kept


@pytest.mark.parametrize("index", [None, "0", True, 0.5, [0]])
def test_an_index_of_another_type_is_left_to_the_shape(index):
    """What is no integer is the schema's to find."""
    assert found("stream_index", chunk({}, index=index)) == "kept"


def test_time_is_judged_in_seconds():
    """A time in milliseconds is told from one that is only wrong; Azure's first chunk has none."""
    prelude = {"id": "", "created": 0, "choices": []}
    assert found("stream_created_now", prelude, chunk({})) == "kept"
    assert "unit" in found("stream_created_now", chunk({}, created=STARTED * 1000)).message
    assert "not now" in found("stream_created_now", chunk({}, created=0)).message
    assert found("stream_created_now", chunk({}, created="1")) == "unjudged"
    assert outcomes("stream_created_now", stream(chunk({}), DONE, started=0.0)) == ["unjudged"]


def whole(text):
    return answered(200, {"choices": [{"index": 0, "message": {"content": text}}]}, stream=False)


@pytest.mark.parametrize(
    ("streamed", "unstreamed", "kept"),
    [
        (["a", " b", "\n\n c"], "a b\n\n c", "kept"),
        (["a", " b", " "], " a b", "kept"),
        (["a", "b"], "a c", "unjudged"),
        (["", " "], "   ", "unjudged"),
        (["a", "b", "c"], "a b\n\nc", None),
    ],
)
def test_white_space_is_compared_where_the_words_are_the_same(streamed, unstreamed, kept):
    """Only white space inside of one and the same text is judged."""
    result = outcomes("stream_whitespace", stream(*spoken(*streamed), DONE), whole(unstreamed))[0]
    assert isinstance(result, Finding) if kept is None else result == kept


def test_tools_are_a_capability():
    """A target that refuses tools in a stream is not judged; one that collapses its answer there is."""
    plain, tools = stream(*spoken("one,", " two,", " three"), DONE), {"tools": [{"type": "function"}]}
    lump = stream(*spoken("one, two, three, four, five, six, seven, eight"), DONE, **tools)
    called = stream(chunk({"tool_calls": [{"index": 0}], "content": "x" * 50}), chunk({}, "tool_calls"), DONE, **tools)
    refused = answered(400, {"error": {"message": "no tools"}}, **tools)

    assert isinstance(outcomes("stream_with_tools", plain, lump)[0], Finding)
    assert outcomes("stream_with_tools", lump) == ["unjudged"]
    assert outcomes("stream_with_tools", plain, called) == ["unjudged"]
    assert outcomes("stream_with_tools", plain, refused) == ["not-applicable"]
    assert outcomes("stream_with_tools", plain, answered(500, {}, **tools)) == ["unjudged"]


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize(
    "odd",
    [
        7,
        [],
        {},
        {"choices": None},
        {"choices": {}},
        {"choices": [None, 1, []]},
        {"choices": [{"delta": None, "index": {}}]},
        {
            "choices": [{"delta": {"content": {"a": 1}, "role": []}, "index": 1e400, "finish_reason": {}}],
            "created": True,
        },
        {"choices": [{"delta": {"content": 1}, "message": None}], "error": [], "created": 10**400},
        b"data: \xff\n\n",
        b"\x00",
    ],
    ids=repr,
)
def test_odd_chunks_are_judged(judge, odd):
    """No chunk makes a judge raise, whatever its types, in a stream that ends or breaks off."""
    for ending in (Ending.COMPLETE, Ending.CUT_SHORT):
        exchange = stream(odd, *HELLO, odd, DONE, ending=ending, tools=[{}], n={"odd": 1})
        assert outcomes(judge, exchange, **JUDGES[judge])
