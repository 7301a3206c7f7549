"""OpenAI's own text completions, embeddings and models."""

from __future__ import annotations

import base64
import json
import math
import struct
from urllib.parse import quote

import pytest

EMBEDDING = "reference-embedding-small"


def completed(openai, prompt="Repeat exactly: one two", **fields):
    """Send a completion request."""
    return openai.post("/completions", json={"model": openai.model, "prompt": prompt} | fields)


def embedded(openai, said, **fields):
    """Send an embeddings request."""
    return openai.post("/embeddings", json={"model": EMBEDDING, "input": said} | fields)


def events(response):
    """Return the JSON events of a stream."""
    *found, done, rest = response.text.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    return [json.loads(event.removeprefix("data: ")) for event in found]


def test_a_completion_has_every_field(openai):
    """A text completion has text, no message; usage counts the tokens."""
    body = completed(openai).json()

    assert (body["object"], body["id"][:5], body["model"]) == ("text_completion", "cmpl-", openai.model)
    assert body["choices"] == [{"index": 0, "text": "one two", "logprobs": None, "finish_reason": "stop"}]
    assert body["usage"]["completion_tokens"] == 2


def test_sixteen_tokens_are_the_default(openai):
    """Without `max_tokens` sixteen tokens are written; none may be asked for."""
    whole, none = (completed(openai, "Repeat exactly:" + " word" * 40, **fields) for fields in ({}, {"max_tokens": 0}))

    assert whole.json()["usage"]["completion_tokens"] == 16
    assert whole.json()["choices"][0]["finish_reason"] == "length"
    assert none.json()["choices"][0]["text"] == ""
    assert openai.chat("Repeat exactly:" + " word" * 40).json()["usage"]["completion_tokens"] == 40


@pytest.mark.parametrize(
    ("prompt", "several"),
    [("a", 1), (["a"], 1), (["a", "b"], 2), ([1, 2, 3], 1), ([[1, 2], [3]], 2), ("", 1)],
    ids=str,
)
def test_every_prompt_gets_its_choices(openai, prompt, several):
    """Choices are prompts times n, in the order of the prompts, streamed or not."""
    body = completed(openai, prompt, n=2, max_tokens=3).json()
    streamed = [chunk["choices"][0] for chunk in events(completed(openai, prompt, n=2, max_tokens=3, stream=True))]

    assert [choice["index"] for choice in body["choices"]] == list(range(2 * several))
    for choice in body["choices"]:
        own = [each for each in streamed if each["index"] == choice["index"]]
        assert "".join(each["text"] for each in own) == choice["text"]
        assert [each["finish_reason"] for each in own] == [None] * (len(own) - 1) + [choice["finish_reason"]]


def test_a_prompt_is_repeated_on_request(openai):
    """With `echo` the text begins with the prompt; the tokens of both have their probabilities, but the first."""
    prompt = "Repeat exactly: one two"
    choice = completed(openai, prompt, echo=True, logprobs=3).json()["choices"][0]
    logprobs = choice["logprobs"]

    assert choice["text"] == prompt + "one two"
    assert "".join(logprobs["tokens"]) == choice["text"]
    assert (logprobs["token_logprobs"][0], logprobs["top_logprobs"][0]) == (None, None)
    assert all(number < 0 for number in logprobs["token_logprobs"][1:])
    assert {len(each) for each in logprobs["top_logprobs"][1:]} == {3}
    for token, at in zip(logprobs["tokens"], logprobs["text_offset"], strict=True):
        assert choice["text"].startswith(token, at)
    assert len({len(column) for column in logprobs.values()}) == 1


@pytest.mark.parametrize("echo", [False, True])
def test_streamed_probabilities_are_those_of_the_whole(openai, echo):
    """Joined, the four arrays of the chunks are those of the unstreamed answer."""
    whole = completed(openai, echo=echo, logprobs=2).json()["choices"][0]["logprobs"]
    found = [chunk["choices"][0]["logprobs"] for chunk in events(completed(openai, echo=echo, logprobs=2, stream=True))]

    assert {name: [each for part in found if part for each in part[name]] for name in whole} == whole
    assert (whole["token_logprobs"][0] is None) is echo


def test_a_completions_usage_is_streamed_on_request(openai):
    """`include_usage` brings the totals once, null before."""
    found = events(completed(openai, stream=True, stream_options={"include_usage": True}))

    assert [chunk["usage"] is None for chunk in found] == [True] * (len(found) - 1) + [False]
    assert found[-1]["choices"] == []
    assert {chunk["object"] for chunk in found} == {"text_completion"}
    assert not any("usage" in chunk for chunk in events(completed(openai, stream=True, stream_options={})))


@pytest.mark.parametrize(
    ("status", "fields"),
    [
        (200, {"best_of": 3, "n": 2}), (200, {"suffix": "end", "user": "u", "logprobs": 0}), (200, {"stop": ["a"]}),
        (200, dict.fromkeys(["best_of", "echo", "logprobs", "suffix", "stop", "stream", "max_tokens", "n", "seed"])),
        (400, {"best_of": 1, "n": 2}), (400, {"best_of": 21}), (400, {"best_of": 3, "stream": True}),
        (400, {"logprobs": 6}), (400, {"logprobs": True}), (400, {"echo": "yes"}), (400, {"max_tokens": -1}),
        (400, {"prompt": []}), (400, {"prompt": None}), (400, {"prompt": 5}), (400, {"prompt": [1, "a"]}),
        (400, {"stream_options": {}}), (400, {"n": 129}), (400, {"prompt": ["a"] * 100, "n": 128}),
        (400, {"model": EMBEDDING}), (404, {"model": "none"}),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_the_options_of_a_completion_are_bounded(openai, status, fields):
    """Options are taken within their bounds, refused beyond."""
    assert completed(openai, **fields).status_code == status


def test_both_encodings_are_the_same_vector(openai):
    """Base64 is little-endian 32-bit floats of the numbers; vectors come in the order of the inputs."""
    numbers = embedded(openai, ["a", "b"]).json()
    packed = embedded(openai, ["a", "b"], encoding_format="base64").json()

    assert [each["index"] for each in numbers["data"]] == [0, 1]
    for plain, coded in zip(numbers["data"], packed["data"], strict=True):
        raw = base64.b64decode(coded["embedding"], validate=True)
        assert struct.unpack(f"<{len(raw) // 4}f", raw) == pytest.approx(plain["embedding"], abs=1e-6)
    assert numbers["data"][1]["embedding"] == embedded(openai, "b").json()["data"][0]["embedding"]
    assert numbers["usage"]["total_tokens"] == numbers["usage"]["prompt_tokens"] == 2


@pytest.mark.parametrize("length", [1, 64, 768, None])
def test_a_shortened_vector_is_a_unit_vector(openai, length):
    """`dimensions` keeps the first numbers, made a unit vector again."""
    full = embedded(openai, "hello").json()["data"][0]["embedding"]
    short = embedded(openai, "hello", dimensions=length).json()["data"][0]["embedding"]
    size = math.sqrt(sum(x * x for x in full[: len(short)]))

    assert len(short) == (length or 768)
    assert short == pytest.approx([x / size for x in full[: len(short)]], abs=1e-6)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (200, "a"), (200, [1, 2, 3]), (200, [[1], [2, 3]]), (200, ["a"] * 2048),
        (400, ""), (400, []), (400, [""]), (400, [[]]), (400, ["a"] * 2049), (400, [1] * 2049), (400, None),
        (400, {}), (400, "word " * 9000), (400, ["a", 1]),
    ],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_inputs_are_bounded(openai, status, said):
    """Text, texts and token numbers are taken; nothing, too many or too long ones are refused."""
    assert embedded(openai, said).status_code == status


@pytest.mark.parametrize("fields", [{"dimensions": 0}, {"dimensions": 769}, {"encoding_format": "hex"}, {"user": 1}])
def test_the_options_of_an_embedding_are_bounded(openai, fields):
    """An option out of its bounds gets 400 with its name."""
    response = embedded(openai, "a", **fields)

    assert (response.status_code, response.json()["error"]["param"]) == (400, next(iter(fields)))
    assert embedded(openai, "a", model=openai.model).status_code == 400


def test_every_listed_model_is_retrieved(openai):
    """Each model of the list is found by its id, its slash encoded or not."""
    listed = openai.get("/models").json()
    ids = [model["id"] for model in listed["data"]]

    assert listed["object"] == "list"
    assert any("/" in name for name in ids)
    for model in listed["data"]:
        assert model.keys() == {"id", "object", "created", "owned_by"}
        for path in (model["id"], quote(model["id"], safe="")):
            assert openai.get(f"/models/{path}").json() == model


def test_a_model_with_a_slash_chats(openai):
    """The id with a slash works in chat as it does in the path."""
    assert openai.post("/chat/completions", json=openai.body() | {"model": "reference-lab/reference-large"}).is_success


@pytest.mark.parametrize("name", ["none", "reference-lab", "reference-lab/none", "%20", "reference-mini/"])
def test_an_unknown_model_is_not_found(openai, name):
    """Any other id gets 404 with its code."""
    response = openai.get(f"/models/{name}")

    assert (response.status_code, response.json()["error"]["code"]) == (404, "model_not_found")
