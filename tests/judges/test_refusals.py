"""Wrong requests, what they are recognised by, and which answers to them are fine."""

from __future__ import annotations

import json

import pytest

from conformance.contract.load import load_api
from conformance.exchange.model import NO_SUCH_MODEL, NO_SUCH_PATH, Ending, Exchange, Piece, Request, Response
from conformance.judges.verdicts import judge_all
from conformance.report import Verdict

BASE = "http://target/v1"
PLAIN = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 8, "temperature": 0}
REFUSAL = {"error": {"message": "no", "type": "invalid_request_error"}}


def exchange(body, status, answer=REFUSAL, *, path="/chat/completions", method="POST", headers=(), ending=None):
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    said = (("Authorization", "Bearer [Filtered]"), ("Content-Type", "application/json"))
    content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    response = Response(status, headers=(("Content-Type", "application/json"), *headers), pieces=(Piece(0.1, content),))
    return Exchange("x", Request(method, BASE + path, said, sent), response, ending or Ending.COMPLETE)


def verdict(row, *exchanges):
    accepted = exchange(PLAIN, 200, {})
    (result,) = judge_all(load_api("cloud-temple"), [accepted, *exchanges], base_url=BASE, selected={row})
    return result.verdict


def without(name):
    return {key: value for key, value in PLAIN.items() if key != name}


BROKEN = b'{"model": "m", "messages": ['
WRONG = [
    ("errors.malformed-json", BROKEN, Verdict.FAIL),
    ("errors.missing-required", without("messages"), Verdict.FAIL),
    ("errors.missing-required", without("model"), Verdict.WARN),
    ("errors.unknown-model", PLAIN | {"model": NO_SUCH_MODEL}, Verdict.WARN),
    ("chat.temperature-range", PLAIN | {"temperature": 2.1}, Verdict.WARN),
]


@pytest.mark.parametrize(("row", "body", "broken"), WRONG)
def test_wrong_request_is_to_be_refused(row, body, broken):
    """Any 4xx will do; a success breaks the row; a busy target says nothing."""
    assert verdict(row, exchange(body, 200, {})) is broken
    assert verdict(row, exchange(body, 500)) is broken
    assert {verdict(row, exchange(body, status)) for status in (400, 404, 422)} == {Verdict.PASS}
    assert {verdict(row, exchange(body, status)) for status in (429, 503)} == {Verdict.UNTESTED}


@pytest.mark.parametrize("body", [b'{"temperature": NaN}', b"", b"  ", b"\xef\xbb\xbf{}", b"{} x", PLAIN])
def test_what_a_lenient_parser_may_read_is_not_malformed(body):
    """Constants, byte order marks and trailing data may be taken (RFC 8259 § 9), so nothing is said of them."""
    assert verdict("errors.malformed-json", exchange(body, 200, {})) is Verdict.UNTESTED


@pytest.mark.parametrize(("status", "expected"), [(200, Verdict.PASS), (400, Verdict.PASS), (500, Verdict.WARN)])
def test_field_of_another_type_is_refused_or_coerced(status, expected):
    """A wrongly typed field may be taken or refused, but must not break the server."""
    assert verdict("errors.wrong-json-type", exchange(PLAIN | {"max_tokens": {}}, status)) is expected


def test_wrong_method_gets_405_with_allow_or_404():
    """A success, a failure, and a 405 without Allow break the row."""
    patched = {status: exchange(PLAIN, status, method="PATCH") for status in (200, 404, 405, 500)}
    allowed = exchange(PLAIN, 405, method="PATCH", headers=(("allow", "POST"),))

    assert verdict("errors.method", allowed) is verdict("errors.method", patched[404]) is Verdict.PASS
    assert {verdict("errors.method", patched[status]) for status in (200, 405, 500)} == {Verdict.WARN}


def test_unknown_path_gets_404_in_json():
    """Another status or an HTML page breaks the row."""
    paths = [
        exchange(b"", status, answer, path=f"/{NO_SUCH_PATH}", method="GET")
        for status, answer in ((404, {}), (404, b"<html>"), (200, {}))
    ]

    assert [verdict("errors.unknown-path", path) for path in paths] == [Verdict.PASS, Verdict.WARN, Verdict.WARN]


LEAKS = [
    'Traceback (most recent call last):\n  File "x.py", line 3',
    "boom\n\tat com.foo.Bar.baz(Bar.java:12)",
    "cannot open /usr/lib/server/models.bin",
    "see C:\\srv\\app\\main.cs",
    "builtins.KeyError: 'model'",
    "java.lang.NullPointerException",
    "TypeError: x\n    at handle (/app/dist/server.js:10:5)",
]
HARMLESS = [
    "see https://host.example/usr/share/docs/errors.py for help",
    "the model /opt/models/vendor/m does not exist",
    "ValueError: temperature must be at most 2.0",
    "use POST /v1/chat/completions with version 1.2.3",
    "errors: https://errors.pydantic.dev/2.5/v/missing",
    "max_tokens at most 10 (was: 12)",
]


@pytest.mark.parametrize("text", LEAKS)
def test_inside_of_the_server_in_an_error_is_a_leak(text):
    """Stack traces, file paths and exception classes with their module break the row."""
    assert verdict("errors.no-leak", exchange(PLAIN, 400, {"error": {"message": text}})) is Verdict.FAIL


@pytest.mark.parametrize("text", HARMLESS)
def test_links_echoes_and_plain_words_are_no_leak(text):
    """URLs, paths that the request sent, versions and bare exception names are fine."""
    asked = PLAIN | {"model": "/opt/models/vendor/m"}

    assert verdict("errors.no-leak", exchange(asked, 400, {"error": {"message": text}})) is Verdict.PASS


def test_unanswered_request_is_a_finding_but_not_a_stream_or_our_own_leaving():
    """A reset and a truncated answer break the row, an abandoned one says nothing."""
    cut = exchange(PLAIN, 400, ending=Ending.CUT_SHORT)
    left = exchange(PLAIN, 200, ending=Ending.ABANDONED)

    assert verdict("robustness.answered", cut) is Verdict.WARN
    assert verdict("robustness.answered", left) is Verdict.PASS


def test_server_error_is_a_finding_but_not_busy_or_not_offered():
    """501 and 503 are no server errors."""
    found = {status: verdict("robustness.no-5xx", exchange(BROKEN, status)) for status in (400, 500, 501, 502, 503)}

    assert found == {400: "pass", 500: "fail", 501: "pass", 502: "fail", 503: "pass"}
