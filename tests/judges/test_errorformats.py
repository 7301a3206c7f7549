"""How errors are told: in which format, with which status, at which place, with what in them."""

from __future__ import annotations

import hashlib
import json

import pytest

from conformance.contract.load import load_api
from conformance.exchange.model import INVALID_CREDENTIAL, NO_SUCH_PATH, Ending, Exchange, Piece, Request, Response
from conformance.judges.verdicts import judge_all
from conformance.report import Verdict

BASE = "http://target/v1"
CHAT = "/chat/completions"
PLAIN = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 8, "temperature": 0}
ANSWER = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0}]}
ERROR = {"message": "no", "type": "invalid_request_error", "param": None, "code": None}
VALID = (("Authorization", "Bearer [Filtered]"), ("Content-Type", "application/json"))
WRONG_KEY = (("Authorization", f"Bearer {INVALID_CREDENTIAL}"), ("Content-Type", "application/json"))


def exchange(status, answer, *, sent=PLAIN, path=CHAT, method="POST", said=VALID, headers=(), media="application/json"):
    body = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    response = Response(status, headers=(("Content-Type", media), *headers), pieces=(Piece(0.1, content),))
    return Exchange("x", Request(method, BASE + path, said, body), response, Ending.COMPLETE)


def streamed(*events, sent=None):
    text = "".join(e if isinstance(e, str) else f"data: {json.dumps(e)}\n\n" for e in (*events, "data: [DONE]\n\n"))
    return exchange(200, text.encode(), sent={**PLAIN, "stream": True, **(sent or {})}, media="text/event-stream")


def results(row, *exchanges):
    accepted = exchange(200, ANSWER)
    (result,) = judge_all(load_api("openai"), [accepted, *exchanges], base_url=BASE, selected={row})
    return result


def verdict(row, *exchanges):
    return results(row, *exchanges).verdict


def chunk(**delta):
    return {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}


@pytest.mark.parametrize("value", [400, True, [], {}, 1.5])
@pytest.mark.parametrize("name", ["code", "param"])
def test_code_and_param_are_texts_or_null(name, value):
    """A number, a list or an object breaks the row of its member, a text and null keep it."""
    row = f"errors.{name}"

    assert verdict(row, exchange(400, {"error": ERROR | {name: value}})) is Verdict.WARN
    assert verdict(row, exchange(400, {"error": ERROR | {name: "x"}}), exchange(400, {"error": ERROR})) is Verdict.PASS


@pytest.mark.parametrize("message", ["[1]", '{"error": {"message": "x"}}'])
def test_message_that_is_json_is_noted(message):
    """The JSON of another error is noted; a number or a text that is JSON by chance is words."""
    assert verdict("errors.message-plain", exchange(400, {"error": ERROR | {"message": message}})) is Verdict.NOTE
    assert verdict("errors.message-plain", exchange(400, {"error": ERROR | {"message": "404"}})) is Verdict.PASS


@pytest.mark.parametrize(
    "answer", [{"error": ERROR}, {"error": "no", "choices": None}, {"object": "error", "message": "no", "code": 400}]
)
def test_error_comes_with_no_success_status(answer):
    """A body that is an error and nothing else breaks the row whatever its form; null beside an answer does not."""
    assert verdict("errors.status", exchange(200, answer)) is Verdict.FAIL
    assert verdict("errors.status", exchange(200, ANSWER | {"error": None})) is Verdict.PASS


def test_error_that_opens_a_stream_is_weighed_by_the_request():
    """An error as the first thing in a stream fails for a wrong request, warns for a right one; later it is fine."""
    role, told = chunk(role="assistant", content=""), {"error": ERROR}

    assert verdict("errors.before-stream", streamed(told, sent={"messages": []})) is Verdict.FAIL
    assert verdict("errors.before-stream", streamed(role, told)) is Verdict.WARN
    assert verdict("errors.before-stream", streamed(role, chunk(content="a"), told)) is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    "event",
    [
        {"object": "error", "message": "died", "code": 500},
        {"message": "died", "statusCode": 500},
        {"text": "died", "error_code": 50001},
        {"detail": "died"},
        'event: error\ndata: {"reason": "died"}\n\n',
    ],
)
def test_error_within_a_stream_has_a_member_error(event):
    """What SDKs would take for an answer without choices breaks the row."""
    assert verdict("errors.in-stream", streamed(chunk(content="a"), event)) is Verdict.FAIL


@pytest.mark.parametrize("event", [{"error": ERROR}, {"type": "ping"}, {"choices": [], "usage": {}}, {"error": None}])
def test_what_is_no_misplaced_error_keeps_the_row(event):
    """An error in the envelope, a ping and a chunk without choices are no misplaced errors."""
    assert verdict("errors.in-stream", streamed(chunk(content="a"), event)) is Verdict.PASS


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", Verdict.PASS),
        ("120", Verdict.PASS),
        ("Sun, 06 Nov 1994 08:49:37 GMT", Verdict.PASS),
        ("1.5", Verdict.WARN),
        ("1m30s", Verdict.WARN),
        ("", Verdict.WARN),
        (None, Verdict.NOTE),
    ],
)
def test_retry_after_is_seconds_or_a_date(value, expected):
    """Seconds and dates keep the row, what cannot be read breaks it, absence is noted."""
    headers = () if value is None else (("Retry-After", value),)

    assert verdict("errors.when-to-come-back", exchange(429, {"error": ERROR}, headers=headers)) is expected


def test_exhausted_quota_is_told_apart():
    """A 429 that speaks of the quota needs the code; one that speaks of the rate does not."""
    said = {"message": "You exceeded your current quota, please check your plan."}
    right = {"code": "insufficient_quota"}

    assert verdict("errors.quota-code", exchange(429, {"error": ERROR | said})) is Verdict.WARN
    assert verdict("errors.quota-code", exchange(429, {"error": ERROR | said | right})) is Verdict.PASS
    assert verdict("errors.quota-code", exchange(429, {"error": ERROR | {"message": "slow down"}})) is Verdict.PASS


def test_key_in_an_error_is_found_unless_masked_or_sent():
    """A key breaks the row; masks, placeholders and what the request sent do not."""
    key = "sk-proj-a8FqZ2mWc7RtY4vKx1LbN9dQ3hJs6PgT"
    shown = exchange(400, {"error": ERROR | {"message": f"upstream refused {key}"}})
    sent = exchange(400, shown.response.body, sent=PLAIN | {"user": key})
    masked = exchange(
        400, {"error": ERROR | {"message": "sk-abc********************wxyz, sk-xxxxxxxxxxxxxxxxxxxxxxxx"}}
    )

    assert verdict("errors.no-secret", shown) is Verdict.WARN
    assert verdict("errors.no-secret", sent, masked) is Verdict.PASS


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://10.1.2.3:8000/v1", Verdict.NOTE),
        ("redis://cache.prod.svc", Verdict.NOTE),
        ("https://platform.openai.com/docs", Verdict.PASS),
        ("http://target/docs", Verdict.PASS),
    ],
)
def test_address_behind_the_target_is_noted(url, expected):
    """Addresses of private networks and of a cluster's inside are noted, public ones and the target's own are not."""
    assert verdict("errors.no-address", exchange(400, {"error": ERROR | {"message": f"see {url}"}})) is expected


def test_digest_of_a_wrong_key_is_an_echo():
    """A digest of the credential that was sent breaks the row; another one does not."""
    digests = [hashlib.sha256(key.encode()).hexdigest() for key in (INVALID_CREDENTIAL, "other")]
    shown, other = (exchange(401, {"error": ERROR | {"message": digest}}, said=WRONG_KEY) for digest in digests)

    assert verdict("auth.not-echoed", shown) is Verdict.FAIL
    assert verdict("auth.not-echoed", other) is Verdict.PASS


def test_doubled_slash_needs_a_credential():
    """An answer without a credential breaks the row; a refusal, and a page for people, do not."""
    nobody = (("Content-Type", "application/json"),)
    answered = exchange(200, ANSWER, path="//chat/completions", said=nobody)
    refused = exchange(401, {"error": ERROR}, path="//chat/completions", said=nobody)
    page = exchange(200, b"<html>", path="//chat/completions", said=nobody, media="text/html")
    demanded = [exchange(401, {"error": ERROR}, said=nobody)]

    assert verdict("auth.no-way-around", *demanded, answered) is Verdict.WARN
    assert verdict("auth.no-way-around", *demanded, refused, page) is Verdict.PASS


def test_refusal_of_permissions_says_nothing_of_the_credential():
    """A 401 of one operation breaks the row, unless it speaks of what the key may do."""
    asked = {"model": "m", "prompt": "hi", "max_tokens": 8, "temperature": 0}
    unknown = exchange(401, {"error": ERROR}, sent=asked, path="/completions")
    scoped = exchange(
        401, {"error": ERROR | {"message": "Missing scopes: model.request"}}, sent=asked, path="/completions"
    )

    assert verdict("auth.known-everywhere", unknown) is Verdict.WARN
    assert verdict("auth.known-everywhere", scoped) is Verdict.PASS


def test_bad_image_is_known_by_its_bytes():
    """Only a data URL that is no image makes the request one about a bad image, and only a 5xx breaks the row."""

    def asked(url, status):
        parts = [{"type": "text", "text": "hi"}, {"type": "image_url", "image_url": {"url": url}}]
        return exchange(status, {"error": ERROR}, sent=PLAIN | {"messages": [{"role": "user", "content": parts}]})

    bad, png = "data:image/png;base64,bm8gaW1hZ2U=", "data:image/png;base64,iVBORw0KGgo="

    assert verdict("errors.bad-image", asked(bad, 500)) is Verdict.WARN
    assert {verdict("errors.bad-image", asked(bad, status)) for status in (200, 400, 422)} == {Verdict.PASS}
    assert verdict("errors.bad-image", asked(png, 500)) is Verdict.UNTESTED


GARBAGE = [
    b"",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"{}",
    b"{",
    b'{"error": []}',
    b'{"error": {"message": {}, "code": []}}',
    b"[" * 5000,
]


@pytest.mark.parametrize("body", GARBAGE)
@pytest.mark.parametrize("status", [200, 401, 404, 405, 429, 500])
def test_no_bytes_make_a_judge_fail(body, status):
    """Whatever a target sends, no judge of this format's errors raises."""
    api = load_api("openai")
    wrong = [
        exchange(status, body, said=said, path=path, sent=sent, headers=(("Retry-After", "\x00"),))
        for said in (VALID, WRONG_KEY, ())
        for path in (CHAT, "//chat/completions", f"/{NO_SUCH_PATH}")
        for sent in (PLAIN, b"", {"messages": [{"content": [{"image_url": {"url": "data:;base64,?"}}]}]})
    ]
    events = [streamed(f"data: {body.decode(errors='replace')}\n\n")]
    found = judge_all(api, [exchange(200, ANSWER), *wrong, *events], base_url=BASE)
    rows = ("errors.", "auth.", "chat.top-p")

    assert [r.reason for r in found if r.verdict is Verdict.ERROR and r.requirement.id.startswith(rows)] == []
