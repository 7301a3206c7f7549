"""What the cloud-temple dialect does beside chat: headers, models, completions, embeddings, the optional group."""

from __future__ import annotations

import base64
import json
import math

import pytest


def test_every_response_has_the_documented_headers(cloud_temple):
    """Successes, errors and streams carry a unique id, the backend and the rate limit."""
    responses = [
        cloud_temple.get("/models"),
        cloud_temple.chat(),
        cloud_temple.chat(stream=True),
        cloud_temple.chat(temperature=9),
        cloud_temple.get("/nope"),
        cloud_temple.get("/models", headers={"Authorization": "Bearer x"}),
        cloud_temple.options("/models"),
    ]

    assert len({response.headers["id"] for response in responses}) == len(responses)
    for response in responses:
        assert set(json.loads(response.headers["backend"])) == {"engine_type", "machine_name"}
        limit, left = (int(response.headers[f"x-ratelimit-{part}-requests"]) for part in ("limit", "remaining"))
        assert 0 < left <= limit


def test_a_chat_answer_names_backend_and_reasoning(cloud_temple):
    """The body has what the documented example has beyond OpenAI's format."""
    body = cloud_temple.chat().json()

    assert body["id"].startswith("chatcmpl-")
    assert body["usage"]["reasoning_tokens"] == 0
    assert set(body["backend"]) == {"engine_type", "machine_name"}


def test_the_models_are_listed_and_usable(cloud_temple):
    """The list has the documented shape; each chat model works, by its aliases too."""
    models = cloud_temple.get("/models").json()["data"]

    assert len({model["id"] for model in models}) == len(models) == 3
    for model in models:
        usable = model["permission"][0]["allow_sampling"]
        for name in (model["id"], *model["aliases"]):
            response = cloud_temple.post("/chat/completions", json=cloud_temple.body() | {"model": name})
            assert response.status_code == (200 if usable else 400)
            assert not usable or response.json()["model"] == name


def test_head_is_answered_as_get(cloud_temple):
    """HEAD gets the head of GET and no content."""
    response = cloud_temple.head("/models")

    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("prompt", ["Hello", "", ["Hello", "there"], [1, 2, 3], [[1, 2], [3]]], ids=str)
def test_a_prompt_is_completed(cloud_temple, prompt):
    """Each prompt, as text or tokens, gets a text completion."""
    body = cloud_temple.post("/completions", json={"model": "granite3.3:8b", "prompt": prompt, "max_tokens": 5}).json()
    several = isinstance(prompt, list) and isinstance(prompt[0], str | list)

    assert body["object"] == "text_completion"
    assert [choice["index"] for choice in body["choices"]] == list(range(len(prompt) if several else 1))
    assert body["choices"][0]["text"]
    assert body["usage"]["total_tokens"] == body["usage"]["prompt_tokens"] + body["usage"]["completion_tokens"]


def test_a_completion_is_streamed(cloud_temple):
    """A streamed completion has the unstreamed shape in every event."""
    asked = {"model": "granite3.3:8b", "prompt": "Hello", "max_tokens": 5}
    whole = cloud_temple.post("/completions", json=asked).json()["choices"][0]["text"]
    events = cloud_temple.post("/completions", json=asked | {"stream": True}).text.split("\n\n")[:-2]
    texts = [json.loads(event.removeprefix("data: "))["choices"][0]["text"] for event in events]

    assert "".join(texts) == whole
    assert len(texts) == 6


def test_completions_take_messages_too(cloud_temple):
    """With messages the answer has chat's format; with neither, 400."""
    assert cloud_temple.post("/completions", json=cloud_temple.body()).json()["object"] == "chat.completion"
    assert cloud_temple.post("/completions", json={"model": "granite3.3:8b"}).status_code == 400
    long = {"model": "granite3.3:8b", "prompt": ["Hi", "word " * 70_000]}
    assert "context window" in cloud_temple.post("/completions", json=long).json()["error"]["message"]


@pytest.mark.parametrize(
    ("said", "vectors"), [("one", 1), (["one", "two"], 2), ([1, 2], 1), ([[1], [2], [3]], 3)], ids=str
)
def test_an_input_is_embedded(cloud_temple, said, vectors):
    """Each input gets a unit vector, in order, all of one length."""
    body = cloud_temple.post("/embeddings", json={"model": "granite-embedding:278m", "input": said}).json()
    found = [item["embedding"] for item in body["data"]]

    assert [item["index"] for item in body["data"]] == list(range(vectors))
    assert {len(vector) for vector in found} == {768}
    assert math.hypot(*found[0]) == pytest.approx(1, abs=1e-4)
    assert body["usage"]["total_tokens"] == body["usage"]["prompt_tokens"] > 0


def test_embeddings_may_be_shorter_or_packed(cloud_temple):
    """`dimensions` and `encoding_format` are honoured."""
    asked = {"model": "granite-embedding:278m", "input": "one"}
    short = cloud_temple.post("/embeddings", json=asked | {"dimensions": 64}).json()["data"][0]["embedding"]
    packed = cloud_temple.post("/embeddings", json=asked | {"encoding_format": "base64"}).json()["data"][0]["embedding"]

    assert len(short) == 64
    assert len(base64.b64decode(packed)) == 768 * 4


@pytest.mark.parametrize(
    "change",
    [
        {"input": ""}, {"input": []}, {"input": [""]}, {"input": 5}, {"input": None}, {"input": [1, "a"]},
        {"input": ["x"] * 2049}, {"dimensions": 0}, {"dimensions": 10**6}, {"encoding_format": "hex"},
        {"model": "granite3.3:8b"},
    ],
    ids=lambda change: str(change)[:30],
)  # fmt: skip
def test_a_bad_embedding_request_is_refused(cloud_temple, change):
    """What cannot be embedded gets 400."""
    asked = {"model": "granite-embedding:278m", "input": "one"} | change

    assert cloud_temple.post("/embeddings", json=asked).status_code == 400


def test_documents_are_reranked(cloud_temple):
    """The best come first, at most `top_n`, each with its index and text."""
    documents = ["stars and planets", "a cat eats fish", {"text": "cats like fish"}]
    asked = {"model": "bge", "query": "cat fish", "documents": documents, "top_n": 2}
    body = cloud_temple.post("/rerank", json=asked).json()
    scores = [result["relevance_score"] for result in body["results"]]

    assert scores == sorted(scores, reverse=True)
    assert {result["index"] for result in body["results"]} == {1, 2}
    assert cloud_temple.post("/rerank", json=asked | {"documents": []}).status_code == 400


def test_audio_is_transcribed(cloud_temple):
    """A form with a file gets a text, one without gets 400, another body 415."""
    file = {"file": ("a.wav", b"\x00\xff--\r\n", "audio/wav")}

    assert cloud_temple.post("/audio/transcriptions", files=file, data={"model": "w"}).json()["text"]
    assert cloud_temple.post("/audio/transcriptions", files={"other": b"x"}).status_code == 400
    assert cloud_temple.post("/audio/transcriptions", json={}).status_code == 415
    garbage = {"content-type": 'multipart/form-data; boundary="x'}
    assert cloud_temple.post("/audio/transcriptions", content=b"--x\r\n\xff:\r\n", headers=garbage).status_code == 400
