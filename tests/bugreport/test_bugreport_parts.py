"""What of a finding becomes an assertion, a program and an excerpt, whatever came back."""

from __future__ import annotations

import ast
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.bugreport.assertion import assertion
from conformance.bugreport.excerpt import request_text, response_text
from conformance.bugreport.snippet import snippet
from conformance.exchange.model import FILTERED, Ending, Exchange, Piece, Request, Response
from conformance.report import Finding

PLACES = [
    "status",
    "body",
    "/a/0/b",
    "body /a",
    "event 1",
    "event 2 /a",
    "header X",
    "response body, byte 3",
    "body/",
    "",
]


def exchange(body=b"", *, status=200, media="application/json", request=b"{}", headers=()):
    response = Response(status, headers=(("Content-Type", media), *headers), pieces=(Piece(0.5, body),))
    sent = Request("POST", "http://a/v1/x", (("Authorization", f"Bearer {FILTERED}"),), request)
    return Exchange("x.1", sent, response)


@pytest.mark.parametrize(
    ("finding", "body", "condition"),
    [
        (Finding("x", "status 401", "status 200", "status"), {}, "response.status_code == 401"),
        (Finding("x", "a 4xx status"), {}, "response.status_code // 100 == 4"),
        (Finding("'b' is a required property", where="/a"), {"a": {}}, "'b' in answer['a']"),
        (Finding("7 is not of type 'string', 'null'", where="/a"), {"a": 7}, "type(answer['a']) in (str, type(None),)"),
        (Finding("[] should be non-empty", where="/a"), {"a": []}, "len(answer['a']) > 0"),
        (Finding("x", "'b'", "'c'", "/a/0"), {"a": ["c"]}, "answer['a'][0] == 'b'"),
        (Finding("x", where="/a/b"), {"a": {}}, "'b' in answer['a']"),
        (
            Finding("a + b is not c", where="/c"),
            {"a": 1, "b": 2, "c": 4},
            "answer['a'] + answer['b'] == answer['c']",
        ),
        (Finding("x", "no trace", "'Traceback'", "body"), {"m": "Traceback"}, "'Traceback' not in response.text"),
        (Finding("x", "at most 2", "3", "/a"), {"a": [1, 2, 3]}, "len(answer['a']) <= 2"),
        (Finding("x", "more than 0", "0 tokens", "/a"), {"a": 0}, "answer['a'] > 0"),
        (Finding("an error has no param", where="/error"), {"error": {}}, "'param' in answer['error']"),
        (Finding("x", "a list", where="choices"), {}, None),
        (Finding("x", "a success status"), {}, None),
    ],
)
def test_an_assertion_that_the_answer_fails(finding, body, condition):
    """The condition is false of what was recorded; where nothing is known to be, there is none."""
    found = assertion(finding, exchange(json.dumps(body).encode()))
    assert (found.condition if found else None) == condition


def test_no_answer_is_its_own_assertion():
    """A request that fails needs no condition."""
    silent = Exchange("x.1", Request("GET", "http://a"), None, Ending.RESET)
    assert assertion(Finding("x", "status 200"), silent).condition == ""
    assert response_text(silent, Finding("x")) == "no answer: reset after 0.000 s (no detail)"


def test_the_place_is_marked_in_a_long_body():
    """A long body is cut around the marked place."""
    body = json.dumps({"data": [{"id": number} for number in range(500)]}).encode()
    lines = response_text(exchange(body), Finding("x", where="/data/300/id")).splitlines()
    assert [line.strip() for line in lines if line.endswith("<-- here")] == ['"id": 300  <-- here']
    assert len(lines) < 40


def test_a_stream_has_times_and_escapes():
    """Lines of a stream have the time of their arrival; what is not printable is escaped."""
    shown = response_text(exchange(b"data: a\x1b\n\ndata: b", media="text/event-stream"), Finding("x", where="event 1"))
    assert "    0.500 s  data: a\\x1b  <-- here" in shown.splitlines()
    assert "(never dispatched) data: b" in shown


def test_a_long_run_is_multiplied():
    """A megabyte of one character takes a line of usual length."""
    text = snippet([exchange(request=b'{"a": "' + b"x" * 1_000_000 + b'"}')], None, "KEY", {}, "m")
    assert len(text) < 2000
    content = (
        next(line for line in text.splitlines() if "content=" in line).strip().removeprefix("content=").rstrip(",")
    )
    assert eval(content) == b'{"a": "' + b"x" * 1_000_000 + b'"}'


TEXTS = st.text(max_size=20)
BODIES = st.binary(max_size=50) | st.sampled_from([b'{"a": [{"b": 1}]}', b'data: {"a": ""}\n\ndata: [DONE]\n\n'])


@given(
    TEXTS | st.just("'a' is a required property"), TEXTS, TEXTS, st.sampled_from(PLACES) | TEXTS, BODIES, st.booleans()
)
@settings(max_examples=150, deadline=None)
def test_anything_becomes_text(message, expected, actual, where, body, streams):
    """Whatever a finding says and whatever came, there is a program that Python reads, and an excerpt."""
    media = "text/event-stream" if streams else "application/json"
    seen, finding = exchange(body, media=media, request=body), Finding(message, expected, actual, where)
    ast.parse(snippet([seen], assertion(finding, seen), "KEY", {}, message))
    assert request_text(seen.request)
    assert response_text(seen, finding).startswith("HTTP/1.1 200")
