"""OpenAI's own envelope, headers, codings and browsers' questions."""

from __future__ import annotations

import gzip
import json

import httpx
import pytest

from conformance.reference.jsonbody import LARGEST

PATHS = {"/chat/completions": "POST", "/completions": "POST", "/embeddings": "POST", "/models": "GET",
         "/models/reference-mini": "GET", "/models/reference-lab%2Freference-large": "GET"}  # fmt: skip


def zipped(openai, content, coding="gzip"):
    """Send a body with a content coding."""
    headers = {"content-type": "application/json", "content-encoding": coding}
    return openai.post("/chat/completions", content=content, headers=headers)


TYPED = {"content-type": "application/json"}
CHAT = '{"model": "reference-mini", "messages": [{"role": "user", "content": "%s"}]}'
TEXT = '{"model": "reference-mini", "prompt": "%s"}'


@pytest.mark.parametrize(
    ("status", "code", "method", "path", "said"),
    [
        pytest.param(404, "not_found", "GET", "/no/such", "", id="unknown-path"),
        pytest.param(404, "not_found", "GET", "", "", id="base"),
        pytest.param(405, "method_not_allowed", "GET", "/chat/completions", "", id="method"),
        pytest.param(413, "request_too_large", "POST", "/chat/completions", CHAT % ("x" * LARGEST), id="large"),
        pytest.param(400, "context_length_exceeded", "POST", "/chat/completions", CHAT % ("a " * 40_000), id="chat"),
        pytest.param(400, "context_length_exceeded", "POST", "/completions", TEXT % ("a " * 40_000), id="text"),
        pytest.param(400, "invalid_json", "POST", "/embeddings", "{", id="json"),
        pytest.param(400, "missing_required_parameter", "POST", "/chat/completions", "{}", id="missing"),
        pytest.param(404, "model_not_found", "POST", "/completions", '{"model": "none", "prompt": ""}', id="model"),
    ],
)
def test_every_error_has_the_envelope(openai, status, code, method, path, said):
    """Errors have message, type, param and code, as JSON, with an id of their own."""
    response = openai.request(method, path, content=said, headers=TYPED)
    error = response.json()["error"]

    assert (response.status_code, error["code"]) == (status, code)
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["param"] is None or error["param"] in {"model", "messages", "prompt"}
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-request-id"].startswith("req_")


def test_refusals_say_what_would_do(openai):
    """401 comes with a challenge, 405 with the methods, 404 with the path; another media type gets 415."""
    stranger = openai.get("/models", headers={"Authorization": "x"})

    assert (stranger.status_code, stranger.headers["www-authenticate"]) == (401, "Bearer")
    assert stranger.json()["error"]["code"] == "invalid_api_key"
    assert openai.post("/chat/completions", content=b"{}").status_code == 415
    assert openai.put("/models/reference-mini").headers["allow"] == "GET, HEAD, OPTIONS"
    assert "GET /openai/v1/no/such" in openai.get("/no/such").json()["error"]["message"]


def test_every_answer_has_its_own_headers(openai):
    """Request ids are never repeated; limits and timings are told with every answer, streams included."""
    found = [openai.chat(), openai.chat(stream=True), openai.get("/models"), openai.get("/nope"), openai.chat(n=0)]

    assert len({response.headers["x-request-id"] for response in found}) == len(found)
    for response in found:
        assert response.headers["openai-processing-ms"].isdigit()
        assert response.headers["x-ratelimit-remaining-tokens"].isdigit()
        assert response.headers["access-control-allow-origin"] == "*"
        assert "x-request-id" in response.headers["access-control-expose-headers"]


@pytest.mark.parametrize("path", PATHS)
def test_a_browser_may_ask(openai, path):
    """A preflight needs no credential, and is told that the method and both headers are allowed."""
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": PATHS[path],
             "Access-Control-Request-Headers": "authorization,content-type"}  # fmt: skip
    response = httpx.options(f"{str(openai.base_url).rstrip('/')}{path}", headers=asked, verify=False)

    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["access-control-allow-origin"] == "*"
    assert PATHS[path] in response.headers["access-control-allow-methods"].split(", ")
    assert {"authorization", "content-type"} <= set(response.headers["access-control-allow-headers"].split(", "))


def test_a_gzipped_body_is_read(openai):
    """A body in gzip means what it does without."""
    body = json.dumps(openai.body("Repeat exactly: ok")).encode()

    assert openai.said(zipped(openai, gzip.compress(body))) == "ok"
    assert openai.said(zipped(openai, body, "identity")) == "ok"


@pytest.mark.parametrize(
    ("content", "coding", "status"),
    [
        (b"{}", "gzip", 400), (gzip.compress(b"{}")[:-3], "gzip", 400), (b"", "gzip", 400), (b"{}", "br", 415),
        (gzip.compress(b"{"), "gzip", 400), (gzip.compress(b" " * (LARGEST + 5)), "gzip", 413),
    ],
    ids=["plain", "cut", "empty", "br", "no-json", "bomb"],
)  # fmt: skip
def test_a_body_that_cannot_be_decoded_is_refused(openai, content, coding, status):
    """Broken gzip gets 400, another coding 415, one that swells too much 413."""
    assert zipped(openai, content, coding).status_code == status
