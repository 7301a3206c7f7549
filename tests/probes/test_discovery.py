"""The discovery finds out what a model takes, and says nothing new to a model that takes the usual."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conformance.contract.load import load_api
from conformance.exchange.model import Ending, Exchange, Piece, Request, Response
from conformance.probes.discovery import discover
from conformance.probes.plan import plan
from conformance.probes.target import Target

NEWER = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
WARM = "Unsupported value: 'temperature' does not support 0 with this model."


def target(api="openai"):
    """Return a target with a model."""
    return Target(load_api(api), "https://target.test/v1", "k", model="m")


def refusal(text, status=400):
    return status, {"error": {"message": text}}


def answer(content="ok", finish="stop", **message):
    said = {"role": "assistant", "content": content, **message}
    return 200, {"choices": [{"index": 0, "message": said, "finish_reason": finish}]}


def demanding(*names):
    """Answer as a model that takes none of these words, one refusal at a time."""
    texts = {"max_tokens": NEWER, "temperature": WARM}
    return lambda said: next((refusal(texts[name]) for name in names if name in said), answer())


def discovered(model, aim=None):
    """Return what the discovery finds at a model, and the chat requests that it sent."""
    asked, calls = [], discover(aim or target())
    call = next(calls)
    try:
        while True:
            status, body = 200, {"data": []}
            if call.body:
                asked.append(json.loads(call.body))
                status, body = model(asked[-1])
            pieces = (Piece(0.0, body if isinstance(body, bytes) else json.dumps(body).encode()),)
            call = calls.send(Exchange("d", Request(call.method, call.url), Response(status, pieces=pieces)))
    except StopIteration as end:
        return end.value, asked


def test_usual_model_is_asked_once():
    """A model that answers is asked one thing, and the target stays as it was."""
    found, asked = discovered(lambda _: answer())

    assert [body.keys() for body in asked] == [{"model", "messages", "max_tokens", "temperature"}]
    assert (found.cap, found.cool, found.thinks) == ("max_tokens", True, False)


@pytest.mark.parametrize(
    ("names", "cap", "cool", "tries"),
    [
        (["max_tokens"], "max_completion_tokens", True, 2),
        (["temperature"], "max_tokens", False, 2),
        (["max_tokens", "temperature"], "max_completion_tokens", False, 3),
        (["temperature", "max_tokens"], "max_completion_tokens", False, 3),
    ],
)
def test_refused_words_are_left_out(names, cap, cool, tries):
    """The cap takes its newer name and the temperature is left out, each where a refusal names it."""
    found, asked = discovered(demanding(*names))

    assert (found.cap, found.cool, len(asked)) == (cap, cool, tries)
    assert asked[-1][cap] == found.api.profile.caps.short
    assert ("temperature" in asked[-1]) is cool


UNHELPFUL = {
    "both words at once": (lambda _: refusal(f"{NEWER} {WARM}"), 2),
    "another word": (lambda _: refusal("max_tokens_per_day"), 1),
    "no words": (lambda _: (400, b"\xff\x00"), 1),
    "no such model": (lambda _: refusal("the model does not know temperature", 404), 1),
    "credential": (lambda _: refusal("temperature and max_tokens", 401), 1),
    "newer word": (lambda said: refusal(NEWER if "max_tokens" in said else "max_completion_tokens is unknown"), 2),
}


@pytest.mark.parametrize("reason", UNHELPFUL)
def test_target_stays_as_it_was_where_nothing_helps(reason):
    """What is refused for another reason, or all the same, is asked for in the usual words."""
    model, tries = UNHELPFUL[reason]
    found, asked = discovered(model)

    assert (found, len(asked)) == (replace(target(), models=found.models, embedding_model="m"), tries)


def test_newer_word_is_said_only_where_the_api_has_it():
    """An API without the newer word is not sent it."""
    found, asked = discovered(lambda _: refusal(NEWER), target("cloud-temple"))

    assert (found.cap, len(asked)) == ("max_tokens", 1)


@pytest.mark.parametrize(
    ("said", "thinks"),
    [
        (answer("", "length"), True),
        (answer(None, "length", reasoning_content="Let me"), True),
        (answer("ok", "length"), False),
        (answer("", "stop"), False),
        (answer(None, "length", tool_calls=[{}]), False),
        (answer([], "length"), False),
        ((200, {"choices": ["x"]}), False),
        ((200, [1]), False),
        ((200, b"[" * 9000), False),
        ((500, answer("", "length")[1]), False),
    ],
)
def test_model_that_thinks_is_known_by_an_empty_answer(said, thinks):
    """An answer without text that its cap cut says that the model thinks first; whatever else comes says nothing."""
    assert discovered(lambda _: said)[0].thinks is thinks


@pytest.mark.parametrize(("api", "names"), [("openai", ["max_tokens", "temperature"]), ("genos", ["temperature"])])
def test_plan_counts_what_is_asked_again(api, names):
    """The plan of the discovery is at least what a model makes it send that takes no usual words."""
    aim = target(api)
    _, asked = discovered(demanding(*names), aim)
    cost = plan(aim, [])[0]

    assert len(asked) == len(names) + 1 <= cost.requests
    assert sum(body.get("max_tokens", 0) or body["max_completion_tokens"] for body in asked) <= cost.output_tokens


def test_no_answer_at_all_changes_nothing():
    """A target that cannot be reached is left as it was."""
    calls = discover(target())
    first = next(calls)
    second = calls.send(Exchange("d", Request(first.method, first.url), ending=Ending.REFUSED))
    with pytest.raises(StopIteration) as end:
        calls.send(Exchange("d", Request(second.method, second.url), ending=Ending.REFUSED))
    assert end.value.value == replace(target(), embedding_model="m")
