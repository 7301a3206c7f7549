"""Requests that follow each other."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conformance.contract.load import load_api
from conformance.exchange.model import Exchange, Piece, Request, Response
from conformance.generation.draft import MODEL, Draft, aimless
from conformance.generation.sequences import FORMS, batches, talk, written_ways
from conformance.generation.talking import Step, plans

API = load_api("openai")
CHAT = API.operation("createChatCompletion")
TARGET = replace(aimless(API), model="m", embedding_model="e")


def played(calls, say="Hello there."):
    """Return the calls of a sequence, each answered with a message of the assistant."""
    found = []
    answer = json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", "content": say}}]}).encode()
    try:
        call = next(calls)
        while True:
            found.append(call)
            request = Request(call.method, call.url, call.headers, call.body)
            call = calls.send(Exchange("", request, Response(200, pieces=(Piece(0.1, answer),))))
    except StopIteration:
        return found


def bodies(steps, **how):
    return [json.loads(call.body) for call in played(talk(TARGET, CHAT, steps), **how) if call.body]


def test_plans_make_sense():
    """Nobody goes on or repeats before there was a question, and each plan sends at least two requests."""
    found = plans(20, 5)
    assert len(found) == len(set(found)) == 20
    for plan in found:
        asked = False
        for step in plan:
            assert asked or step.way in {"ask", "look"}
            asked = step.way == "ask" or (asked and step.way != "forget")
        assert sum(step.way not in {"look", "forget"} for step in plan) > 1


def test_plans_are_drawn_alike():
    """One seed gives one list of plans, another seed another."""
    assert plans(6, 1) == plans(6, 1) != plans(6, 2)


def test_answers_are_echoed():
    """A conversation goes on with the target's own message."""
    first, second = bodies((Step("ask", "Hi"), Step("go on", "And now?")), say="Well, well.")
    assert first["messages"] == [{"role": "user", "content": "Hi"}]
    assert second["messages"] == [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Well, well."},
        {"role": "user", "content": "And now?"},
    ]


def test_conversation_begins_anew_where_nothing_was_said():
    """An answer without text is not put into the target's mouth."""
    _, second = bodies((Step("ask", "Hi"), Step("go on", "And now?")), say="  ")
    assert second["messages"] == [{"role": "user", "content": "And now?"}]


def test_requests_are_repeated_and_streamed():
    """A repeated request is the same to the byte; the other way only the stream differs."""
    first, again, streamed, whole = bodies((Step("ask", "Hi"), Step("repeat"), Step("stream"), Step("stream")))
    assert first == again == whole
    assert streamed == {**first, "stream": True}


def test_looks_read_what_there_is():
    """Looks go through the operations that tell of the service, with the model in use in their paths."""
    calls = played(talk(TARGET, CHAT, (Step("look"), Step("look"), Step("ask", "Hi"), Step("look"))))
    assert [(call.method, call.url.removeprefix("http://target")) for call in calls] == [
        ("GET", "/models"),
        ("GET", "/models/m"),
        ("POST", "/chat/completions"),
        ("GET", "/models"),
    ]


def test_one_request_in_every_form():
    """All forms mean the same, and no two are written alike."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Ünï 🦊"}], "max_tokens": 4}
    calls = played(written_ways(TARGET, Draft(CHAT.id, "x", body)))
    assert len(calls) == len(FORMS)
    values = [json.loads(call.body) for call in calls]
    assert all(value == {**body, "model": "m"} for value in values)
    assert len({(call.body, call.headers) for call in calls}) == len(FORMS)
    assert list(values[1]) == list(reversed(body))
    assert {call.tokens for call in calls} == {4}
    named = {name.lower() for call in calls for name, _ in call.headers}
    assert "x-llm-conformance-unknown" in named


@pytest.mark.parametrize("texts", [("a", "b", "ok"), ("a", "b", "c", "ok")])
def test_inputs_alone_and_in_batches(texts):
    """Inputs are sent alone, together, in another order, twice, and many at once."""
    calls = played(batches(TARGET, API.operation("createEmbedding"), texts))
    inputs = [json.loads(call.body)["input"] for call in calls]
    assert inputs[:2] == list(texts[:2])
    assert inputs[2] == list(texts) == list(reversed(inputs[3]))
    assert inputs[4] == [texts[0], texts[0]]
    assert len(inputs[5]) == 9
