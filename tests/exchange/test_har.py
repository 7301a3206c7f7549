"""A HAR file gives back the exchanges that were written, and takes what other programs write."""

from __future__ import annotations

import gzip
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.exchange.har import HarError, HarWriter, from_entry, read, to_entry, write
from conformance.exchange.model import Ending, Exchange, Piece, Request, Response

MICROSECONDS = st.integers(0, 10**9).map(lambda n: n / 1_000_000)
TEXT = st.text(max_size=20)
HEADERS = st.lists(st.tuples(TEXT.filter(lambda name: name and name[0] != ":"), TEXT), max_size=3).map(tuple)
BODY = st.binary(max_size=40) | st.text(max_size=40).map(lambda text: text.encode(errors="replace"))
REQUESTS = st.builds(Request, TEXT.filter(bool), TEXT.filter(bool), HEADERS, BODY)
RESPONSES = st.builds(
    Response,
    st.integers(1, 999),
    TEXT,
    TEXT,
    HEADERS,
    st.lists(st.builds(Piece, MICROSECONDS, st.binary(max_size=20)), max_size=4).map(tuple),
)
EXCHANGES = st.builds(
    Exchange,
    id=TEXT.filter(bool),
    request=REQUESTS,
    response=st.none() | RESPONSES,
    ending=st.sampled_from(Ending),
    detail=TEXT,
    started=st.integers(0, 4 * 10**15).map(lambda n: n / 1_000_000),
    seconds=MICROSECONDS,
    timed=st.booleans(),
)


@given(EXCHANGES)
def test_an_exchange_goes_through_an_entry_unchanged(exchange):
    assert from_entry(json.loads(json.dumps(to_entry(exchange))), 1) == exchange


PLAIN = Exchange(
    "ex-0007",
    Request("POST", "https://h/v1/chat?a=1&b=%20", (("Content-Type", "application/json"),), b'{"a": "\xe4\xbd\xa0"}'),
    Response(
        200,
        "OK",
        "HTTP/1.1",
        (("X-A", "1"), ("x-a", "2")),
        (Piece(0.25, b"\xe4\xbd"), Piece(0.5, b"\xa0\n\xe2\x80\xa8")),
    ),
    started=1790000000.123457,
    seconds=0.75,
)
SILENT = Exchange(
    "ex-0008", Request("GET", "http://h/"), None, Ending.REFUSED, "connection refused", 1790000001.5, 0.001
)
BINARY = Exchange("ex-0009", Request("PUT", "http://h/", (), b"\xff\0"), Response(500, pieces=(Piece(0.1, b"\xfe"),)))


def test_an_entry_has_the_members_of_har_1_2():
    entry = to_entry(PLAIN)
    assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= entry.keys()
    assert entry["startedDateTime"] == "2026-09-21T14:13:20.123457Z"
    assert entry["time"] == 750
    assert entry["timings"] == {"send": 0, "wait": 250, "receive": 500}
    request, response = entry["request"], entry["response"]
    common = {"httpVersion", "cookies", "headers", "headersSize", "bodySize"}
    assert request.keys() - {"postData"} == common | {"method", "url", "queryString"}
    assert request["queryString"] == [{"name": "a", "value": "1"}, {"name": "b", "value": " "}]
    assert request["postData"] == {"mimeType": "application/json", "text": '{"a": "你"}'}
    assert {key for key in response if key[0] != "_"} == common | {"status", "statusText", "content", "redirectURL"}
    assert response["content"] == {"size": 7, "mimeType": "", "text": "你\n\u2028"}
    assert response["_chunks"] == [{"t": 0.25, "n": 2}, {"t": 0.5, "n": 5}]
    custom = {key for part in (entry, request, response) for key in part if key.startswith("_")}
    assert custom == {"_id", "_ending", "_detail", "_timed", "_chunks"}


def test_bytes_that_are_not_utf_8_are_written_in_base64():
    entry = to_entry(BINARY)
    assert entry["request"]["postData"] == {
        "mimeType": "application/octet-stream",
        "text": "/wA=",
        "_encoding": "base64",
    }
    assert entry["response"]["content"] == {"size": 1, "mimeType": "", "text": "/g==", "encoding": "base64"}


def test_no_response_has_status_0_as_browsers_write_it():
    assert to_entry(SILENT)["response"]["status"] == 0


def test_a_file_gives_back_what_was_written(tmp_path):
    write(tmp_path / "new" / "a.har", [PLAIN, SILENT, BINARY])
    assert read(tmp_path / "new" / "a.har") == (PLAIN, SILENT, BINARY)


def test_the_same_exchanges_make_the_same_file(tmp_path):
    write(tmp_path / "a.har", [PLAIN, SILENT])
    write(tmp_path / "b.har", [PLAIN, SILENT])
    assert (tmp_path / "a.har").read_bytes() == (tmp_path / "b.har").read_bytes()


def test_half_a_surrogate_pair_is_written(tmp_path):
    odd = Exchange("ex-0001", Request("GET", "http://h/", (("X", "\ud800"),)))
    write(tmp_path / "a.har", [odd])
    assert read(tmp_path / "a.har") == (odd,)


def test_the_file_is_complete_after_every_exchange(tmp_path):
    path = tmp_path / "a.har"
    path.write_text("what was here before " * 1000)
    seen = []
    with HarWriter(path) as writer:
        seen.append(read(path))
        for exchange in (PLAIN, SILENT, BINARY):
            writer.add(exchange)
            seen.append(read(path))
            log = json.loads(path.read_text())["log"]
            assert (log["version"], log["creator"]["name"]) == ("1.2", "llm-conformance")
    assert seen == [(), (PLAIN,), (PLAIN, SILENT), (PLAIN, SILENT, BINARY)]


def foreign(response=None, request=None, **members):
    base = {"method": "POST", "url": "https://h/v1"}
    return {"request": base | (request or {}), "response": {"status": 200} | (response or {}), **members}


def test_a_browsers_entry_is_read_as_one_piece_without_times():
    found = from_entry(
        foreign(
            {
                "httpVersion": "h2",
                "headers": [{"name": ":status", "value": "200"}, {"name": "x", "value": "1"}],
                "content": {"text": "data: [DONE]\n\n"},
            },
            {
                "headers": [{"name": ":authority", "value": "h"}, {"name": "accept", "value": "*/*"}],
                "postData": {"mimeType": "x", "text": "{}"},
            },
            startedDateTime="2026-11-21T10:00:00.500+01:00",
            time=1234.5,
        ),
        3,
    )
    assert found.id == "ex-0003"
    assert found.request == Request("POST", "https://h/v1", (("accept", "*/*"),), b"{}")
    assert found.response == Response(200, "", "h2", (("x", "1"),), (Piece(1.2345, b"data: [DONE]\n\n"),))
    assert (found.ending, found.timed, found.started, found.seconds) == (Ending.COMPLETE, False, 1795251600.5, 1.2345)


def test_content_that_a_browser_decoded_is_not_decoded_again():
    headers = [{"name": n, "value": v} for n, v in (("content-encoding", "gzip"), ("content-length", "9"), ("x", "1"))]
    found = from_entry(foreign({"headers": headers, "content": {"text": "e30=", "encoding": "base64"}}), 1).response
    assert (found.body, found.headers) == (b"{}", (("x", "1"),))


def test_content_that_was_left_compressed_is_decoded():
    entry = to_entry(Exchange("a", Request("GET", "http://h"), Response(200, pieces=(Piece(0, gzip.compress(b"{}")),))))
    entry["response"]["headers"] = [{"name": "Content-Encoding", "value": "gzip"}]
    del entry["response"]["_chunks"]
    assert from_entry(entry, 1).response.body == b"{}"


def test_form_fields_without_text_are_a_form_body():
    post = {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "a b", "value": "ü"}, {"name": "c"}]}
    assert from_entry(foreign(request={"postData": post}), 1).request.body == b"a+b=%C3%BC&c="


@pytest.mark.parametrize(
    ("entry", "ending"),
    [
        (foreign({"status": 0, "_error": "net::ERR_CONNECTION_REFUSED"}), Ending.REFUSED),
        (foreign({"status": 0, "_error": "net::ERR_TIMED_OUT"}), Ending.TIMED_OUT),
        (foreign({"status": 0, "_error": "net::ERR_EMPTY_RESPONSE"}), Ending.RESET),
        (foreign({"status": 0}), Ending.ABANDONED),
        (foreign({"status": 200, "_error": "net::ERR_INCOMPLETE_CHUNKED_ENCODING"}), Ending.CUT_SHORT),
        (foreign({"status": 200, "_error": "net::ERR_ABORTED"}), Ending.ABANDONED),
        (foreign({"status": 200, "content": {"size": 7}}), Ending.ABANDONED),
        (foreign({"status": 200, "content": {"size": 0}}), Ending.COMPLETE),
        (foreign({"status": 204}, _ending="no such ending"), Ending.COMPLETE),
    ],
)
def test_what_a_recording_does_not_hold_is_held_against_nobody(entry, ending):
    assert from_entry(entry, 1).ending is ending


def test_pieces_that_do_not_fit_the_text_are_one_piece():
    entry = to_entry(PLAIN)
    entry["response"]["_chunks"][0]["n"] = 1
    found = from_entry(entry, 1)
    assert len(found.response.pieces) == 1
    assert not found.timed


def test_a_foreign_file_is_redacted_and_only_http_is_read(tmp_path):
    head = {"headers": [{"name": "Authorization", "value": "Bearer sk-of-a-customer"}]}
    entries = [foreign(request={"url": "data:,x"}), foreign({"content": {"text": "bad: sk-of-a-customer"}}, head)]
    (tmp_path / "a.har").write_text(json.dumps({"log": {"entries": entries}}), encoding="utf-8-sig")
    (found,) = read(tmp_path / "a.har")
    assert found.id == "ex-0002"
    assert found.request.header("authorization") == "Bearer [Filtered]"
    assert found.response.body == b"bad: [Filtered]"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "no log.entries"),
        ("{}", "no log.entries"),
        ('{"log": 1}', "no log.entries"),
        ('{"log": {"entries": {}}}', "no array"),
        ('{"log": {"entries": [1]}}', "entry 1 is no object"),
        ('{"log": {"entries": [{}]}}', "entry 1 has no request"),
        ('{"log": {"entries": [{"request": {"method": "GET", "url": 5}}]}}', "entry 1 has no request"),
    ],
)
def test_what_is_no_har_is_refused_in_one_line_that_names_the_file(tmp_path, content, reason):
    path = tmp_path / "a.har"
    path.write_text(content)
    with pytest.raises(HarError, match=re.escape(reason)) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["missing.har", "."])
def test_a_file_that_cannot_be_read_is_refused(tmp_path, name):
    with pytest.raises(HarError, match=re.escape(str(tmp_path / name))):
        read(tmp_path / name)


def test_bytes_that_are_not_text_are_refused(tmp_path):
    (tmp_path / "a.har").write_bytes(b"\xff\xfe\0")
    with pytest.raises(HarError, match="not JSON"):
        read(tmp_path / "a.har")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["base64", "-1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
PART = st.sampled_from(
    [
        ("_ending",), ("_timed",), ("_id",), ("startedDateTime",), ("time",), ("response",), ("_error",),
        ("request", "postData"), ("request", "headers"), ("response", "status"), ("response", "headers"),
        ("response", "content"), ("response", "content", "text"), ("response", "content", "encoding"),
        ("response", "content", "size"), ("response", "_chunks"), ("request", "postData", "params"),
    ]
)  # fmt: skip


@given(st.lists(st.tuples(PART, JSON), max_size=3))
def test_no_other_fault_of_an_entry_raises(changes):
    entry = to_entry(PLAIN)
    for (*way, last), value in changes:
        holder = entry
        for name in way:
            holder = holder.get(name)
            if not isinstance(holder, dict):
                break
        else:
            holder[last] = value
    found = from_entry(entry, 1)
    assert found.request.url == PLAIN.request.url
    to_entry(found)
