"""What all dialects do alike: admission, refusals, answers that keep their caps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.reference.server import DEFAULT_KEY

if TYPE_CHECKING:
    import httpx

WRONG = "not-the-key-of-this-server"


def message(response: httpx.Response) -> str:
    """Return the text of an error body of any of the formats."""
    body = response.json()
    if "errors" in body:
        return f"{body['errors'][0]['field']}: {body['errors'][0]['message']}"
    return body["error"] if isinstance(body["error"], str) else body["error"]["message"]


def test_a_question_is_answered(client):
    """A plain request gets a text, counted tokens and an id of its own."""
    one, other = client.chat(), client.chat()

    assert client.said(one)
    assert client.said(one) == client.said(other)
    assert one.json()["id"] != other.json()["id"]
    assert one.headers["content-type"] == "application/json"


def test_usage_adds_up_and_keeps_the_cap(client):
    """Total is prompt plus completion; the completion is no longer than the cap, and says so."""
    body = client.chat("Count from one to fifty in words.", max_tokens=7).json()
    usage = body["usage"]

    assert usage["completion_tokens"] == 7
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert body["choices"][0]["finish_reason"] == "length"
    assert client.said(client.chat("Count from one to three in words.")) == "one, two, three"
    assert client.chat("Count to three").json()["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("text", ["żółw 你好 안녕 😀", "שלום", "a\u2028b\x85c"])
def test_text_survives_escaped_or_not(client, text):
    """Text in any script comes back intact and costs the same, whether the request escapes it or not."""
    body = client.body(f"Repeat exactly: {text}")
    sent = [json.dumps(body, ensure_ascii=escaped).encode() for escaped in (True, False)]
    typed = {"content-type": "application/json; charset=utf-8"}
    answers = [client.post(client.chat_path, content=each, headers=typed) for each in sent]

    assert [client.said(answer) for answer in answers] == [text, text]
    assert answers[0].json()["usage"] == answers[1].json()["usage"]


@pytest.mark.parametrize(
    "value", ["", "Bearer", f"Bearer {WRONG}", f"Basic {DEFAULT_KEY}", DEFAULT_KEY, f"Bearer {DEFAULT_KEY}, x"]
)
def test_a_wrong_credential_is_refused_without_repeating_it(client, value):
    """Anything but the key as bearer token gets 401 with a challenge, and no echo."""
    response = client.post(client.chat_path, json=client.body(), headers={"Authorization": value})

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert WRONG not in response.text
    assert DEFAULT_KEY not in response.text


def test_no_credential_is_refused_before_anything_else(client):
    """Without a credential even nonsense gets 401."""
    del client.headers["Authorization"]

    assert client.post(client.chat_path, content=b"{").status_code == 401


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer"])
def test_the_scheme_is_compared_without_case(client, scheme):
    """The scheme's name may be written in any case (RFC 9110 § 11.1)."""
    headers = {"Authorization": f"{scheme} {DEFAULT_KEY}"}

    assert client.post(client.chat_path, json=client.body(), headers=headers).status_code == 200


def test_an_unknown_path_is_not_found(client):
    """A path outside the API gets 404 as JSON."""
    response = client.get("/no/such/path")

    assert response.status_code == 404
    assert message(response)


def test_another_method_is_not_allowed(client):
    """A method that a path does not take gets 405 with the ones that it takes."""
    response = client.put(client.chat_path, json={})

    assert response.status_code == 405
    assert response.headers["allow"] == "OPTIONS, POST"
    assert message(response)
    assert client.head(client.chat_path).status_code == 405


def test_options_tells_the_methods(client):
    """OPTIONS gets no content and the methods of the path."""
    response = client.options(client.chat_path)

    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == "OPTIONS, POST"


BAD_BODIES = [
    b"", b"{", b"nonsense", b"\xff\xfe", b"[]", b'"text"', b"null", b"NaN", b'{"model": NaN}', b"\xef\xbb\xbf{}",
    b"[" * 100_000, b'{"a":' * 500 + b"1" + b"}" * 500, b'{"max_tokens": ' + b"9" * 5000 + b"}",
]  # fmt: skip


@pytest.mark.parametrize("content", BAD_BODIES, ids=lambda content: repr(content[:20]))
def test_a_body_that_is_no_json_object_is_refused(client, content):
    """Malformed, empty, too deep or other JSON gets 400 with an error body."""
    response = client.post(client.chat_path, content=content, headers={"content-type": "application/json"})

    assert response.status_code == 400
    assert message(response)


@pytest.mark.parametrize(("depth", "status"), [(50, 200), (150, 400), (900, 400), (100_000, 400)])
def test_a_body_may_be_nested_but_not_deeply(client, depth, status):
    """A good body with an unknown field of some depth is answered; too deep, it gets 400."""
    body = json.dumps(client.body() | {"x": 0}).replace('"x": 0', f'"x": {"[" * depth}{"]" * depth}')

    response = client.post(client.chat_path, content=body, headers={"content-type": "application/json"})
    assert response.status_code == status


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "", "application/json, application/json"])
def test_another_media_type_is_refused(client, kind):
    """A body that is not declared as JSON gets 415."""
    response = client.post(client.chat_path, content=b"{}", headers={"content-type": kind})

    assert response.status_code == 415
    assert message(response)


def test_a_body_of_over_ten_megabytes_is_refused(client):
    """Too long a body gets 413, not a dropped connection."""
    response = client.chat("x" * 10_000_001)

    assert response.status_code == 413
    assert message(response)


def test_a_prompt_beyond_the_context_window_is_refused(client):
    """A long prompt gets a 400 that says so."""
    response = client.chat("word " * 200_000)

    assert response.status_code == 400
    assert "context window" in message(response)


@pytest.mark.parametrize("field", ["model", "messages"])
def test_a_missing_required_field_is_named(client, field):
    """A required field left out, or null, gets a 400 that names it."""
    for value in ({}, {field: None}):
        body = {name: said for name, said in client.body().items() if name != field} | value
        response = client.post(client.chat_path, json=body)

        assert response.status_code == 400
        assert field in message(response)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("temperature", -0.1), ("temperature", 2.1), ("temperature", "hot"), ("temperature", True),
        ("top_p", 1.5), ("top_p", -1), ("max_tokens", 0), ("max_tokens", -5), ("max_tokens", 1.5),
        ("max_tokens", "5"), ("max_tokens", True), ("stream", "yes"), ("stream", 1),
    ],
)  # fmt: skip
def test_a_parameter_out_of_range_or_type_is_named(client, field, value):
    """A documented parameter of another type or out of its range gets a 400 that names it."""
    response = client.chat(**{field: value})

    assert response.status_code == 400
    assert field in message(response)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("temperature", 0), ("temperature", 2), ("temperature", 1.0), ("top_p", 0), ("top_p", 1),
        ("max_tokens", 6.0), ("max_tokens", 10**12), ("stream", False), ("max_tokens", None), ("x_unknown", {"a": [1]}),
    ],
)  # fmt: skip
def test_a_parameter_in_range_is_taken(client, field, value):
    """The ends of the ranges, integral floats, null and unknown fields are taken."""
    assert client.chat(**{field: value}).status_code == 200


@pytest.mark.parametrize(
    "messages",
    [
        [], "hi", {}, [1], [None], [{}], [{"role": "user"}], [{"content": "x"}], [{"role": "wizard", "content": "x"}],
        [{"role": 1, "content": "x"}], [{"role": "user", "content": 5}], [{"role": "user", "content": None}],
        [{"role": "user", "content": {}}],
    ],
    ids=str,
)  # fmt: skip
def test_ill_formed_messages_are_refused(client, messages):
    """Messages that are not as documented get a 400 that names them."""
    response = client.post(client.chat_path, json=client.body() | {"messages": messages})

    assert response.status_code == 400
    assert "messages" in message(response)


def test_an_unknown_model_is_not_found(client):
    """A model that is not served gets 404."""
    response = client.post(client.chat_path, json=client.body() | {"model": "no-such-model"})

    assert response.status_code == 404
    assert message(response)


def test_lone_surrogates_are_no_trouble(client):
    """A lone surrogate, which JSON can escape, is answered like any other text, in valid UTF-8."""
    body = json.dumps(client.body()).replace("Hello", "Repeat exactly: a\\ud800b").encode()
    typed = {"content-type": "application/json"}
    response = client.post(client.chat_path, content=body, headers=typed)
    unknown = client.post(client.chat_path, content=body.replace(b'"model": "', b'"model": "\\udfff'), headers=typed)

    assert client.said(response) == "ab"
    assert unknown.status_code == 404
    assert json.loads(unknown.content.decode("utf-8"))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
KNOWN = ["messages", "model", "parameters", "stream", "stop", "tools", "tool_choice", "response_format", "n", "seed",
         "structured_outputs", "max_tokens", "stream_options", "reasoning", "temperature"]  # fmt: skip
requests = st.one_of(
    st.binary(max_size=50),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(st.sampled_from(KNOWN), json_values, max_size=5),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request=requests)
def test_garbage_gets_a_regular_answer(client, request):
    """Whatever body is sent, the answer is a 2xx or a 4xx that is JSON or a stream."""
    if isinstance(request, dict):
        request = json.dumps(client.body() | request).encode()
    response = client.post(client.chat_path, content=request, headers={"content-type": "application/json"})

    assert response.status_code < 500
    assert response.headers["content-type"] in {"application/json", "text/event-stream"}
    if response.headers["content-type"] == "application/json":
        assert isinstance(response.json(), dict)
