"""Judges of text completions and of single models: what they let pass, and where they put the blame."""

from __future__ import annotations

import json

import pytest

from conformance.contract.load import load_api
from conformance.exchange.model import Exchange, Piece, Request, Response
from conformance.judges.verdicts import judge_all

BASE = "https://target.test/v1"
HEADERS = (("Authorization", "Bearer [Filtered]"), ("Content-Type", "application/json"))
ARRAYS = {
    "tokens": ["A", " b"],
    "token_logprobs": [None, -1],
    "top_logprobs": [None, {" b": -1}],
    "text_offset": [0, 1],
}
REFUSED = {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": None}}


def answered(request, body, status=200, kind="application/json"):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Exchange("e", request, Response(status, headers=(("Content-Type", kind),), pieces=(Piece(0.1, content),)))


def asked(body, status=200, prompt="A", **words):
    sent = json.dumps({"model": "m", "prompt": prompt, "max_tokens": 4, **words}).encode()
    return answered(Request("POST", f"{BASE}/completions", HEADERS, sent), body, status)


def choice(index=0, text="A b", logprobs=None):
    return {"index": index, "text": text, "logprobs": logprobs, "finish_reason": "stop"}


def told(*choices):
    return {"id": "c", "object": "text_completion", "created": 1, "model": "m", "choices": list(choices)}


def given(**changed):
    return told(choice(logprobs={**ARRAYS, **changed}))


def got(path, body, status=200):
    return answered(Request("GET", BASE + path, HEADERS[:1]), body, status)


def verdict(row, *exchanges):
    return judge_all(load_api("openai"), exchanges, base_url=BASE, selected={row})[0].verdict


SEVERAL = {"prompt": ["A", "C"]}
ECHO = {"echo": True, **SEVERAL}
LOGPROBS = {"logprobs": 1}


@pytest.mark.parametrize(
    ("row", "exchange", "wanted"),
    [
        ("completions.prompts", asked(told(choice(0), choice(1)), **SEVERAL), "pass"),
        ("completions.prompts", asked(told(choice(0)), **SEVERAL), "fail"),
        ("completions.prompts", asked(REFUSED, 400, **SEVERAL), "not-applicable"),
        ("completions.prompts", asked(told(choice(0)), n=2), "not-applicable"),
        ("completions.n", asked(told(choice(0)), n=2), "warn"),
        ("completions.indices", asked(told(choice(1), choice(0)), n=2), "pass"),
        ("completions.indices", asked(told(choice(0), choice(0)), n=2), "fail"),
        ("completions.echo", asked(told(choice(text=" a\n b")), echo=True), "pass"),
        ("completions.echo", asked(told(choice(text="b")), echo=True), "warn"),
        ("completions.echo", asked(told(choice(text="b")), echo=False), "untested"),
        ("completions.prompt-order", asked(told(choice(1, "C d"), choice(0, "A b")), **ECHO), "pass"),
        ("completions.prompt-order", asked(told(choice(0, "C d"), choice(1, "A b")), **ECHO), "fail"),
        ("completions.prompt-order", asked(told(choice(0, "x"), choice(1, "y")), **ECHO), "not-applicable"),
        ("completions.logprobs", asked(told(choice()), **LOGPROBS), "warn"),
        ("completions.logprobs", asked(told(choice(text="")), **LOGPROBS), "untested"),
        ("completions.logprobs-shape", asked(given(), **LOGPROBS), "pass"),
        ("completions.logprobs-shape", asked(given(tokens=["A"]), **LOGPROBS), "fail"),
        ("completions.logprobs-shape", asked(given(token_logprobs=[None, "x"]), **LOGPROBS), "fail"),
        ("completions.logprobs-shape", asked(given(top_logprobs=None), **LOGPROBS), "warn"),
        ("completions.logprobs-most", asked(given(top_logprobs=[None, dict.fromkeys("xyz", -1)]), **LOGPROBS), "warn"),
        ("completions.echo-logprobs", asked(given(tokens=["<s>", "A"]), echo=True, **LOGPROBS), "pass"),
        ("completions.echo-logprobs", asked(given(tokens=["b", "b"]), echo=True, **LOGPROBS), "warn"),
        ("completions.logprobs-key", asked(told({"index": 0, "text": "b", "finish_reason": "stop"})), "warn"),
    ],
)
def test_completions_are_judged_by_what_was_asked(row, exchange, wanted):
    """A text completion is judged by the options of its own request."""
    assert verdict(row, exchange) == wanted


@pytest.mark.parametrize(
    "body", [None, 3, [], {"choices": 1}, told(None, 5), told({"logprobs": 1, "text": 2}), b"\xff"]
)
@pytest.mark.parametrize("words", [ECHO | LOGPROBS, {"n": 2}, {"prompt": [[1]], "logprobs": True}, {"n": "x"}], ids=str)
def test_any_completion_can_be_judged(body, words):
    """No answer makes a judge of completions fail, whatever was asked."""
    results = judge_all(load_api("openai"), [asked(body, **words)], base_url=BASE)

    assert not [r.requirement.id for r in results if r.verdict == "error"]


def model(name, created=1):
    return {"id": name, "object": "model", "created": created, "owned_by": "us"}


LISTED = got("/models", {"object": "list", "data": [model("a"), model("lab/b")]})


@pytest.mark.parametrize(
    ("row", "exchange", "wanted"),
    [
        ("model.by-id", got("/models/a", model("a")), "pass"),
        ("model.by-id", got("/models/a", model("b")), "warn"),
        ("model.encoded", got("/models/lab%2Fb", model("lab/b")), "pass"),
        ("model.encoded", got("/models/lab%2Fb", {"error": {"message": "model_not_found"}}, 404), "warn"),
        ("model.slash", got("/models/lab/b", REFUSED, 404), "note"),
        ("models.created-stable", got("/models/a", model("a", 2)), "note"),
        ("models.no-path", got("/models/a", model("/srv/a.gguf")), "note"),
        ("models.no-path", got("/models/a", model("lab/a")), "pass"),
        ("models.known", asked({"error": {"message": "The model `m` does not exist"}}, 404), "untested"),
    ],
)
def test_models_are_judged_one_by_one(row, exchange, wanted):
    """A model is judged by what the list says of it; one that is not listed tells nothing."""
    assert verdict(row, LISTED, exchange) == wanted
