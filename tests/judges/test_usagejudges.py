"""Judges of usage, on counts that no server of ours gives."""

from __future__ import annotations

import pytest
from streaming import DONE, answered, chunk, outcomes, spoken, stream

from conformance.exchange.model import Ending
from conformance.report import Finding

ASKED = {"stream_options": {"include_usage": True}}
COUNTED = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
LAST = {**chunk({}), "choices": [], "usage": COUNTED}
STREAMED = ("usage_streamed", "usage_once", "usage_apart", "usage_unasked")


def whole(usage, *, finish="length", content="one two", **words):
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}
    return answered(200, {"choices": [choice], "usage": usage}, stream=False, **words)


def verdicts(judge, exchange, **params):
    return ["found" if isinstance(each, Finding) else each for each in outcomes(judge, exchange, **params)]


@pytest.mark.parametrize("interior", [{}, {"usage": None}], ids=["absent", "null"])
def test_usage_in_the_last_chunk_alone_is_kept(interior):
    """A stream whose interior chunks have null or nothing as usage keeps every promise."""
    exchange = stream(*({**each, **interior} for each in spoken("hi")), LAST, DONE, **ASKED)

    assert [outcomes(judge, exchange) for judge in STREAMED] == [["kept"], ["kept"], ["kept"], []]


@pytest.mark.parametrize("usage", [7, "9", [], {}, {"prompt_tokens": None}, {"prompt_tokens": "9"}, True])
def test_usage_that_counts_nothing_is_none(usage):
    """A usage of another shape is not told, and never makes a judge raise."""
    exchange = stream(*spoken("hi"), {**LAST, "usage": usage}, DONE, **ASKED)

    assert [verdicts(judge, exchange) for judge in STREAMED] == [["found"], [], [], []]


def test_interrupted_stream_is_not_judged():
    """A stream that broke off, or ended with an error, need not tell its usage."""
    cut = stream(*spoken("hi"), ending=Ending.CUT_SHORT, **ASKED)
    failed = stream(*spoken("hi"), {"error": {"message": "overloaded"}}, DONE, **ASKED)

    assert outcomes("usage_streamed", cut) == outcomes("usage_streamed", failed) == ["unjudged"]


@pytest.mark.parametrize(("status", "said"), [(400, "not-applicable"), (422, "not-applicable"), (500, "unjudged")])
def test_refused_stream_options_are_not_offered(status, said):
    """A target that refuses stream options does not offer them; one that fails is judged elsewhere."""
    assert outcomes("usage_streamed", answered(status, {"error": {}}, **ASKED)) == [said]


def test_usage_without_options_is_found():
    """A usage that nobody asked for is found at its event."""
    (found,) = outcomes("usage_unasked", stream(*spoken("hi"), LAST, DONE))

    assert found.where == "event 4 /usage"


@pytest.mark.parametrize(("used", "said"), [(8, ["kept"]), (7, ["kept"]), (6, ["found"]), (0, ["found"]), ("8", [])])
def test_answer_cut_at_its_cap_has_its_tokens(used, said):
    """One token less than the cap is no fault, two are."""
    assert verdicts("usage_counts_completion", whole({"completion_tokens": used}, max_tokens=8)) == said


@pytest.mark.parametrize(
    ("used", "finish", "said"),
    [(5, "length", ["kept"]), (3, "length", ["found"]), (0, "stop", ["found"]), (1, "stop", []), (None, "length", [])],
)
def test_stream_has_the_tokens_that_it_tells_last(used, finish, said):
    """A usage that a stream tells after its text is that of the whole; one before it, or without it, may be 0."""
    end = {**LAST, "usage": {"completion_tokens": used}}
    running = chunk({"role": "assistant"}, usage={"completion_tokens": 0})
    words = {"max_tokens": 5, **ASKED}

    text = chunk({"content": "hi"})
    assert verdicts("usage_counts_completion", stream(running, text, chunk({}, finish), end, DONE, **words)) == said
    assert verdicts("usage_counts_completion", stream(chunk({}, finish), end, DONE, **words)) == []


@pytest.mark.parametrize("words", [{"max_tokens": 8, "max_completion_tokens": 9}, {"max_tokens": 900}, {}])
def test_answer_without_a_plain_small_cap_is_left_out(words):
    """Two caps, a large one and none tell nothing of the count."""
    assert verdicts("usage_counts_completion", whole({"completion_tokens": 1}, **words)) == []


def test_long_prompt_may_leave_less_room():
    """Where the context ends before the cap, fewer tokens are no fault."""
    words = {"max_tokens": 8, "messages": [{"role": "user", "content": "x" * 5000}]}

    assert verdicts("usage_counts_completion", whole({"completion_tokens": 1}, **words)) == ["unjudged"]


@pytest.mark.parametrize("usage", [None, [], {"completion_tokens": 2}, {"completion_tokens": 2, "d": {"r": "9"}}])
def test_part_that_is_not_told_is_within(usage):
    """A part that is absent or no number is never more than the count."""
    found = verdicts("usage_part_within", whole(usage), part="/usage/d/r", count="/usage/completion_tokens")

    assert found in ([], ["kept"])
