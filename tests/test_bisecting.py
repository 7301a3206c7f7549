"""What counts as a difference between two answers, and what does not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.bisecting import Side, differences
from conformance.contract.load import load_api
from conformance.exchange.model import Ending, Exchange, Piece, Request, Response
from conformance.replaying import Shown

API = load_api("openai")
URL = "http://a/v1"
NOTHING = Shown({}, frozenset())
ANSWER = {
    "id": "a",
    "created": 1,
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Yes"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}


def side(body, *, status=200, media="application/json", shown=NOTHING, ending=Ending.COMPLETE, headers=()):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Request("POST", f"{URL}/chat/completions", (), b"{}")
    head = (("Content-Type", media), *headers)
    response = Response(status, headers=head, pieces=(Piece(0.1, data),)) if status else None
    return Side(Exchange("chat.1", request, response, ending), URL, shown)


def found(a, b):
    return [(each.of, each.at_a, each.at_b) for each in differences(API, a, b, "chat.shape")]


def stream(*events):
    text = "".join(f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n" for event in events)
    return side(text.encode(), media="text/event-stream")


def delta(**said):
    return {"id": "x", "choices": [{"index": 0, "delta": said}]}


def test_words_ids_and_times_are_no_difference():
    """The same build with other texts, numbers and length is the same."""
    other = json.loads(json.dumps(ANSWER)) | {"id": "b", "created": 2.5}
    other["choices"][0]["message"]["content"] = "Quite another text"
    other["usage"] = {"prompt_tokens": 4, "completion_tokens": 5, "total_tokens": 9}
    assert found(side(ANSWER), side(other, headers=(("Date", "now"), ("X-Cache", "1")))) == []


def test_how_many_deltas_there_are_is_no_difference():
    """Streams of other words and lengths are built alike."""
    one = stream(delta(role="assistant"), delta(content="a"), "[DONE]")
    assert found(one, stream(delta(role="assistant"), delta(content="b"), delta(content="c"), "[DONE]")) == []


def test_what_weighs_most_comes_first():
    """End, status, header, requirement, other requirements, shape: in this order."""
    kept, broken = (
        Shown({}, frozenset({"chat.shape", "auth.required"})),
        Shown({"chat.shape": 1, "auth.required": 1}, ()),
    )
    a = side(ANSWER, shown=kept)
    b = side([], status=201, media="text/plain; charset=utf-8", shown=broken, ending=Ending.CUT_SHORT)
    assert [of for of, *_ in found(a, b)] == [
        "the end of the exchange",
        "the status",
        "the header content-type",
        "the requirement chat.shape",
        "the requirement auth.required",
        "the body at its root",
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda a: a.pop("id"), ("the body at /id", "text", "nothing")),
        (lambda a: a.update(id=7), ("the body at /id", "text", "number")),
        (lambda a: a.update(choices=[]), ("the array at /choices", "has elements", "is empty")),
        (
            lambda a: a["usage"].update(total_tokens=9),
            ("the sum of the usage", "1 + 2, in all 3", "1 + 2, in all 9"),
        ),
    ],
)
def test_where_bodies_are_built_otherwise(change, said):
    """A type, a member or a sum that differs is named with its pointer."""
    other = json.loads(json.dumps(ANSWER))
    change(other)
    assert found(side(ANSWER), side(other)) == [said]


def test_a_table_with_names_that_are_data():
    """Names that no side shares are data, not members."""
    assert found(side({"by_model": {"a": 1}}), side({"by_model": {"b": 2}})) == []


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ((delta(role="assistant"), delta(content="a")), ("event 3 has [DONE]", "the end")),
        ((delta(role="assistant"), "{", "[DONE]"), ("event 2 has", "event 2 has no JSON")),
        (
            (delta(content="a"), "[DONE]"),
            ("/choices/*/delta/role (text)", "event 1 has /choices/*/delta/content (text)"),
        ),
    ],
)
def test_where_streams_are_built_otherwise(events, said):
    """The first event of another kind is named with its number."""
    ((of, at_a, at_b),) = found(stream(delta(role="assistant"), delta(content="a"), "[DONE]"), stream(*events))
    assert of == "the build of the stream"
    assert (said[0] in at_a, said[1] in at_b) == (True, True), (at_a, at_b)


@given(st.binary(max_size=60), st.binary(max_size=60), st.sampled_from(["text/event-stream", "application/json", ""]))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_compared(one, other, media):
    """Whatever came is compared, and with itself it does not differ."""
    found(side(one, media=media), side(other, media=media))
    assert found(side(one, media=media), side(one, media=media)) == []
