"""Recordings are played as they were recorded: what a client gets is what the recording holds."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest

from conformance.exchange.har import read, write
from conformance.exchange.model import Ending, Exchange, Notice, Piece, Request, Response, Unseen
from conformance.probes.call import Call
from conformance.reference.listener import listening_socket
from conformance.reference.playback.pace import AT_ONCE, Pace, pace
from conformance.reference.playback.reading import base_paths, shelf
from conformance.reference.playback.server import PlaybackServer, Playing
from conformance.transport.client import connect

STREAM = (("Content-Type", "text/event-stream"), ("Transfer-Encoding", "chunked"))
BROKEN_OFF = (
    "RemoteProtocolError: peer closed connection without sending complete message body (incomplete chunked read)"
)
KEEP = (("Connection", "keep-alive"),)


def pieces(*texts):
    return tuple(Piece(round(0.01 * number, 6), text.encode()) for number, text in enumerate(texts, start=1))


def of_length(body, length=None):
    return (("Content-Type", "text/plain"), ("Content-Length", str(len(body) if length is None else length)))


def exchange(
    response, ending=Ending.COMPLETE, detail="", noticed=(), *, path="/v1/x", method="GET", headers=(), **more
):
    request = Request(method, f"http://127.0.0.1:8000{path}", headers, more.pop("body", b""))
    return Exchange("one.1", request, response, ending, detail, 1.0, 0.05, noticed=tuple(noticed), **more)


CASES = {
    "reason-and-odd-case": exchange(
        Response(299, "Most Fine", headers=(("x-B", "2"), ("X-a", "1"), *of_length("b")), pieces=pieces("b"))
    ),
    "repeated-field": exchange(Response(200, "OK", headers=(("Set-X", "1"), ("Set-X", "2"), *of_length("")))),
    "empty-reason": exchange(Response(200, "", headers=of_length("ab"), pieces=pieces("ab"))),
    "bytes-that-are-no-text": exchange(
        Response(200, "OK", headers=of_length("abc"), pieces=(Piece(0.01, b"\xff\x00\xfe"),))
    ),
    "no-content": exchange(Response(204, "No Content", headers=(("Allow", "GET"),))),
    "head": exchange(Response(200, "OK", headers=of_length("", 17)), method="HEAD"),
    "until-close": exchange(Response(200, "OK", headers=(("Connection", "close"),), pieces=pieces("a"))),
    "http-1.0": exchange(Response(200, "OK", "HTTP/1.0", (("X", "y"),), pieces("a"))),
    "stream": exchange(Response(200, "OK", headers=STREAM, pieces=pieces("data: 1\n", "\nda", "ta: [DONE]\n\n"))),
    "closing": exchange(Response(200, "OK", headers=(*of_length("a"), ("Connection", "close")), pieces=pieces("a"))),
    "kept": exchange(
        Response(200, "OK", headers=of_length("a"), pieces=pieces("a")), noticed=[Notice.KEPT], headers=KEEP
    ),
    "closed": exchange(
        Response(200, "OK", headers=of_length("a"), pieces=pieces("a")), noticed=[Notice.CLOSED], headers=KEEP
    ),
    "surplus": exchange(Response(200, "OK", headers=of_length("a"), pieces=pieces("a")), noticed=[Notice.SURPLUS]),
    "stream-with-surplus": exchange(Response(200, "OK", headers=STREAM, pieces=pieces("a")), noticed=[Notice.SURPLUS]),
    "folded": exchange(
        Response(200, "OK", headers=(("X-Long", "a b c"), *of_length("a")), pieces=pieces("a")), noticed=[Notice.FOLDED]
    ),
    "held": exchange(
        Response(200, "OK", headers=STREAM, pieces=pieces("data: [DONE]\n\n")),
        detail="`[DONE]` came, the end of the message did not within 2 s",
        noticed=[Notice.HELD],
    ),
    "cut-stream": exchange(Response(200, "OK", headers=STREAM, pieces=pieces("a", "b")), Ending.CUT_SHORT, BROKEN_OFF),
    "cut-body": exchange(
        Response(200, "OK", headers=of_length("", 9), pieces=pieces("abc")),
        Ending.CUT_SHORT,
        BROKEN_OFF.replace("incomplete chunked read", "received 3 bytes, expected 9"),
    ),
    "reset-stream": exchange(Response(200, "OK", headers=STREAM, pieces=pieces("a")), Ending.CUT_SHORT, "ReadError"),
    "reset": exchange(None, Ending.RESET, "ReadError"),
    "closed-without-answer": exchange(
        None, Ending.RESET, "RemoteProtocolError: Server disconnected without sending a response."
    ),
    "silent": exchange(None, Ending.TIMED_OUT, "no complete answer after 1 s"),
    "stalled": exchange(
        Response(200, "OK", headers=STREAM, pieces=pieces("a")), Ending.TIMED_OUT, "no complete answer after 1 s"
    ),
    "head-then-nothing": exchange(
        Response(200, "OK", headers=STREAM), Ending.TIMED_OUT, "no complete answer after 1 s"
    ),
    "no-http": exchange(
        None, Ending.MALFORMED, "RemoteProtocolError: illegal status line: bytearray(b'this is no HTTP')"
    ),
    "no-chunk": exchange(
        Response(200, "OK", headers=STREAM, pieces=pieces("a")),
        Ending.MALFORMED,
        "RemoteProtocolError: illegal chunk header: bytearray(b'no size\\r\\n')",
    ),
}
"""Recordings, each with another thing that may cross the wire."""


@contextmanager
def playing(tmp_path, *exchanges, base=None, **how):
    """Play recordings from a file; yields the address of the server and the misses it told."""
    write(tmp_path / "some.har", exchanges)
    missed = []
    server = PlaybackServer(shelf([tmp_path / "some.har"], base), Playing(missed=missed.append, **how))
    listening = listening_socket(0, "127.0.0.1")
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    server.listening.wait(10)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", missed
    finally:
        server.stop()
        thread.join()


def sent(url, request, limit=5.0):
    """Send a request as a run does; returns the exchange."""

    async def over():
        async with connect(1, limit, direct=True) as client:
            where = url + request.url.removeprefix("http://127.0.0.1:8000")
            return await client.send(Call(request.method, where, request.headers, request.body), "one.1")

    return asyncio.run(over())


def seen(exchange):
    head = exchange.response
    said = head and (head.status, head.reason, head.http_version, head.headers, [p.data for p in head.pieces])
    return exchange.ending, exchange.detail, exchange.noticed, said


@pytest.mark.parametrize("name", CASES)
def test_what_is_played_is_what_was_recorded(name, tmp_path):
    """Head, pieces, ending, and what was noticed on the connection are those of the recording."""
    recorded = CASES[name]
    limit = 1.0 if recorded.ending is Ending.TIMED_OUT else 5.0

    with playing(tmp_path, recorded) as (url, missed):
        played = sent(url, recorded.request, limit)

    assert seen(played) == seen(recorded)
    assert missed == []


def raw(url, request):
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request)
        received = b""
        while data := connection.recv(65536):
            received += data
    return received


def test_the_wire_is_the_recorded_one(tmp_path):
    """Names keep their case, fields their order, chunks their boundaries; nothing is added."""
    with playing(tmp_path, CASES["stream"]) as (url, _):
        received = raw(url, b"GET /v1/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert received == (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"8\r\ndata: 1\n\r\n3\r\n\nda\r\nc\r\nta: [DONE]\n\n\r\n0\r\n\r\n"
    )


def test_a_body_is_split_at_every_byte(tmp_path):
    """With `split`, each byte is a chunk by itself, and a client reads the same body."""
    with playing(tmp_path, CASES["stream"], split=True) as (url, _):
        received = raw(url, b"GET /v1/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        played = sent(url, CASES["stream"].request)

    assert received.partition(b"\r\n\r\n")[2].startswith(b"1\r\nd\r\n1\r\na\r\n")
    assert played.response.body == CASES["stream"].response.body


def test_redaction_does_not_leave_a_wrong_length(tmp_path):
    """A whole answer has the length of the body that the recording holds: credentials taken out change it."""
    recorded = exchange(Response(200, "OK", headers=of_length("", 40), pieces=pieces("[Filtered]")))
    with playing(tmp_path, recorded) as (url, _):
        played = sent(url, recorded.request)

    assert (played.ending, played.response.header("content-length")) == (Ending.COMPLETE, "10")


def test_a_recording_over_http_2_is_played_over_http_1(tmp_path):
    """What HTTP/2 framed by itself is chunked, and no header field can smuggle in another line."""
    fields = (("content-type", "text/plain"), ("x-odd", "a\r\nx-more: b"))
    with playing(tmp_path, exchange(Response(200, "", "h2", fields, pieces("a", "b")))) as (url, _):
        played = sent(url, exchange(None).request)

    assert played.response.body == b"ab"
    assert played.response.header("x-more") is None


def test_recorded_time_is_kept_and_can_be_pressed_together(tmp_path):
    """The pieces come no sooner than they were recorded, or all at once."""
    slow = exchange(Response(200, "OK", headers=STREAM, pieces=(Piece(0.05, b"a"), Piece(0.3, b"b"))))
    with playing(tmp_path, slow) as (url, _):
        kept = [piece.at for piece in sent(url, slow.request).response.pieces]
    with playing(tmp_path, slow, pace=AT_ONCE) as (url, _):
        pressed = [piece.data for piece in sent(url, slow.request).response.pieces]

    assert [at >= piece.at for at, piece in zip(kept, slow.response.pieces, strict=True)] == [True, True]
    assert b"".join(pressed) == b"ab"


@pytest.mark.parametrize(
    ("word", "times"),
    [
        ("recorded", [1.0, 2.0, 7.0, 7.0, 7.0]),
        ("none", [0.0, 0.0, 0.0, 0.0, 0.0]),
        ("3.5", [0.5, 1.0, 3.5, 3.5, 3.5]),
        ("100", [1.0, 2.0, 7.0, 7.0, 7.0]),
        ("0", [0.0, 0.0, 0.0, 0.0, 0.0]),
    ],
)
def test_a_pace_shortens_but_never_lengthens(word, times):
    """Long gaps are cut to five seconds, a total presses all gaps alike; time never runs backwards."""
    assert pace(word).times([1.0, 2.0, 12.0, 3.0, 12.0]) == pytest.approx(times)


def test_a_total_presses_long_gaps_too():
    """A total is for what is left once long gaps are cut."""
    assert Pace(total=6.0).times([0.0, 100.0, 200.0]) == pytest.approx([0.0, 3.0, 6.0])


def asks(url, body, *, key="any", path="/v1/chat/completions", **more):
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with httpx.Client(trust_env=False) as client:
        return client.post(url + path, json=body, headers=headers, **more)


def chat(content, answer, **more):
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": content}], **more}).encode()
    headers = (("Authorization", "Bearer secret-of-the-run"), ("Content-Type", "application/json"))
    response = Response(200, "OK", headers=of_length(answer), pieces=pieces(answer))
    return exchange(response, path="/v1/chat/completions", method="POST", headers=headers, body=body)


def test_an_unmatched_request_is_told_what_is_nearest(tmp_path):
    """What nothing recorded answers gets 404, with the nearest recording and where it differs."""
    with playing(tmp_path, chat("hi", "1"), chat("other", "2", temperature=0, top_p=1)) as (url, missed):
        answer = asks(url, {"model": "m", "messages": [{"role": "user", "content": "ho"}]})

    assert answer.status_code == 404
    assert answer.json()["error"] == {
        "message": "nothing recorded answers POST /v1/chat/completions; "
        "nearest: one.1 in some.har; differs at /messages/0/content",
        "type": "not_recorded",
        "nearest": "one.1 in some.har",
        "differs": "differs at /messages/0/content",
    }
    assert [miss.message for miss in missed] == [answer.json()["error"]["message"]]


def test_any_credential_is_taken_but_one_is_needed(tmp_path):
    """A recorded credential stands for any; a request without one asks for something else."""
    body = json.loads(chat("hi", "").request.body)
    with playing(tmp_path, chat("hi", "1")) as (url, _):
        assert asks(url, body, key="whatever").text == "1"
        assert asks(url, body, key=None).status_code == 404
        assert asks(url, body, key="llm-conformance-invalid-credential").status_code == 404


def test_only_the_given_key_is_taken(tmp_path):
    """With a key, every other credential is refused with 401."""
    body = json.loads(chat("hi", "").request.body)
    with playing(tmp_path, chat("hi", "1"), api_key="the-key") as (url, _):
        assert asks(url, body, key="the-key").text == "1"
        assert [asks(url, body, key=key).status_code for key in ("another", None)] == [401, 401]


def test_a_key_keeps_out_of_foreign_recordings_too(tmp_path):
    """Recordings that leave credentials out are open to all, but not where a key is asked for."""
    body = json.loads(chat("hi", "").request.body)
    foreign = replace(chat("hi", "1"), unseen=frozenset(Unseen))
    with playing(tmp_path, foreign) as (url, _):
        assert asks(url, body, key=None).text == "1"
    with playing(tmp_path, foreign, api_key="the-key") as (url, _):
        assert [asks(url, body, key=key).status_code for key in ("the-key", None)] == [200, 401]


def test_a_recorded_refusal_is_played_to_a_wrong_key(tmp_path):
    """Where a recording shows how a wrong credential is refused, that is the answer to one."""
    wrong = (("Authorization", "Bearer llm-conformance-invalid-credential"), ("Content-Type", "application/json"))
    good = chat("hi", "1")
    refusal = Response(401, "No", headers=of_length("no"), pieces=pieces("no"))
    refused = exchange(refusal, path="/v1/chat/completions", method="POST", headers=wrong, body=good.request.body)
    with playing(tmp_path, good, refused, api_key="the-key") as (url, _):
        answer = asks(url, json.loads(good.request.body), key="another")

    assert (answer.status_code, answer.text) == (401, "no")


def test_the_base_path_can_be_another(tmp_path):
    """The recorded base path gives way to the one that is asked for."""
    body = json.loads(chat("hi", "").request.body)
    with playing(tmp_path, chat("hi", "1"), base="/elsewhere/") as (url, _):
        assert asks(url, body, path="/elsewhere/chat/completions").text == "1"
        assert asks(url, body).status_code == 404

    assert base_paths(shelf([tmp_path / "some.har"]).recordings) == {"/v1": 1}


def test_a_recording_is_read_as_it_was_written(tmp_path):
    """The recordings of these tests survive their file, so that the tests are about playing."""
    write(tmp_path / "all.har", CASES.values())
    assert list(read(tmp_path / "all.har")) == list(CASES.values())
