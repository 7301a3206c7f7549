"""Turns an entry of a HAR 1.2 file, ours or another program's, into an exchange."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from conformance.exchange.coding import without_coding
from conformance.exchange.model import Ending, Exchange, Notice, Piece, Request, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.exchange.model import Headers

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GZIP_MAGIC = b"\x1f\x8b"
_ENDINGS = (
    ("TIMED_OUT", Ending.TIMED_OUT),
    ("INCOMPLETE", Ending.CUT_SHORT),
    ("CONTENT_LENGTH_MISMATCH", Ending.CUT_SHORT),
    ("REFUSED", Ending.REFUSED),
    ("NAME_NOT_RESOLVED", Ending.REFUSED),
    ("UNREACHABLE", Ending.REFUSED),
    ("RESET", Ending.RESET),
    ("EMPTY_RESPONSE", Ending.RESET),
    ("INVALID_HTTP_RESPONSE", Ending.MALFORMED),
)
"""What Chrome writes as `_error`, by the part of it that tells."""


class HarError(Exception):
    """Not a HAR file; the message is one line that names the file and the fault."""


def from_entry(entry: Mapping[str, Any], number: int) -> Exchange:
    """Return the exchange of an entry: one of ours as it was, one of a browser or proxy as far as it goes.

    `number`, counted from 1, names an entry without an id. Nothing is redacted.

    Raises:
        HarError: the entry has no request with a method and a URL.
    """
    request = _request_in(_object(entry, "request"), number)
    said = _object(entry, "response")
    seconds = round(_number(entry.get("time")) / 1000, 6)
    response = _response_in(said, seconds) if _whole(said.get("status")) else None
    ending, detail = _ending(entry, said, response)
    return Exchange(
        id=_string(entry.get("_id")) or f"ex-{number:04d}",
        request=request,
        response=response,
        ending=ending,
        detail=detail,
        started=_unix(entry.get("startedDateTime")),
        seconds=seconds,
        timed=entry.get("_timed", True) is True and _cuts(said) is not None,
        noticed=_noticed(entry.get("_noticed")),
    )


def _request_in(said: Mapping[str, Any], number: int) -> Request:
    method, url = _string(said.get("method")), _string(said.get("url"))
    if not method or not url:
        raise HarError(f"entry {number} has no request with a method and a URL")
    post = _object(said, "postData")
    body = _bytes(post.get("text"), post.get("_encoding") or post.get("encoding"))
    fields = [(_string(p.get("name")), _string(p.get("value"))) for p in _objects(post.get("params"))]
    if not body and fields and "urlencoded" in _string(post.get("mimeType")):
        body = urlencode(fields).encode(errors="replace")
    return Request(method, url, _headers_in(said), body)


def _response_in(said: Mapping[str, Any], seconds: float) -> Response:
    content = _object(said, "content")
    body = _bytes(content.get("text"), content.get("encoding"))
    cuts = _cuts(said)
    response = Response(
        status=_whole(said.get("status")),
        reason=_string(said.get("statusText")),
        http_version=_string(said.get("httpVersion")),
        headers=_headers_in(said),
        pieces=_pieces(body, cuts) if cuts is not None else (Piece(seconds, body),) if body else (),
    )
    # Other programs keep the decoded content beside the header fields of the coded one.
    coded = "_chunks" in said or body.startswith(_GZIP_MAGIC) or not response.header("content-encoding")
    return response if coded else without_coding(response)


def _cuts(said: Mapping[str, Any]) -> list[tuple[float, int]] | None:
    """Return when each piece arrived, with its length; None where the entry does not tell."""
    if not isinstance(said.get("_chunks"), list):
        return None if _whole(said.get("status")) else []
    cuts = [(_number(cut.get("t")), _whole(cut.get("n"))) for cut in _objects(said["_chunks"])]
    content = _object(said, "content")
    length = len(_bytes(content.get("text"), content.get("encoding")))
    return cuts if sum(n for _, n in cuts) == length and all(n >= 0 for _, n in cuts) else None


def _pieces(body: bytes, cuts: list[tuple[float, int]]) -> tuple[Piece, ...]:
    pieces, at = [], 0
    for seconds, length in cuts:
        pieces.append(Piece(seconds, body[at : at + length]))
        at += length
    return tuple(pieces)


def _ending(entry: Mapping[str, Any], said: Mapping[str, Any], response: Response | None) -> tuple[Ending, str]:
    """Return how the exchange ended; what the recording does not hold is held against nobody."""
    detail = _string(entry.get("_detail"))
    ours = _string(entry.get("_ending"))
    if ours in set(Ending):
        return Ending(ours), detail
    error = _string(entry.get("_error")) or _string(said.get("_error"))
    if error:
        known = (ending for mark, ending in _ENDINGS if mark in error.upper())
        return next(known, Ending.ABANDONED), error
    if response is None:
        return Ending.ABANDONED, detail or "the recording holds no response"
    content = _object(said, "content")
    if _whole(content.get("size")) > 0 and not isinstance(content.get("text"), str):
        return Ending.ABANDONED, "the recording does not hold the body"
    return Ending.COMPLETE, detail


def _noticed(said: object) -> tuple[Notice, ...]:
    return tuple(notice for notice in Notice if notice in said) if isinstance(said, list) else ()


def _headers_in(said: Mapping[str, Any]) -> Headers:
    fields = ((_string(f.get("name")), _string(f.get("value"))) for f in _objects(said.get("headers")))
    return tuple((name, value) for name, value in fields if name and not name.startswith(":"))


def _bytes(text: object, encoding: object) -> bytes:
    if encoding == "base64":
        try:
            return base64.b64decode(_string(text))
        except (binascii.Error, ValueError):
            return _string(text).encode(errors="replace")
    return _string(text).encode(errors="replace")


def _unix(said: object) -> float:
    try:
        found = datetime.fromisoformat(_string(said))
        since = found.replace(tzinfo=found.tzinfo or UTC) - _EPOCH
        return since // timedelta(microseconds=1) / 1_000_000
    except (ValueError, OverflowError):
        return 0.0


def _object(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = holder.get(name)
    return found if isinstance(found, dict) else {}


def _objects(found: object) -> list[Mapping[str, Any]]:
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _string(found: object) -> str:
    return found if isinstance(found, str) else ""


def _number(found: object) -> float:
    """Return a time that makes sense, else 0: HAR writes -1 where it knows none."""
    good = isinstance(found, int | float) and not isinstance(found, bool) and 0 <= found < 1e12
    return float(found) if good else 0.0  # type: ignore[arg-type] # `good` says that it is a number


def _whole(found: object) -> int:
    return found if isinstance(found, int) and not isinstance(found, bool) else 0
