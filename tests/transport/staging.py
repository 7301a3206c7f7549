"""A stage for the proxy: a target that does what it is told, the proxy before it, and what was recorded."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress

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
