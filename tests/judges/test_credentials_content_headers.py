"""Judges of credentials, content and headers: faults are found, legal variations are not."""

from __future__ import annotations

import json

import pytest

from conformance.contract.load import load_api
from conformance.exchange.model import FILTERED, INVALID_CREDENTIAL, Exchange, Piece, Request, Response
from conformance.judges.verdicts import judge_all
from conformance.report import Verdict

BASE = "http://target/api/gateway/rep/serving/43"
BEARER = f"Bearer {FILTERED}"
ASKED = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 8}
TOLD = {
    "id": "a",
    "object": "chat.completion",
    "created": 0,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6},
}
JSON = ("Content-Type", "application/json")


def chat(number, answer=None, status=200, body=None, auth=BEARER, headers=(JSON,), asked=(JSON,), base=BASE):
    """One chat exchange; `body` and `answer` may be bytes."""
    sent = body if isinstance(body, bytes) else json.dumps(body or ASKED).encode()
    back = answer if isinstance(answer, bytes) else json.dumps(TOLD if answer is None else answer).encode()
    shown = (("Authorization", auth),) if auth else ()
    request = Request("POST", f"{base}/v1/chat/completions", (*shown, *asked), sent)
    return Exchange(f"e{number}", request, Response(status, headers=headers, pieces=(Piece(0.1, back),)))


def verdict(row, *exchanges, api="genos", base=BASE):
    """The verdict of one requirement on these exchanges."""
    return judge_all(load_api(api), exchanges, base_url=base, selected={row})[0].verdict


@pytest.mark.parametrize(
    ("status", "wanted"), [(401, "pass"), (403, "pass"), (200, "fail"), (500, "fail"), (400, "fail"), (429, "untested")]
)
@pytest.mark.parametrize(("row", "auth"), [("auth.required", ""), ("auth.invalid", f"Bearer {INVALID_CREDENTIAL}")])
def test_lack_of_a_valid_credential_is_refused_with_401_or_403(row, auth, status, wanted):
    """Only 401 and 403 refuse a missing or wrong credential; a busy target says nothing."""
    assert verdict(row, chat(1), chat(2, status=status, auth=auth)) == wanted


def test_target_that_refuses_everybody_is_not_judged_on_credentials():
    """Where the valid credential is refused too, a refusal proves nothing."""
    assert verdict("auth.required", chat(1, status=401), chat(2, status=401, auth="")) is Verdict.UNTESTED


def test_malformed_request_without_a_credential_is_not_judged():
    """A request that is wrong in two ways may be refused for either."""
    assert verdict("auth.required", chat(1), chat(2, status=400, auth="", body=b"{")) is Verdict.UNTESTED


@pytest.mark.parametrize("auth", [BEARER, f"Bearer {INVALID_CREDENTIAL}"])
def test_repeated_credential_is_a_finding_in_header_and_body(auth):
    """What the request presented may stand nowhere in the response."""
    said = auth.partition(" ")[2]
    for answer, headers in (({"error": {"message": f"no: {said}"}}, (JSON,)), ({}, (JSON, ("X-Key", said)))):
        assert verdict("auth.not-echoed", chat(1, answer, 401, auth=auth, headers=headers)) is Verdict.FAIL
    assert verdict("auth.not-echoed", chat(1, {"error": "no: sk-1***"}, 401, auth=auth)) is Verdict.PASS


@pytest.mark.parametrize(
    ("answer", "declared", "wanted"),
    [
        (b' {\r\n "a": "\\u00e9\xc3\xa9"}\n', "Application/JSON; charset=UTF-8", "pass"),
        (b"{}", "application/problem+json", "pass"),
        (b'"text"', "application/json", "pass"),
        (b"", "", "untested"),
        (b"[" * 500 + b"]" * 500, "application/json", "untested"),
        (b"{}", "text/html", "fail"),
        (b"{}", "", "fail"),
        (b'{"a": NaN}', "application/json", "fail"),
        (b'\xef\xbb\xbf{"a": 1}', "application/json", "fail"),
        (b'{"a": "\xe9"}', "application/json", "fail"),
        (b"{} {}", "application/json", "fail"),
        (b"hello", "text/plain", "fail"),
        (b'{"a": 1, "a": 2}', "application/json", "warn"),
    ],
)
def test_json_is_declared_and_strict(answer, declared, wanted):
    """Parameters, `+json`, white space and escapes are legal; anything else than one declared JSON text is not."""
    headers = (("content-type", declared),) if declared else ()
    assert verdict("content.json-type", chat(1, answer, headers=headers)) == wanted


def test_error_page_that_is_no_json_is_judged_only_where_every_answer_is_json():
    """An undocumented error format is nobody's fault; Cloud Temple says that every answer is JSON."""
    page = {"answer": b"<h1>Not found</h1>", "status": 404, "headers": (("Content-Type", "text/html"),)}
    cloud = chat(1, **page, base="http://target")
    there = Exchange(
        "e1",
        Request("POST", "http://target/v1/chat/completions", cloud.request.headers, cloud.request.body),
        cloud.response,
    )
    good = chat(2, base="http://target")
    assert verdict("content.json-type", chat(1, **page), chat(2)) is Verdict.PASS
    assert verdict("content.json-type", there, good, api="cloud-temple", base="http://target/v1") is Verdict.FAIL


FOREIGN = {**ASKED, "messages": [{"role": "user", "content": "Grüße 你好 🦊"}]}


def told(text, prompt_tokens=5):
    """An answer with this text."""
    choice = {**TOLD["choices"][0], "message": {"role": "assistant", "content": text}}
    return {**TOLD, "choices": [choice], "usage": {**TOLD["usage"], "prompt_tokens": prompt_tokens}}


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (told("anything at all"), "pass"),
        (told("你好 🦊"), "pass"),
        (told("cut at its cap \ufffd"), "pass"),
        (told("Ã la carte"), "pass"),
        (told("你好".encode().decode("latin-1")), "fail"),
        (told("🦊".encode().decode("cp1252", errors="replace").replace("\ufffd", "") + " \ufffd there"), "fail"),
        (told("a \ufffd b"), "fail"),
        (told("half \ud83e"), "fail"),
    ],
)
def test_text_that_comes_back_was_not_decoded_wrongly(answer, wanted):
    """No verdict rests on a model's words, only on traces of a wrong decoding."""
    raw = json.dumps(FOREIGN, ensure_ascii=False).encode()
    assert verdict("content.non-ascii", chat(1), chat(2, answer, body=raw)) == wanted


def test_escaped_text_costs_as_many_tokens_as_raw_text():
    """Both forms are one text; a count that differs is a should."""
    raw, escaped = json.dumps(FOREIGN, ensure_ascii=False).encode(), json.dumps(FOREIGN).encode()
    for count, wanted in ((5, "pass"), (9, "warn")):
        exchanges = chat(1), chat(2, told("a"), body=raw), chat(3, told("b", count), body=escaped)
        assert verdict("content.non-ascii", *exchanges) == wanted


@pytest.mark.parametrize(
    ("status", "wanted"), [(415, "pass"), (400, "pass"), (422, "pass"), (200, "warn"), (500, "warn"), (503, "untested")]
)
def test_body_of_another_declared_type_is_refused(status, wanted):
    """Any 4xx refuses it."""
    wrong = chat(2, status=status, asked=(("content-type", "text/plain"),))
    assert verdict("content.wrong-type", chat(1), wrong) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ('{"engine_type": "vllm", "machine_name": "m1", "x": 1}', "pass"),
        ("engine_type=vllm; machine_name=m1", "pass"),
        ("Engine-Type: vllm, Machine-Name: m1", "pass"),
        ('{"engine_type": "vllm"}', "warn"),
        ("vllm m1", "warn"),
        ("", "warn"),
    ],
)
def test_backend_header_names_both_in_any_format(value, wanted):
    """A JSON object and pairs are both taken, whatever the case."""
    answer = chat(1, headers=(JSON, ("BACKEND", value)), base="http://target")
    assert verdict("headers.backend", answer, api="cloud-temple", base="http://target/v1") == wanted


def test_rate_limit_headers_are_optional_integers():
    """None are needed; those sent are integers that fit each other."""

    def seen(**limits):
        found = tuple((f"X-RateLimit-{name}-Requests", value) for name, value in limits.items())
        answer = chat(1, headers=(JSON, *found), base="http://target")
        return verdict("headers.rate-limit", answer, api="cloud-temple", base="http://target/v1")

    assert seen() is Verdict.NOT_APPLICABLE
    assert seen(Limit="10", Remaining="10") is seen(Remaining="3") is Verdict.PASS
    assert seen(Limit="10", Remaining="11") is seen(Limit="ten") is seen(Limit="9" * 5000) is Verdict.WARN


def test_unknown_deployment_is_judged_by_the_url_alone():
    """4xx refuses it; a base URL without a number has no deployments."""

    def listing(number, base, status):
        request = Request("GET", f"{base}/v1/models", (("Authorization", BEARER),))
        return Exchange(f"e{number}", request, Response(status, headers=(JSON,), pieces=(Piece(0.1, b"{}"),)))

    own, other = listing(1, BASE, 200), BASE.replace("43", "x")
    for status, wanted in ((404, "pass"), (403, "pass"), (200, "warn"), (500, "warn")):
        assert verdict("serving.unknown-id", own, listing(2, other, status)) == wanted
    assert verdict("serving.unknown-id", own, base="http://target") is Verdict.NOT_APPLICABLE
