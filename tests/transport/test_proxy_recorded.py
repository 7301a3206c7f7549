"""The proxy records what crossed the wire, and blames nobody for what concerned a connection alone."""

from __future__ import annotations

import asyncio

import pytest
from staging import GET, WHOLE, answering, request_of, staged

from conformance.exchange.model import Ending, Notice


def test_only_a_part_of_a_huge_body_is_recorded():
    """The client gets all of it; the recording says what it keeps, and that this is not judged."""
    body = bytes(range(256)) * 4096
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    (came, _), stage = staged(answering(answer, body), lambda s: s.ask(s.through, GET), most=1000)
    assert came == answer + body
    (exchange,) = stage.exchanges
    assert (exchange.response.body, exchange.ending) == (body[:1000], Ending.ABANDONED)
    assert "1048576 bytes" in exchange.detail


def test_huge_request_is_not_recorded_by_half():
    """Half a request would look like a fault of the client's, so none of its body is kept."""
    request = b"POST /v1/chat HTTP/1.1\r\nHost: x\r\nContent-Length: 3000\r\n\r\n" + b"x" * 3000
    _, stage = staged(answering(WHOLE), lambda s: s.ask(s.through, request), most=1000)
    assert len(stage.seen[0].partition(b"\r\n\r\n")[2]) == 3000
    (exchange,) = stage.exchanges
    assert (exchange.request.body, exchange.response, exchange.ending) == (b"", None, Ending.ABANDONED)
    assert "answered with 200; not judged" in exchange.detail


def test_what_concerned_the_connection_alone_stays_behind():
    """Fields that Connection names, and offers to upgrade, are not passed on (RFC 9110 § 7.6.1)."""
    fields = b"Connection: Upgrade, X-Hop, close\r\nUpgrade: h2c\r\nX-Hop: 1\r\nX-End: 1\r\n"
    request = b"GET / HTTP/1.1\r\nHost: x\r\n" + fields + b"\r\n"
    answer = WHOLE.replace(b"X-A:1", b"Connection: close, X-A")
    (came, _), stage = staged(answering(answer), lambda s: s.ask(s.through, request))
    target = stage.exchanges[0].request.url.split("/")[2].encode()
    assert stage.seen == [b"GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nX-End: 1\r\n\r\n" % target]
    assert came == answer.replace(b"close, X-A", b"close").replace(b"x-a:  2\r\n", b"")


def test_surplus_and_folds_are_noticed():
    """Bytes after the end and folded fields come through, and the recording tells of them."""
    answer = WHOLE.replace(b"X-A:1", b"X-A:1\r\n folded") + b"more"
    (direct, through), stage = staged(answering(answer), lambda s: s.compared(GET))
    assert direct == through == (answer, False)
    assert set(stage.exchanges[0].noticed) == {Notice.FOLDED, Notice.SURPLUS}


def test_idle_connection_that_closes_is_nobodys_fault():
    """A target may close a kept connection just as the next request goes out on it (RFC 9112 § 9.5)."""

    async def act(_, reader, writer):
        await request_of(reader)
        writer.write(WHOLE)
        await request_of(reader)

    async def scenario(stage):
        reader, writer = await asyncio.open_connection("127.0.0.1", stage.through)
        writer.write(GET)
        await reader.readexactly(len(WHOLE))
        writer.write(GET)
        assert await reader.read() == b""
        writer.close()

    _, stage = staged(act, scenario)
    assert [each.ending for each in stage.exchanges] == [Ending.COMPLETE, Ending.ABANDONED]


def test_port_in_use_is_said():
    """A port that is taken is an error that names it."""

    async def scenario(stage):
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1 port {stage.direct}: Address already in use"):
            await stage.proxy.serve(stage.direct, asyncio.Event(), print)

    staged(answering(), scenario)


def test_request_that_goes_on_as_garbage_ends_both_connections():
    """A body that loses its framing is nobody's answer: it is not recorded by half, and the target is left at once."""
    request = b"POST /v1/chat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

    async def act(stage, reader, _):
        await request_of(reader)
        stage.asked.set()
        await reader.read()

    async def scenario(stage):
        reader, writer = await asyncio.open_connection("127.0.0.1", stage.through)
        writer.write(request)
        await stage.asked.wait()
        writer.write(b"not a size\r\n")
        came = await reader.read()
        writer.close()
        await stage.target_left.wait()
        return came

    came, stage = staged(act, scenario)
    assert came == b""
    (exchange,) = stage.exchanges
    assert (exchange.ending, exchange.request.body, exchange.response) == (Ending.ABANDONED, b"", None)
