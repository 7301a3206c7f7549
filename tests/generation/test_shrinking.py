"""Failing requests are made small."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.contract.load import load_api
from conformance.exchange.model import Exchange, Request
from conformance.generation.draft import MODEL, Draft, aimless
from conformance.generation.shrinking import as_draft, shrink, simpler

API = load_api("openai")
TARGET = replace(aimless(API), model="m")
CHAT = "createChatCompletion"
LARGE = {
    "model": MODEL,
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is this?"},
        {"role": "assistant", "content": "A word."},
        {"role": "user", "content": "The quick brown fox 🦊 jumps over the lazy dog, again and again."},
    ],
    "max_tokens": 8,
    "temperature": 1.5,
    "top_p": 0.5,
    "seed": 7,
    "stop": ["a", "b"],
    "stream": True,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def shrunk(body, fails, most=60):
    """Return the requests that were sent to make one small, and the last that failed."""
    sent, smallest = [], None
    calls = shrink(TARGET, Draft(CHAT, "large", body), lambda exchange: fails(exchange.request.body), most)
    try:
        call = next(calls)
        while True:
            sent.append(call.body)
            smallest = call.body if fails(call.body) else smallest
            call = calls.send(Exchange("", Request(call.method, call.url, call.headers, call.body)))
    except StopIteration:
        return sent, smallest


def test_what_does_not_matter_goes():
    """Only what makes the request fail is left, and what every request must say."""
    _, smallest = shrunk(LARGE, lambda body: "🦊".encode() in body and b'"stream": true' in body)
    said = json.loads(smallest)
    assert set(said) <= {"model", "messages", "stream"}
    assert said["model"] == "m"
    (message,) = said["messages"]
    assert "🦊" in message["content"]
    assert len(message["content"]) <= 4


def test_long_text_stays_long_and_becomes_plain():
    """Where the length matters, the text is made of one letter."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": "The quick brown fox. " * 95}]}
    _, smallest = shrunk(body, lambda sent: len(sent) > 1500)
    text = json.loads(smallest)["messages"][0]["content"]
    assert set(text) == {"a"}
    assert 1300 < len(text) < 1995


def test_requests_stay_as_valid_as_they_were():
    """A valid request is made small through valid ones, an invalid one through those with the same fault."""
    sent, _ = shrunk(LARGE, lambda body: b"quick" in body)
    assert all(API.schemas.valid("PromisedChatRequest", json.loads(body)) for body in sent)
    wrong = {**LARGE, "temperature": 3}
    sent, smallest = shrunk(wrong, lambda _: True)
    assert all(json.loads(body)["temperature"] == 3 for body in sent)
    assert set(json.loads(smallest)) == {"model", "messages", "temperature"}


def test_budget_holds():
    """No more requests are sent than may be."""
    sent, _ = shrunk(LARGE, lambda _: True, most=5)
    assert len(sent) == 5


def test_what_does_not_fail_again_is_left():
    """A failure that is not seen again costs one request."""
    sent, smallest = shrunk(LARGE, lambda _: False)
    assert len(sent) == 1
    assert smallest is None


def test_no_request_is_sent_twice():
    """What was tried is not tried again."""
    sent, _ = shrunk(LARGE, lambda body: b"jumps" in body)
    assert len(set(sent)) == len(sent)


def test_bytes_are_sent_as_they_are():
    """A body that is no JSON is only looked at once more."""
    sent, smallest = shrunk(b'{"model": NaN', lambda _: True)
    assert sent == [smallest] == [b'{"model": NaN']


@pytest.mark.parametrize(("body", "kept"), [(b'{"a": 1}', {"a": 1}), (b"[1", b"[1"), (b"[1]", b"[1]")])
def test_sent_request_becomes_a_draft(body, kept):
    """A request of several becomes a draft: an object where it is one, else bytes."""
    exchange = Exchange("x", Request("POST", "http://t/chat/completions", (), body))
    assert as_draft(API.operation(CHAT), exchange, "label", 4).body == kept


def weight(value):
    """Return a measure of a JSON value that grows with all that is in it."""
    text = json.dumps(value, ensure_ascii=False)
    return len(text), sum(character not in "aok" for character in text)


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_simpler_values_are_simpler(value):
    """Every simpler value is shorter, or as long and made of plainer text, so that making small comes to an end."""
    for less in simpler(value):
        assert weight(less) < weight(value)
