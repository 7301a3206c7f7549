"""Request bodies that were sent compressed."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.reference.jsonbody import LARGEST, parsed
from conformance.reference.refusal import Refusal

if TYPE_CHECKING:
    from conformance.reference.answer import Incoming

_GZIP = 16 + zlib.MAX_WBITS


def uncompressed(incoming: Incoming) -> Incoming:
    """Return the request with its body decoded (RFC 9110 § 8.4): gzip is understood, up to the size limit.

    Raises:
        Refusal: 415 for another coding, 400 for a body that is not in the coding it claims.
    """
    coding = incoming.headers.get("content-encoding", "").strip().lower()
    if coding in {"", "identity"}:
        return incoming
    if coding not in {"gzip", "x-gzip"}:
        text = "The body's content coding is not supported: send gzip or none."
        raise Refusal(415, text, "media-type", headers={"Accept-Encoding": "gzip"})
    if len(incoming.body) > LARGEST:
        return incoming
    body = _gunzipped(incoming.body)
    return replace(incoming, body=body, json=parsed(body) if len(body) <= LARGEST else incoming.json)


def _gunzipped(body: bytes) -> bytes:
    """Return at most one byte more than is allowed."""
    inflating = zlib.decompressobj(_GZIP)
    try:
        found = inflating.decompress(body, LARGEST + 1)
    except zlib.error as error:
        raise Refusal(400, "The body is not valid gzip.", "malformed") from error
    if len(found) <= LARGEST and not inflating.eof:
        raise Refusal(400, "The gzip body ends too early.", "malformed")
    return found
