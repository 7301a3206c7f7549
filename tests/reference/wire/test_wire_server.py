"""The raw server breaks HTTP in exactly the way it is told to, for any client, and serves well else."""

from __future__ import annotations

import json
import re
import socket
import subprocess

import httpx
import pytest

from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings

BODY = {"model": "reference-mini", "messages": [{"role": "user", "content": "Count from one to ten"}], "max_tokens": 16}
KEY = {"Authorization": f"Bearer {DEFAULT_KEY}", "Content-Type": "application/json"}
HEAD = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "x", **KEY}.items())
CHAT = f"POST /openai/v1/chat/completions HTTP/1.1\r\n{HEAD}".encode()


def serving(deviation):
    return ReferenceServer(Settings(apis=("openai",), deviations=(deviation,), tokens_per_second=10_000))


def asked(server, *, stream=False, headers=(), method="POST", path="/chat/completions", timeout=5.0):
    content = json.dumps(BODY | ({"stream": True} if stream else {})).encode()
    with httpx.Client(trust_env=False, timeout=timeout) as client:
        return client.request(method, server.url("openai") + path, headers=KEY | dict(headers), content=content)


def raw(server, *, stream=False, patience=0.5, count=1):
    """Send a chat request a number of times over one socket; return all bytes that come back."""
    body = json.dumps(BODY | ({"stream": True} if stream else {})).encode()
    received = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=patience) as connection:
        connection.sendall((CHAT + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)) * count)
        try:
            while piece := connection.recv(65536):
                received += piece
        except (TimeoutError, ConnectionError):
            pass
    return received


def curl(server, *words, stream=False):
    """Ask with curl; return its exit code and what it printed."""
    command = ["curl", "--silent", "--noproxy", "*", "--max-time", "2"]
    command += [word for name, value in KEY.items() for word in ("-H", f"{name}: {value}")]
    body = json.dumps(BODY | ({"stream": True} if stream else {}))
    url = server.url("openai") + "/chat/completions"
    done = subprocess.run([*command, "-d", body, *words, url], capture_output=True, timeout=20, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    "deviation",
    [
        *("legal-torn-chunks", "legal-one-byte-chunks", "legal-slow-drip", "legal-interim-responses"),
        *("legal-announced-close", "legal-line-end-after-body"),
    ],
)
def test_legal_variations_are_read_by_real_clients(deviation):
    """Both httpx and curl read what a legal variation sends, streamed and whole."""
    with serving(deviation) as server:
        assert asked(server).json()["object"] == "chat.completion"
        assert asked(server, stream=True).text.endswith("data: [DONE]\n\n")
        assert asked(server, method="HEAD", path="/models").content == b""
        assert asked(server, method="OPTIONS").status_code == 204
        status, said = curl(server, "--compressed", "-H", "Expect: 100-continue")
        assert (status, json.loads(said)["object"]) == (0, "chat.completion")


@pytest.mark.parametrize(
    ("deviation", "stream", "fault"),
    [
        ("wire-length-too-large", False, httpx.RemoteProtocolError),
        ("wire-last-chunk-missing", True, httpx.RemoteProtocolError),
        ("wire-whole-answer-reset", False, httpx.ReadError),
        ("wire-stream-reset", True, httpx.ReadError),
        ("wire-chunk-size-invalid", True, httpx.RemoteProtocolError),
        ("wire-open-after-done", True, httpx.ReadTimeout),
    ],
)
def test_breaches_break_httpx(deviation, stream, fault):
    """With httpx, a request fails where the answer is bent, others are answered, and the server lives on."""
    with serving(deviation) as server:
        with pytest.raises(fault):
            asked(server, stream=stream, timeout=1.0)
        assert asked(server, stream=not stream).status_code == 200
        assert asked(server, method="GET", path="/models").json()["object"] == "list"


@pytest.mark.parametrize(
    ("deviation", "stream", "code"),
    [
        ("wire-length-too-large", False, 18),  # CURLE_PARTIAL_FILE
        ("wire-last-chunk-missing", True, 18),
        ("wire-whole-answer-reset", False, 56),  # CURLE_RECV_ERROR
        ("wire-chunk-size-invalid", True, 56),
        ("wire-open-after-done", True, 28),  # CURLE_OPERATION_TIMEDOUT
        ("plain-body-declared-as-gzip", False, 61),  # CURLE_BAD_CONTENT_ENCODING
    ],
)
def test_breaches_break_curl(deviation, stream, code):
    """With curl, a breach shows in the exit code that it has for it."""
    with serving(deviation) as server:
        assert curl(server, "--compressed", stream=stream)[0] == code


def test_torn_chunks_cut_through_lines():
    """Chunks of seven bytes are written, none longer."""
    with serving("legal-torn-chunks") as server:
        sizes = re.findall(rb"\r\n([0-9a-f]+)\r\n", raw(server).partition(b"\r\n\r\n")[2])

    assert {int(size, 16) for size in sizes} <= set(range(8))
    assert len(sizes) > 20


def test_bytes_beyond_the_length_are_written():
    """The body is longer than Content-Length says, and the connection stays."""
    with serving("wire-length-too-small") as server:
        head, _, body = raw(server).partition(b"\r\n\r\n")

    declared = int(re.search(rb"content-length: (\d+)", head)[1])
    assert declared < len(body)
    assert json.loads(body[:declared])["object"] == "chat.completion"
    assert b"connection: close" not in head


def test_bytes_after_the_last_chunk_are_written():
    """More follows the last chunk of a stream."""
    with serving("wire-bytes-after-last-chunk") as server:
        assert raw(server, stream=True).endswith(b"\r\n0\r\n\r\ndata: late\n\n")


def test_header_lines_are_written_as_they_are():
    """A folded field and a control character cross the wire."""
    with serving("wire-folded-header") as server:
        assert b"\r\nx-served-by: edge-1,\r\n edge-2\r\n" in raw(server)
    with serving("wire-control-character-in-header") as server:
        assert b"\r\nx-served-by: edge\x01\r\n" in raw(server)


def test_a_connection_is_closed_without_notice_after_streams_only():
    """Of two requests on one socket, the second is not answered where the first was streamed."""
    with serving("wire-closed-without-notice") as server:
        assert raw(server, stream=True, count=2).count(b"HTTP/1.1 200") == 1
        assert raw(server, count=2).count(b"HTTP/1.1 200") == 2


def test_an_expectation_is_met():
    """A client that waits for 100 gets it before it sends the body (RFC 9110 § 10.1.1)."""
    waiting = b"POST /openai/v1/x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    with serving("legal-torn-chunks") as server, socket.create_connection(("127.0.0.1", server.port), 5) as connection:
        connection.sendall(waiting)
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert connection.recv(65536).startswith(b"HTTP/1.1 401 Unauthorized\r\n")


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\r\n\r\n",
        b"GET\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
    ],
)
def test_bytes_that_are_no_request_do_no_harm(sent):
    """Whatever bytes arrive, the next client is served."""
    with serving("legal-torn-chunks") as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            received = connection.recv(65536)
        assert received == b"" or received.startswith(b"HTTP/1.1 400 ")
        assert asked(server).status_code == 200


def test_it_stops_while_a_client_waits():
    """A stream that is held open does not keep the server from stopping."""
    with serving("wire-open-after-done") as server:
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        body = json.dumps(BODY | {"stream": True}).encode()
        connection.sendall(CHAT + b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        received = b""
        while b"[DONE]" not in received:
            received += connection.recv(65536)
    with connection:
        assert connection.recv(65536) == b""
