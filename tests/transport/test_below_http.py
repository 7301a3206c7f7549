"""The client notices what goes wrong below HTTP, and blames no other exchange for it."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct

import pytest

from conformance.exchange.model import Ending, Notice
from conformance.probes.call import Call
from conformance.transport.client import connect

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENTS = b"data: {}\n\ndata: [DONE]\n\n"
CHUNK = b"%x\r\n%s\r\n" % (len(EVENTS), EVENTS)
KEEP = (("Connection", "keep-alive"),)


def _reset(writer):
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _exchanges(answers, calls, seconds, after):
    """Answer each request with the next bytes, then do what is said after it; return the exchanges."""
    waiting = list(answers)

    async def accept(reader, writer):
        try:
            while waiting and await reader.readuntil(b"\r\n\r\n"):
                writer.write(waiting.pop(0))
                await writer.drain()
                if after == "close":
                    break
                if after == "reset":
                    await asyncio.sleep(0.05)
                    _reset(writer)
                    break
            if after == "stay":
                await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server, connect(1, seconds, direct=True) as client:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        return [await client.send(Call("GET", url, headers), f"x.{n}") for n, headers in enumerate(calls)]


def exchanged(*answers, calls=1, headers=(), seconds=5.0, after="stay"):
    return asyncio.run(_exchanges(answers, [headers] * calls, seconds, after))


@pytest.mark.parametrize(
    "surplus",
    [b"}", b"data: late\n\n", b"\x00\xff", b"    "],
)
def test_bytes_beyond_content_length_are_noticed(surplus):
    """What follows the declared length is noticed, is no part of the body, and does not harm the next exchange."""
    first, second = exchanged(OK + surplus, OK, calls=2)

    assert (first.ending, first.noticed) == (Ending.COMPLETE, (Notice.SURPLUS,))
    assert first.response.body == b"{}"
    assert (second.ending, second.noticed, second.response.body) == (Ending.COMPLETE, (), b"{}")


def test_bytes_after_the_last_chunk_are_noticed():
    """What follows the last chunk of a stream is noticed."""
    (exchange,) = exchanged(STREAM + CHUNK + b"0\r\n\r\ndata: late\n\n")

    assert exchange.noticed == (Notice.SURPLUS,)
    assert exchange.response.body == EVENTS


@pytest.mark.parametrize(
    "tolerated", [b"\r\n", b"\r\n\r\n", b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n"]
)
def test_line_ends_and_unasked_responses_are_no_surplus(tolerated):
    """A line end, and a 408 that nobody asked for, are neither noticed nor taken for the next answer."""
    first, second = exchanged(OK + tolerated, OK, calls=2)

    assert (first.noticed, second.noticed) == ((), ())
    assert (second.ending, second.status) == (Ending.COMPLETE, 200)


@pytest.mark.parametrize(
    "cut",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
        STREAM + CHUNK,
        STREAM + CHUNK + b"5\r\nda",
        STREAM + CHUNK + b"0\r\n",
    ],
)
@pytest.mark.parametrize("after", ["close", "reset"])
def test_a_message_without_its_end_is_cut_short(cut, after):
    """A body shorter than declared, and chunks without the last one, are recorded as cut short with what came."""
    (exchange,) = exchanged(cut, after=after)

    assert exchange.ending is Ending.CUT_SHORT
    assert exchange.detail
    assert exchange.response.body in {b"{}", EVENTS, EVENTS + b"da"}


@pytest.mark.parametrize(
    "bent",
    [STREAM + CHUNK + b"zz\r\nxx\r\n", STREAM + CHUNK + b"2\r\nxxxx0\r\n\r\n"],
)
def test_a_bent_chunk_is_malformed(bent):
    """A chunk size that is no number, or not the chunk's, is recorded as no HTTP, with the pieces before it."""
    (exchange,) = exchanged(bent)

    assert exchange.ending is Ending.MALFORMED
    assert exchange.response.body.startswith(EVENTS)


@pytest.mark.parametrize(
    "bent", [b"200 OK\r\n\r\n", b"HTTP/1.1 OK\r\n\r\n", b"\x16\x03\x01\r\n\r\n", b"ICY 200 OK\r\n\r\n"]
)
def test_a_bent_head_is_malformed(bent):
    """A status line that is none is recorded as no HTTP."""
    (exchange,) = exchanged(bent)

    assert (exchange.ending, exchange.response) == (Ending.MALFORMED, None)


def test_a_folded_header_is_noticed():
    """A header field over two lines is noticed; its value is read as one (RFC 9112 § 5.2)."""
    (exchange,) = exchanged(b"HTTP/1.1 200 OK\r\nX-Served-By: a,\r\n b\r\nContent-Length: 2\r\n\r\n{}")

    assert exchange.noticed == (Notice.FOLDED,)
    assert exchange.response.header("x-served-by").split() == ["a,", "b"]


def test_a_stream_that_stays_open_after_done_is_not_waited_for():
    """Two seconds after `[DONE]` the exchange is over, as a complete one that was held open."""
    (exchange,) = exchanged(STREAM + CHUNK, seconds=30.0)

    assert (exchange.ending, exchange.noticed) == (Ending.COMPLETE, (Notice.HELD,))
    assert exchange.response.body == EVENTS
    assert exchange.seconds < 10
    assert "[DONE]" in exchange.detail


def test_done_inside_a_text_ends_nobodys_patience():
    """`[DONE]` in the middle of an event's data is text: the time limit alone ends such an exchange."""
    body = b'data: {"content": "data: [DONE]"}\n\n'
    (exchange,) = exchanged(STREAM + b"%x\r\n%s\r\n" % (len(body), body), seconds=2.6)

    assert (exchange.ending, exchange.noticed) == (Ending.TIMED_OUT, ())


def test_a_kept_connection_is_told_from_a_closed_one():
    """Where a call asks to keep the connection, it is noticed whether the server does, if it does not announce it."""
    closing = OK.replace(b"200 OK", b"200 OK\r\nConnection: close")

    assert exchanged(OK, headers=KEEP)[0].noticed == (Notice.KEPT,)
    assert exchanged(OK, headers=KEEP, after="close")[0].noticed == (Notice.CLOSED,)
    assert exchanged(OK, headers=KEEP, after="reset")[0].noticed == (Notice.CLOSED,)
    assert exchanged(closing, headers=KEEP, after="close")[0].noticed == ()
    assert exchanged(OK, after="close")[0].noticed == ()


def test_a_call_may_ask_for_a_coding():
    """A coded body is recorded as it came; its content is what was coded."""
    coded = gzip.compress(b"{}")
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(coded), coded)
    (exchange,) = exchanged(answer, headers=(("Accept-Encoding", "gzip"),))

    assert b"".join(piece.data for piece in exchange.response.pieces) == coded
    assert exchange.response.body == b"{}"
