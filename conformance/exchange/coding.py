"""Undoes the content coding of a body piece by piece (RFC 9110 § 8.4.1)."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.exchange.model import Piece, Response

_DECODABLE = frozenset({"gzip", "x-gzip", "deflate"})
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_OF_CODED_BYTES = frozenset({"content-encoding", "content-length"})
"""Header fields that no longer hold once the coding is undone."""


def decoded_pieces(response: Response) -> tuple[Piece, ...]:
    """Return the pieces of the content, each with what it added to it, at its own time.

    Bytes that are not of the declared coding, or of one that we do not know, are returned as they are.
    """
    if (response.header("content-encoding") or "").strip().lower() not in _DECODABLE:
        return response.pieces
    undo = zlib.decompressobj(wbits=_GZIP_OR_ZLIB)
    try:
        return tuple(replace(piece, data=undo.decompress(piece.data)) for piece in response.pieces)
    except zlib.error:
        return response.pieces


def decoded(response: Response) -> Response:
    """Return the response as if it had been sent without a content coding."""
    pieces = decoded_pieces(response)
    return response if pieces is response.pieces else replace(without_coding(response), pieces=pieces)


def without_coding(response: Response) -> Response:
    """Return the response without the header fields that describe coded bytes."""
    return replace(response, headers=tuple(h for h in response.headers if h[0].lower() not in _OF_CODED_BYTES))
