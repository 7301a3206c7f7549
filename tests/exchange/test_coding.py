"""A content coding is undone piece by piece, so that times are kept."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.exchange.coding import decoded, decoded_pieces
from conformance.exchange.model import Piece, Response


def response(coding, *pieces):
    headers = (("Content-Encoding", coding), ("Content-Length", "9"), ("X", "1"))
    return Response(200, headers=headers, pieces=tuple(Piece(float(i), piece) for i, piece in enumerate(pieces)))


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", " GZIP", "deflate"])
def test_each_piece_has_what_it_added_to_the_content(coding):
    compress = zlib.compressobj(wbits=zlib.MAX_WBITS | (0 if coding == "deflate" else 16))
    first = compress.compress(b"data: a\n\n") + compress.flush(zlib.Z_SYNC_FLUSH)
    last = compress.compress(b"data: b\n\n") + compress.flush()
    found = decoded_pieces(response(coding, first, last))
    assert found == (Piece(0.0, b"data: a\n\n"), Piece(1.0, b"data: b\n\n"))


def test_the_header_fields_of_the_coded_bytes_go_with_the_coding():
    found = decoded(response("gzip", gzip.compress(b"{}")))
    assert (found.body, found.headers) == (b"{}", (("X", "1"),))


@pytest.mark.parametrize("coding", ["", "identity", "br", "zstd"])
def test_an_unknown_coding_or_none_is_left_alone(coding):
    plain = response(coding, b"\x1b\x00")
    assert decoded(plain) is plain


@given(st.lists(st.binary(max_size=20), max_size=3))
def test_what_is_not_of_its_declared_coding_never_raises_and_agrees_with_the_body(pieces):
    plain = response("gzip", *pieces)
    assert b"".join(piece.data for piece in decoded_pieces(plain)) == plain.body
