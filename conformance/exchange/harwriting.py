"""Turns an exchange into an entry of a HAR 1.2 file."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from conformance.exchange.model import Response

if TYPE_CHECKING:
    from conformance.exchange.model import Exchange, Headers

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_entry(exchange: Exchange) -> dict[str, Any]:
    """Return the entry of an exchange; times are kept to the microsecond."""
    started = _EPOCH + timedelta(microseconds=round(exchange.started * 1_000_000))
    milliseconds = round(exchange.seconds * 1000, 3)
    return {
        "_id": exchange.id,
        "_ending": str(exchange.ending),
        "_detail": exchange.detail,
        "_timed": exchange.timed,
        **({"_noticed": [str(notice) for notice in exchange.noticed]} if exchange.noticed else {}),
        **({"_unseen": sorted(exchange.unseen)} if exchange.unseen else {}),
        "startedDateTime": started.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "time": milliseconds,
        "request": _request_out(exchange),
        "response": _response_out(exchange.response),
        "cache": {},
        "timings": _timings(exchange, milliseconds),
    }


def _timings(exchange: Exchange, milliseconds: float) -> dict[str, float]:
    pieces = exchange.response.pieces if exchange.response else ()
    first = min(milliseconds, round(pieces[0].at * 1000, 3)) if pieces else milliseconds
    return {"send": 0, "wait": first, "receive": round(milliseconds - first, 3)}


def _request_out(exchange: Exchange) -> dict[str, Any]:
    request, response = exchange.request, exchange.response
    query = request.url.partition("#")[0].partition("?")[2]
    written: dict[str, Any] = {
        "method": request.method,
        "url": request.url,
        "httpVersion": response.http_version if response else "HTTP/1.1",
        "cookies": [],
        "headers": _headers_out(request.headers),
        "queryString": [_pair(*pair) for pair in parse_qsl(query, keep_blank_values=True)],
        "headersSize": -1,
        "bodySize": len(request.body),
    }
    if request.body:
        text, encoding = _text(request.body)
        media = request.header("content-type") or "application/octet-stream"
        written["postData"] = {"mimeType": media, "text": text} | ({"_encoding": encoding} if encoding else {})
    return written


def _response_out(response: Response | None) -> dict[str, Any]:
    found = response or Response(0, http_version="")
    body = b"".join(piece.data for piece in found.pieces)
    text, encoding = _text(body)
    content = {"size": len(body), "mimeType": found.header("content-type") or "", "text": text}
    return {
        "status": found.status,
        "statusText": found.reason,
        "httpVersion": found.http_version,
        "cookies": [],
        "headers": _headers_out(found.headers),
        "content": content | ({"encoding": encoding} if encoding else {}),
        "redirectURL": found.header("location") or "",
        "headersSize": -1,
        "bodySize": len(body),
        "_chunks": [{"t": round(piece.at, 6), "n": len(piece.data)} for piece in found.pieces],
    }


def _headers_out(headers: Headers) -> list[dict[str, str]]:
    return [_pair(*field) for field in headers]


def _pair(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}


def _text(body: bytes) -> tuple[str, str]:
    try:
        return body.decode(), ""
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), "base64"
