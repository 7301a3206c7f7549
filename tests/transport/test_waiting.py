"""Waiting for a target: any answer will do, silence ends in time."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from conformance.transport import waiting
from conformance.transport.waiting import wait_for


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(waiting, "EVERY", 0.05)


@pytest.fixture
def free():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Refusing(BaseHTTPRequestHandler):
    """Answers everything with 503, and keeps what it was asked."""

    asked: list

    def do_GET(self):
        """Keep what was asked, and refuse."""
        self.asked.append((self.path, dict(self.headers)))
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


def test_any_status_is_an_answer(free):
    """A target that comes up later is waited for; nothing is sent but one GET without a credential."""
    asked = []
    handler = type("Handler", (Refusing,), {"asked": asked})
    servers = []

    def start():
        servers.append(HTTPServer(("127.0.0.1", free), handler))
        servers[0].handle_request()

    late = threading.Timer(0.3, start)
    late.start()
    try:
        assert wait_for(f"http://127.0.0.1:{free}/v1", 20) == ""
    finally:
        late.join()
        servers[0].server_close()
    ((path, headers),) = asked
    assert path == "/v1"
    assert {name.lower() for name in headers} & {"authorization", "x-api-key", "cookie"} == set()


def test_silence_ends_in_one_line(free):
    """Where nothing answers, the reason names the target and what went wrong."""
    reason = wait_for(f"http://127.0.0.1:{free}/v1", 0.2)
    assert reason.startswith(f"nothing answers at http://127.0.0.1:{free}/v1 within 0.2 s: ")
    assert "\n" not in reason


def test_what_speaks_no_http_is_no_answer():
    """A port that is open, but silent, is no target."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        assert "nothing answers" in wait_for(f"http://127.0.0.1:{silent.getsockname()[1]}", 0.2)
