"""Words the proxy's own answers, so that nobody takes them for the target's."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import h11

MARK = "x-llm-conformance-proxy"
"""The header field that only the proxy's own answers carry."""


def own_answer(status: HTTPStatus, why: str) -> bytes:
    """Return a whole message that says why the proxy answers itself, after which the connection closes."""
    text = f"This is the recording proxy, not the target: {why}"
    body = json.dumps({"error": {"message": text, "type": "llm_conformance_proxy", "code": None}}).encode()
    lines = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        f"{MARK}: {'target-unreachable' if status is HTTPStatus.BAD_GATEWAY else 'request-refused'}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
    )
    return "\r\n".join([*lines, "", ""]).encode() + body


def unfit(request: h11.Request) -> str:
    """Return why a request cannot be passed on, or an empty text."""
    if request.method == b"CONNECT":
        return "it opens no tunnels (CONNECT); give its address as the client's base URL"
    if not request.target.startswith(b"/") and request.target != b"*":
        return "it is no forward proxy; give its address as the client's base URL"
    return ""
