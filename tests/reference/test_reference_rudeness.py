"""Bytes that are no proper request: no 5xx, no harm to the next client."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.reference.server import DEFAULT_KEY


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00",
        b"GET\r\n\r\n",
        b"\r\n\r\n",
        b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 50\r\n\r\n{",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET http://[::1/v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET " + b"/" * 100_000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /v1/%zz%00%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /v1/models HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade, close\r\n\r\n",
        b"GET /v1/models?%ff=%00&&== HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: \xff\xfe\r\n\r\n",
    ],
    ids=lambda sent: repr(sent[:30]),
)
def test_bytes_that_are_no_request_do_no_harm(server, genos, raw, sent):
    """Whatever bytes arrive, there is no 5xx, and the next client is served."""
    received = raw(server.port, sent, patience=0.5)

    assert not received.startswith(b"HTTP/1.1 5")
    assert genos.get("/v1/models").status_code == 200


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(line=st.binary(max_size=40), rest=st.binary(max_size=60))
def test_random_bytes_do_no_harm(server, raw, line, rest):
    """Random request lines, headers and bodies never get a 5xx."""
    sent = b"POST /v1/" + line + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + rest + b"\r\n\r\n"

    assert not raw(server.port, sent, patience=0.2).startswith(b"HTTP/1.1 5")


def test_a_target_in_absolute_form_is_understood(server, raw):
    """A proxy's way to write the target works (RFC 9112 § 3.2.2)."""
    sent = f"GET http://x/v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {DEFAULT_KEY}\r\n"

    assert raw(server.port, f"{sent}Connection: close\r\n\r\n".encode()).startswith(b"HTTP/1.1 200")
