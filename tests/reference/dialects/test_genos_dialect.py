"""What the GenOS dialect adds: the serving id, the documented client, vLLM's fields."""

from __future__ import annotations

import json

import pytest


def test_the_documented_client_works(genos):
    """The first listed model chats, and its stream survives the documented loop, with usage asked for too."""
    model = genos.get("/v1/models").json()["data"][0]["id"]
    body = {
        "model": model,
        "messages": [
            {"role": "system", "content": "당신은 유용한 어시스턴트입니다."},
            {"role": "user", "content": "안녕하세요, 잘 지내고 있나요?"},
        ],
    }
    whole = genos.post("/v1/chat/completions", json=body).json()["choices"][0]["message"]["content"]
    text = ""
    asked = body | {"stream": True, "stream_options": {"include_usage": True}}
    with genos.stream("POST", "/v1/chat/completions", json=asked) as response:
        for line in response.iter_lines():
            if line:
                data = line.removeprefix("data: ")
                if data == "[DONE]":
                    break
                content = json.loads(data).get("choices", [])[0].get("delta", {}).get("content", "")
                assert isinstance(content, str)
                text += content

    assert text == whole
    assert "잘 지내고 있습니다" in text


def test_chunks_have_the_documented_fields(genos):
    """Every choice of a chunk has logprobs, finish_reason and stop_reason, null while text is coming."""
    events = genos.chat("Count to nine", stop="three", stream=True).text.split("\n\n")[:-2]
    choices = [json.loads(event.removeprefix("data: "))["choices"][0] for event in events]

    assert all({"logprobs", "finish_reason", "stop_reason"} <= choice.keys() for choice in choices)
    assert [choice["stop_reason"] for choice in choices] == [None] * (len(choices) - 1) + ["three"]


@pytest.mark.parametrize("serving", ["44", "x", "%34%34", "-1", "043"])
def test_an_unknown_serving_is_not_found(genos, serving):
    """Only the known serving id is answered; others get 404 as JSON."""
    url = str(genos.base_url).replace("/43/", f"/{serving}/")
    response = genos.get(f"{url}v1/models")

    assert response.status_code == 404
    assert response.json()["error"]["message"]


@pytest.mark.parametrize("user", ["653", "abc", ""])
def test_the_user_header_changes_nothing(genos, user):
    """`x-genos-user-id` of any kind is taken."""
    assert genos.get("/v1/models", headers={"x-genos-user-id": user}).status_code == 200
