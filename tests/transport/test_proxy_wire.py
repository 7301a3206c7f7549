"""The proxy passes bytes on unchanged, ends connections as they end, and records what crossed the wire."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from contextlib import suppress

import pytest

from conformance.exchange.model import Ending, Notice
from conformance.transport.proxy.route import route_to
from conformance.transport.proxy.server import Proxy

GET = b"GET /v1/models HTTP/1.1\r\nHost: %s\r\nX-Mixed-CASE:  two  spaces \r\nAuthorization: Bearer abc\r\n\r\n"
BODY = b'{"a": 1}'
POST = b"POST /v1/chat HTTP/1.1\r\nHost: %s\r\nContent-Length: 8\r\n\r\n" + BODY
WHOLE = b"HTTP/1.1 200 Fine indeed\r\nDATE: x\r\ncontent-length: 5\r\nX-A:1\r\nx-a:  2\r\n\r\nhello"
STREAM = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"0b;ext=1\r\ndata: 1\r\n\r\n\r\n",
    b"9\r\ndata: 2\n\n\r",
    b"\n0\r\nX-Trailer: yes\r\n\r\n",
)


def reset(writer):
    """Close a connection with RST."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def request_of(reader):
    """Read one request: its head, and a body of the declared length."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = [line.partition(b":") for line in head.lower().split(b"\r\n")]
    length = next((int(value) for name, _, value in lines if name == b"content-length"), 0)
    return head + (await reader.readexactly(length) if length else b"")


class Stage:
    """A target that does what it is told with each connection, a proxy before it, and what the proxy recorded."""

    def __init__(self, act, most=1 << 20):
        self.act, self.most = act, most
        self.seen, self.exchanges = [], []
        self.target_left = asyncio.Event()
        self.recorded, self.asked = asyncio.Event(), asyncio.Event()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.direct = self.server.sockets[0].getsockname()[1]
        self.stop, listening = asyncio.Event(), asyncio.get_running_loop().create_future()
        route = route_to(f"http://127.0.0.1:{self.direct}/v1", self._ended, most=self.most)
        self.proxy = Proxy(route)
        self.serving = asyncio.ensure_future(self.proxy.serve(0, self.stop, listening.set_result))
        self.through = await listening
        return self

    async def __aexit__(self, *_):
        self.stop.set()
        await self.serving
        self.server.close()
        assert self.proxy.faults == [], self.proxy.faults

    def _ended(self, exchange):
        self.exchanges.append(exchange)
        self.recorded.set()

    async def _accept(self, reader, writer):
        try:
            await self.act(self, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.target_left.set()
            writer.close()

    async def ask(self, port, request):
        """Send bytes, return all that comes until the end, and whether that was a reset."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        authority = b"127.0.0.1:%d" % port
        writer.write(request.replace(b"%s", authority))
        came, broken = b"", False
        try:
            while data := await reader.read(65536):
                came += data
        except ConnectionResetError:
            broken = True
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        return came, broken

    async def compared(self, request):
        """Return what comes directly and what comes through the proxy."""
        return await self.ask(self.direct, request), await self.ask(self.through, request)


def staged(act, scenario, **options):
    """Play a scenario on a stage; returns what it returns, and the exchanges."""

    async def play():
        async with asyncio.timeout(20), Stage(act, **options) as stage:
            return await scenario(stage), stage

    return asyncio.run(play())


def answering(*pieces, end="close", pause=0.01):
    """Act as a target that answers every connection's request with these pieces."""

    async def act(stage, reader, writer):
        stage.seen.append(await request_of(reader))
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        if end == "reset":
            reset(writer)

    return act


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
