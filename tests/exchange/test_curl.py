"""The line for a shell sends the same request again: run by a real shell with a real curl."""

from __future__ import annotations

import os
import shutil
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from conformance.exchange.curl import curl
from conformance.exchange.model import INVALID_CREDENTIAL, Request

KEY = "sk-$HOME'\"`! \\x"
OWN = {"host", "content-length", "connection", "accept-encoding"}

needs_curl = pytest.mark.skipif(not (shutil.which("curl") and shutil.which("sh")), reason="there is no curl here")


class Receiver(BaseHTTPRequestHandler):
    """Keeps what it is sent."""

    def _keep(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.received.append((self.command, self.path, self.headers.items(), body))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"ok")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _keep  # noqa: N815

    def log_message(self, *_):
        """Stay silent."""


@pytest.fixture(scope="module")
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as listening:
        listening.received = []
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


def sent(server, method, path, headers=(), body=b"", companions=None, **environment):
    """Run the line and return what arrived."""
    line = curl(Request(method, f"http://127.0.0.1:{server.server_port}{path}", headers, body), "MY_KEY", companions)
    assert "\n" not in line
    environment = {"PATH": os.environ["PATH"], "MY_KEY": KEY} | environment
    done = subprocess.run(["sh"], input=line.encode(), capture_output=True, env=environment, timeout=30, check=False)
    assert done.returncode == 0, (line, done.stderr)
    assert done.stdout.startswith(b"HTTP/1.")
    method, path, fields, body = server.received.pop()
    return method, path, [(name, value) for name, value in fields if name.lower() not in OWN], body


@needs_curl
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_method_path_and_exactly_the_header_fields_are_sent(server, method):
    headers = (("Accept", "text/event-stream"), ("x-Empty", ""), ("X-Twice", "1"), ("X-Twice", "2"))
    assert sent(server, method, "/v1/models?a=1&b=%20", headers) == (method, "/v1/models?a=1&b=%20", list(headers), b"")


@needs_curl
@pytest.mark.parametrize("path", ["/a/../b/./c", "/a[1]{2,3}", "/it's/$HOME/`x`", "/%2e%2e/%2F", "/.."])
def test_a_path_is_sent_as_it_is(server, path):
    assert sent(server, "GET", path)[1] == path


@needs_curl
def test_no_header_field_is_sent_that_was_not_given(server):
    assert sent(server, "POST", "/", (), b"{}") == ("POST", "/", [], b"{}")
    assert sent(server, "POST", "/", (), b"x" * 2_000_000) == ("POST", "/", [], b"x" * 2_000_000)


@needs_curl
@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Authorization", "Bearer [Filtered]"),
        ("X-API-Key", "[Filtered]"),
        ("X-Odd", "a$[Filtered]b`c\"!'\\"),
        ("X-Odd", "[Filtered]b"),
    ],
)
def test_a_credential_comes_from_its_variable_untouched_by_the_shell(server, header, value):
    fields = sent(server, "GET", "/", ((header, value),))[2]
    assert fields == [(header, value.replace("[Filtered]", KEY))]


@needs_curl
def test_companions_come_from_their_own_variables(server):
    headers = (("x-workspace-id", "[Filtered]"), ("OpenAI-Project", "[Filtered]"))
    fields = sent(server, "GET", "/", headers, companions={"X-Workspace-Id": "WS"}, WS="ws-1", OPENAI_PROJECT="p")[2]
    assert fields == [("x-workspace-id", "ws-1"), ("OpenAI-Project", "p")]


@needs_curl
def test_a_key_in_the_query_comes_from_the_variable(server):
    assert sent(server, "GET", "/v1?key=[Filtered]&a=1", MY_KEY="abc")[1] == "/v1?key=abc&a=1"


def test_the_usual_line_is_readable():
    headers = (
        ("Host", "h"),
        ("Content-Type", "application/json"),
        ("Authorization", "Bearer [Filtered]"),
        ("Accept", "*/*"),
        ("User-Agent", "x/1"),
    )
    assert curl(Request("POST", "https://h/v1", headers, b'{"a": "it\'s"}'), "MY_KEY") == (
        "curl -sS -i -N -X POST https://h/v1 -H 'Content-Type: application/json' -H \"Authorization: Bearer $MY_KEY\""
        " -H 'Accept: */*' -H 'User-Agent: x/1' --data-binary '{\"a\": \"it'\"'\"'s\"}'"
    )


def test_the_public_wrong_credential_is_literal():
    line = curl(Request("GET", "https://h/", (("Authorization", f"Bearer {INVALID_CREDENTIAL}"),)), "MY_KEY")
    assert f"-H 'Authorization: Bearer {INVALID_CREDENTIAL}'" in line
    assert "MY_KEY" not in line


def test_a_line_has_no_character_that_a_terminal_acts_on():
    line = curl(Request("POST", "https://h/", (), "a\x1b[2J\r\n\t\u202eb\u2028".encode()), "MY_KEY")
    assert line.isprintable()


@needs_curl
@given(body=st.binary(max_size=60) | st.text(max_size=40).map(lambda text: text.encode(errors="replace")))
@example(body=b"@/etc/hosts")
@example(body=b"\\0101\\n%s")
@example(body=b"\x000\x007\xff8")
@example(body=bytes(range(256)))
@example(body='{"a": "你\x00\\u0000"}'.encode())
@example(body=b"'" * 120_000)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_body_arrives_byte_for_byte(server, body):
    assert sent(server, "POST", "/", (("Content-Type", "x/y"),), body) == ("POST", "/", [("Content-Type", "x/y")], body)


@needs_curl
@given(value=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30).map(str.strip))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_header_value_arrives(server, value):
    assert sent(server, "GET", "/", (("X-Value", value),))[2] == [("X-Value", value)]
