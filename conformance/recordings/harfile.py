"""Reads HAR files of browsers, of proxies and of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.exchange.har import entries
from conformance.exchange.harending import LEFT_OUT
from conformance.exchange.harreading import from_entry, is_own
from conformance.recordings.items import Recorded, Skip, Skipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

    from conformance.exchange.model import Exchange
    from conformance.exchange.redaction import Redaction
    from conformance.recordings.items import Item, Unwanted

_NOT_MODIFIED = 304
_SWITCHING = 101
_SOCKETS = ("ws:", "wss:")
_TYPES = {"websocket": Skip.SOCKET, "preflight": Skip.PREFLIGHT}
"""What Chrome calls the type of a resource."""

_STORES = ("_fromCache", "_fromDiskCache", "_fetchedViaServiceWorker", "_fromServiceWorker")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


def har_items(stream: BinaryIO, file: str, unwanted: Unwanted, redaction: Redaction) -> Iterator[Item]:
    """Yield every entry of a HAR file, credentials redacted.

    Raises:
        HarError: it is no HAR.
        OSError: the stream cannot be read.
    """
    for number, entry in enumerate(entries(stream), start=1):
        yield item(entry, number, file, unwanted, redaction)


def item(entry: Mapping[str, Any], number: int, file: str, unwanted: Unwanted, redaction: Redaction) -> Item:
    """Return what an entry is read into; what is not wanted is not decoded.

    Raises:
        HarError: the entry has no request with a method and a URL.
    """
    method, url = _asked(entry)
    if (reason := _kind(entry, method, url)) is not None:
        return Skipped(reason)
    is_http = not url or url.lower().startswith(("http://", "https://"))  # browsers record data: and blob: too
    if not is_http:
        return Skipped(Skip.ELSEWHERE)
    if url and not is_own(entry) and (reason := unwanted(method, url)) is not None:
        return Skipped(reason, url)
    exchange = from_entry(entry, number)
    if is_own(entry):
        return Recorded(redaction.exchange(exchange), own=True)
    if (reason := _unusable(entry, exchange)) is not None:
        return Skipped(reason)
    return Recorded(redaction.exchange(exchange), file=file)


def _asked(entry: Mapping[str, Any]) -> tuple[str, str]:
    request = entry.get("request")
    found = (request.get("method"), request.get("url")) if isinstance(request, dict) else ("", "")
    return (found[0], found[1]) if isinstance(found[0], str) and isinstance(found[1], str) else ("", "")


def _kind(entry: Mapping[str, Any], method: str, url: str) -> Skip | None:
    """Return why an entry is no request of a client for an answer of the API."""
    kind = entry.get("_resourceType")
    if isinstance(kind, str) and kind in _TYPES:
        return _TYPES[kind]
    response = entry.get("response")
    switched = isinstance(response, dict) and response.get("status") == _SWITCHING
    if url.lower().startswith(_SOCKETS) or "_webSocketMessages" in entry or (switched and not is_own(entry)):
        return Skip.SOCKET
    headers = entry["request"].get("headers") if method.upper() == "OPTIONS" else None
    names = {str(h.get("name")).lower() for h in headers if isinstance(h, dict)} if isinstance(headers, list) else set()
    return Skip.PREFLIGHT if "access-control-request-method" in names and not is_own(entry) else None


def _unusable(entry: Mapping[str, Any], exchange: Exchange) -> Skip | None:
    """Return why nothing can be said of an entry that another program wrote."""
    response = entry.get("response")
    stored = any(holder.get(name) for name in _STORES for holder in (entry, response) if isinstance(holder, dict))
    if stored or exchange.status == _NOT_MODIFIED:
        return Skip.STORED
    if exchange.response is None:
        return Skip.UNANSWERED
    return Skip.BODILESS if _lacks_body(entry, exchange) else None


def _lacks_body(entry: Mapping[str, Any], exchange: Exchange) -> bool:
    """Tell whether the request had a body that the entry does not hold, or not all of it."""
    request, body = exchange.request, exchange.request.body
    said = entry["request"].get("bodySize")
    size = said if isinstance(said, int) else 0
    declared = request.header("content-length") or ""
    if not body and request.method.upper() in _WITH_BODY:
        return declared != "0"
    longer = declared.isdecimal() and len(declared) < 12 and len(body) < int(declared)
    return len(body) < size or longer or LEFT_OUT.encode() in body
