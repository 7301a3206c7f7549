"""Reads the JSON sessions of Charles (.chlsj)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.exchange.har import elements
from conformance.recordings.harfile import item
from conformance.recordings.items import Skip, Skipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

    from conformance.exchange.redaction import Redaction
    from conformance.recordings.items import Item, Unwanted

_PORTS = {"http": 80, "https": 443}


def charles_items(stream: BinaryIO, file: str, unwanted: Unwanted, redaction: Redaction) -> Iterator[Item]:
    """Yield every transaction of a session, credentials redacted.

    Raises:
        HarError: it is no such session.
        OSError: the stream cannot be read.
    """
    for number, transaction in enumerate(elements(stream), start=1):
        if transaction.get("webSocket") is True:
            yield Skipped(Skip.SOCKET)
        elif transaction.get("tunnel") is True or not _url(transaction):
            yield Skipped(Skip.ELSEWHERE)
        else:
            yield item(_entry(transaction), number, file, unwanted, redaction)


def _entry(transaction: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry of a HAR file that says the same."""
    request, response = _object(transaction, "request"), _object(transaction, "response")
    durations = _object(transaction, "durations")
    # A transaction that failed or goes on has no whole answer.
    failed = {} if transaction.get("status") == "COMPLETE" else {"_error": str(transaction.get("status"))}
    return {
        "startedDateTime": _object(transaction, "times").get("start"),
        "time": durations.get("total"),
        "request": {
            "method": transaction.get("method"),
            "url": _url(transaction),
            "headers": _object(request, "header").get("headers"),
            "postData": _content(request),
            "bodySize": _object(request, "sizes").get("body"),
        },
        "response": {
            "status": response.get("status"),
            "httpVersion": transaction.get("protocolVersion"),
            "headers": _object(response, "header").get("headers"),
            "content": _content(response),
            **failed,
        },
    }


def _url(transaction: Mapping[str, Any]) -> str:
    scheme, host = transaction.get("scheme"), transaction.get("host")
    port, path, query = transaction.get("actualPort"), transaction.get("path"), transaction.get("query")
    if scheme not in _PORTS or not isinstance(host, str) or not isinstance(transaction.get("method"), str):
        return ""
    named = f"{host}:{port}" if isinstance(port, int) and port != _PORTS[scheme] else host
    asked = f"?{query}" if isinstance(query, str) and query else ""
    return f"{scheme}://{named}{path if isinstance(path, str) else '/'}{asked}"


def _content(message: Mapping[str, Any]) -> dict[str, Any]:
    body = _object(message, "body")
    if isinstance(body.get("encoded"), str):
        return {"text": body["encoded"], "encoding": "base64"}
    size = _object(message, "sizes").get("body")
    return {"text": body["text"]} if isinstance(body.get("text"), str) else {"size": size}


def _object(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = holder.get(name)
    return found if isinstance(found, dict) else {}
