"""Turns an entry of a HAR 1.2 file, ours or another program's, into an exchange."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from conformance.exchange.coding import without_coding
from conformance.exchange.harending import ending_of
from conformance.exchange.harmembers import headers_in, number_in, object_in, objects_in, string_in, whole_in
from conformance.exchange.model import Ending, Exchange, Notice, Piece, Request, Response, Unseen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.exchange.model import Headers

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GZIP_MAGIC = b"\x1f\x8b"
_ZLIB_MAGIC = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")


class HarError(Exception):
    """Not a HAR file; the message is one line that names the file and the fault."""


def from_entry(entry: Mapping[str, Any], number: int) -> Exchange:
    """Return the exchange of an entry: one of ours as it was, one of a browser or proxy as far as it goes.

    `number`, counted from 1, names an entry without an id. Nothing is redacted.

    Raises:
        HarError: the entry has no request with a method and a URL.
    """
    request = _request_in(object_in(entry, "request"), number)
    said = object_in(entry, "response")
    seconds = round(number_in(entry.get("time")) / 1000, 6)
    response = _response_in(said, seconds) if whole_in(said.get("status")) else None
    ending, detail = ending_of(entry, said, response)
    return Exchange(
        id=string_in(entry.get("_id")) or f"ex-{number:04d}",
        request=request,
        response=response,
        ending=ending,
        detail=detail,
        started=_unix(entry.get("startedDateTime")),
        seconds=seconds,
        timed=entry.get("_timed", True) is True and _cuts(said) is not None,
        noticed=_noticed(entry.get("_noticed")),
        unseen=_unseen(entry),
    )


def is_own(entry: Mapping[str, Any]) -> bool:
    """Tell whether we wrote an entry, so that it holds all that was seen."""
    return string_in(entry.get("_ending")) in set(Ending) and "_unseen" not in entry


def _unseen(entry: Mapping[str, Any]) -> frozenset[Unseen]:
    if is_own(entry):
        return frozenset()
    said = entry.get("_unseen")
    return frozenset(each for each in Unseen if not isinstance(said, list) or each in said)


def _request_in(said: Mapping[str, Any], number: int) -> Request:
    method, url = string_in(said.get("method")), string_in(said.get("url"))
    if not method or not url:
        raise HarError(f"entry {number} has no request with a method and a URL")
    post = object_in(said, "postData")
    body = _bytes(post.get("text"), post.get("_encoding") or post.get("encoding"))
    fields = [(string_in(p.get("name")), string_in(p.get("value"))) for p in objects_in(post.get("params"))]
    if not body and fields and "urlencoded" in string_in(post.get("mimeType")):
        body = urlencode(fields).encode(errors="replace")
    return Request(method, url, headers_in(said), body)


def _response_in(said: Mapping[str, Any], seconds: float) -> Response:
    content = object_in(said, "content")
    body = _bytes(content.get("text"), content.get("encoding"))
    cuts = _cuts(said)
    response = Response(
        status=whole_in(said.get("status")),
        reason=string_in(said.get("statusText")),
        http_version=string_in(said.get("httpVersion")),
        headers=headers_in(said),
        pieces=_pieces(body, cuts) if cuts is not None else (Piece(seconds, body),) if body else (),
    )
    if "_chunks" in said:
        return response
    # Other programs keep the decoded content beside the header fields of the coded one.
    response = replace(response, headers=_separated(response.headers))
    coded = _is_still_coded(response, body) or not response.header("content-encoding")
    return response if coded else without_coding(response)


def _is_still_coded(response: Response, body: bytes) -> bool:
    zlib = (response.header("content-encoding") or "").strip().lower() == "deflate" and body.startswith(_ZLIB_MAGIC)
    return zlib or body.startswith(_GZIP_MAGIC)


def _cuts(said: Mapping[str, Any]) -> list[tuple[float, int]] | None:
    """Return when each piece arrived, with its length; None where the entry does not tell."""
    if not isinstance(said.get("_chunks"), list):
        return None if whole_in(said.get("status")) else []
    cuts = [(number_in(cut.get("t")), whole_in(cut.get("n"))) for cut in objects_in(said["_chunks"])]
    content = object_in(said, "content")
    length = len(_bytes(content.get("text"), content.get("encoding")))
    return cuts if sum(n for _, n in cuts) == length and all(n >= 0 for _, n in cuts) else None


def _pieces(body: bytes, cuts: list[tuple[float, int]]) -> tuple[Piece, ...]:
    pieces, at = [], 0
    for seconds, length in cuts:
        pieces.append(Piece(seconds, body[at : at + length]))
        at += length
    return tuple(pieces)


def _noticed(said: object) -> tuple[Notice, ...]:
    return tuple(notice for notice in Notice if notice in said) if isinstance(said, list) else ()


def _separated(headers: Headers) -> Headers:
    """Return the fields with those apart that browsers join by line feeds."""
    return tuple((name, value.strip(" \r")) for name, values in headers for value in values.split("\n"))


def _bytes(text: object, encoding: object) -> bytes:
    if encoding == "base64":
        try:
            return base64.b64decode(string_in(text))
        except (binascii.Error, ValueError):
            return string_in(text).encode(errors="replace")
    return string_in(text).encode(errors="replace")


def _unix(said: object) -> float:
    try:
        found = datetime.fromisoformat(string_in(said))
        since = found.replace(tzinfo=found.tzinfo or UTC) - _EPOCH
        return since // timedelta(microseconds=1) / 1_000_000
    except (ValueError, OverflowError):
        return 0.0
