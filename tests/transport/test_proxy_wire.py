"""The proxy passes bytes on unchanged, and ends connections as they end."""

from __future__ import annotations

import asyncio
import json

import pytest
from staging import BODY, GET, POST, STREAM, WHOLE, answering, request_of, staged

from conformance.exchange.model import Ending


@pytest.mark.parametrize(
    "pieces", [(WHOLE,), STREAM, tuple(bytes([b]) for b in WHOLE)], ids=["whole", "chunked", "bytes"]
)
def test_answer_is_the_same_to_the_byte(pieces):
    """Status line, header fields, chunk sizes, extensions and trailers come through as they were sent."""
    (direct, through), stage = staged(answering(*pieces, pause=0), lambda s: s.compared(GET))
    assert direct == through == (b"".join(pieces), False)
    assert [each.ending for each in stage.exchanges] == [Ending.COMPLETE]


def test_request_is_the_same_but_for_the_host():
    """The target gets the client's bytes; Host is its own, nothing is added."""
    (_, _), stage = staged(answering(WHOLE), lambda s: s.compared(POST.replace(b"Host", b"hOST")))
    first, second = stage.seen
    assert second.replace(b"Host", b"hOST") == first


def test_pieces_pass_as_they_arrive():
    """A piece of a stream reaches the client before the target sends the next one."""

    async def act(stage, reader, writer):
        await request_of(reader)
        writer.write(STREAM[0] + STREAM[1])
        await stage.go_on.wait()
        writer.write(STREAM[2] + STREAM[3])
        await writer.drain()

    async def scenario(stage):
        stage.go_on = asyncio.Event()
        reader, writer = await asyncio.open_connection("127.0.0.1", stage.through)
        writer.write(GET)
        first = await reader.readexactly(len(STREAM[0] + STREAM[1]))
        stage.go_on.set()
        rest = await reader.read(-1)
        writer.close()
        return first + rest

    came, stage = staged(act, scenario)
    assert came == b"".join(STREAM)
    (exchange,) = stage.exchanges
    assert exchange.response.body == b"data: 1\r\n\r\ndata: 2\n\n"
    assert [piece.at for piece in exchange.response.pieces] == sorted(piece.at for piece in exchange.response.pieces)


@pytest.mark.parametrize(
    ("pieces", "end", "broken", "ending"),
    [
        (STREAM[:2], "close", False, Ending.CUT_SHORT),
        (STREAM[:2], "reset", True, Ending.CUT_SHORT),
        ((), "close", False, Ending.RESET),
        ((), "reset", True, Ending.RESET),
        ((b"SSH-2.0-not http\r\n\r\n",), "close", False, Ending.MALFORMED),
        ((b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end",), "close", False, Ending.COMPLETE),
    ],
)
def test_broken_answer_breaks_the_same_way(pieces, end, broken, ending):
    """What the target sent comes through, then the connection ends as the target's did."""
    (direct, through), stage = staged(answering(*pieces, end=end, pause=0.05), lambda s: s.compared(GET))
    assert direct == through == (b"".join(pieces), broken)
    assert [each.ending for each in stage.exchanges] == [ending]


def test_client_that_leaves_is_told_to_the_target():
    """The connection to the target is closed at once, and nobody is blamed."""

    async def act(_, reader, writer):
        await request_of(reader)
        writer.write(STREAM[0] + STREAM[1])
        assert await reader.read() == b""

    async def scenario(stage):
        reader, writer = await asyncio.open_connection("127.0.0.1", stage.through)
        writer.write(GET)
        await reader.readexactly(len(STREAM[0] + STREAM[1]))
        writer.close()
        await stage.target_left.wait()
        await stage.recorded.wait()

    _, stage = staged(act, scenario)
    assert [(each.ending, each.response.body) for each in stage.exchanges] == [(Ending.ABANDONED, b"data: 1\r\n\r\n")]


def test_target_that_is_down_is_no_answer_of_the_target():
    """The client gets a 502 that says whose it is; the recording says that there was no connection."""

    async def scenario(stage):
        stage.server.close()
        await stage.server.wait_closed()
        return await stage.ask(stage.through, POST)

    (came, _), stage = staged(answering(), scenario)
    head, _, body = came.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 502 ")
    assert b"\r\nx-llm-conformance-proxy: target-unreachable\r\n" in head
    assert json.loads(body)["error"]["type"] == "llm_conformance_proxy"
    (exchange,) = stage.exchanges
    assert (exchange.ending, exchange.response, exchange.request.body) == (Ending.REFUSED, None, BODY)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET http://elsewhere.invalid/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT elsewhere.invalid:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: minus\r\n\r\n",
        b"A" * 200_000,
    ],
)
def test_garbage_goes_no_further(garbage):
    """What is no request to the target is answered by the proxy, and the target never sees it."""
    (came, _), stage = staged(answering(WHOLE), lambda s: s.ask(s.through, garbage))
    assert came.startswith(b"HTTP/1.1 400 ")
    assert b"x-llm-conformance-proxy: request-refused" in came
    assert (stage.seen, stage.exchanges) == ([], [])


def test_connection_is_kept_for_several_requests():
    """Requests on one connection go out on one connection, in their order."""

    async def act(stage, reader, writer):
        while True:
            stage.seen.append(await request_of(reader))
            writer.write(WHOLE)

    async def scenario(stage):
        reader, writer = await asyncio.open_connection("127.0.0.1", stage.through)
        came = []
        for request in (GET, POST, GET.replace(b"GET", b"HEAD")):
            writer.write(request)
            came.append(await reader.readuntil(b"\r\n\r\n"))
            if not request.startswith(b"HEAD"):
                await reader.readexactly(5)
        writer.close()
        return came

    came, stage = staged(act, scenario)
    assert came == [WHOLE[:-5]] * 3
    assert [each.request.method for each in stage.exchanges][:2] == ["GET", "POST"]
    assert stage.exchanges[1].request.body == BODY


def test_expectation_is_passed_on():
    """The target itself says 100 Continue, and only then the client sends its body."""

    async def act(stage, reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        stage.seen.append(await reader.readexactly(8))
        writer.write(WHOLE)
        await writer.drain()

    async def scenario(stage):
        reader, writer = await asyncio.open_connection("127.0.0.1", stage.through)
        head, body = POST[:-8].replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"), POST[-8:]
        writer.write(head)
        interim = await reader.readuntil(b"\r\n\r\n")
        writer.write(body)
        rest = await reader.read(-1)
        writer.close()
        return interim, rest

    (interim, rest), stage = staged(act, scenario)
    assert (interim, rest, stage.seen) == (b"HTTP/1.1 100 Continue\r\n\r\n", WHOLE, [BODY])
    assert stage.exchanges[0].status == 200


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_answer_without_content_ends_with_its_head(status):
    """Nothing is waited for after a head that has no content."""
    head = b"HTTP/1.1 %s\r\nETag: x\r\n\r\n" % status

    async def act(_, reader, writer):
        await request_of(reader)
        writer.write(head)
        await reader.read()

    async def scenario(stage):
        reader, writer = await asyncio.open_connection("127.0.0.1", stage.through)
        writer.write(GET)
        came = await reader.readexactly(len(head))
        await stage.recorded.wait()
        writer.close()
        return came

    came, stage = staged(act, scenario)
    assert came == head
    assert stage.exchanges[0].ending is Ending.COMPLETE
