"""Judges of log probabilities and of several choices, on answers that no server of ours gives."""

from __future__ import annotations

import pytest
from streaming import DONE, answered, chunk, outcomes, stream

from conformance.contract.model import Level
from conformance.report import Finding

ASKED = {"logprobs": True, "top_logprobs": 2}
ENTRY = {"token": "one", "logprob": -0.1, "bytes": [111, 110, 101], "top_logprobs": []}
JUDGES = {
    "logprobs_given": {"streamed": False},
    "logprobs_shaped": {},
    "logprobs_entries": {},
    "logprobs_alternatives": {},
}


def whole(logprobs, content="one", **words):
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "logprobs": logprobs}
    return answered(200, {"choices": [choice]}, stream=False, **{**ASKED, **words})


def found(judge, exchange, **params):
    return [each for each in outcomes(judge, exchange, **params) if isinstance(each, Finding)]


@pytest.mark.parametrize(
    "value",
    [
        {"content": 3},
        {"content": [None, 3, []]},
        {"content": [{"token": 1}]},
        {"content": [{"token": "a", "logprob": 10**400}]},
        [],
        True,
        "x",
    ],
    ids=repr,
)
def test_any_logprobs_are_judged_without_raising(value):
    """Whatever stands in logprobs, some judge finds it and none raises."""
    assert [name for name, params in JUDGES.items() if found(name, whole(value), **params)]


@pytest.mark.parametrize("entry", [{"bytes": None}, {"logprob": -9999.0}, {"logprob": 0}, {"x": 1}])
def test_legal_entries_are_kept(entry):
    """Null bytes, the sentinel of the improbable, certainty and further members are legal."""
    exchange = whole({"content": [{**ENTRY, **entry}]})

    assert outcomes("logprobs_entries", exchange) == outcomes("logprobs_shaped", exchange) == ["kept"]


def test_entry_without_bytes_is_kept_and_without_alternatives_weaker():
    """Bytes may be absent; a list of alternatives that is absent weighs less than the row."""
    bare = {"token": "one", "logprob": -0.1, "top_logprobs": []}
    lacking = {"token": "one", "logprob": -0.1}

    assert outcomes("logprobs_entries", whole({"content": [bare]})) == ["kept"]
    assert found("logprobs_entries", whole({"content": [lacking]}))[0].level is Level.SHOULD


def test_answer_without_words_needs_none():
    """An answer that says nothing has no log probabilities."""
    assert outcomes("logprobs_given", whole(None, content=None), streamed=False) == ["unjudged"]


@pytest.mark.parametrize(("told", "kept"), [(4, True), (2, True), (1, False), (0, False)])
def test_stream_tells_most_of_its_tokens(told, kept):
    """Log probabilities of half the text are enough, of less are not."""
    chunks = [chunk({"content": "one"}) for _ in range(4)]
    for each in chunks[:told]:
        each["choices"][0]["logprobs"] = {"content": [ENTRY]}
    exchange = stream(*chunks, chunk({}, "stop"), DONE, **ASKED)

    assert (outcomes("logprobs_given", exchange, streamed=True) == ["kept"]) is kept


@pytest.mark.parametrize(("most", "kept"), [(0, False), (1, True), (2, True), (3, True), (4, False)])
def test_alternatives_are_as_many_as_asked(most, kept):
    """One alternative more than asked is no fault; none at all is one, and so are two more."""
    exchange = whole({"content": [{**ENTRY, "top_logprobs": [{"token": "a", "logprob": -1}] * most}]})

    assert (outcomes("logprobs_alternatives", exchange) == ["kept"]) is kept


@pytest.mark.parametrize(("status", "said"), [(400, "not-applicable"), (501, "not-applicable"), (500, "unjudged")])
def test_refused_capability_is_not_offered(status, said):
    """What is refused is not offered, streamed or not."""
    refused = answered(status, {"error": {}}, **ASKED)
    several = answered(status, {"error": {}}, n=2)

    assert outcomes("logprobs_given", refused, streamed=True) == [said]
    assert outcomes("choices_streamed", several) == [said]


def test_choices_with_odd_indices_are_not_told_apart():
    """Indices that are no numbers count as none."""
    chunks = [chunk({"content": "a"}, "stop", index) for index in ("0", None, [])]
    (only,) = found("choices_streamed", stream(*chunks, DONE, n=2))

    assert only.level is None


def test_choices_in_any_order_are_told_apart():
    """Choices that take turns, or come one after the other, or two in a chunk, are told apart."""
    both = chunk({"content": "a"})
    both["choices"].append({**both["choices"][0], "index": 1})
    apart = [chunk({"content": "a"}, "stop", index) for index in (1, 0)]

    assert outcomes("choices_streamed", stream(both, DONE, n=2)) == ["kept"]
    assert outcomes("choices_streamed", stream(*apart, DONE, n=2)) == ["kept"]
