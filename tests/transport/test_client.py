"""The client records what a target does, and does not blame it for a connection that merely grew old."""

from __future__ import annotations

import asyncio

from conformance.exchange.model import Ending
from conformance.probes.call import Call
from conformance.transport.client import connect

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


async def _exchanges(serve, count):
    """Send this many calls one after the other on one connection; returns the exchanges, how many connections came."""
    connections = []

    async def accept(reader, writer):
        connections.append(writer)
        await serve(len(connections), reader, writer)
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server, connect(1, 5.0, direct=True) as client:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        return [await client.send(Call("GET", url, ()), f"x.{n}") for n in range(count)], len(connections)


def test_a_request_that_meets_a_closing_idle_connection_is_sent_again():
    """A server that drops a used connection when the next request comes in is asked again on a new one."""

    async def serve(number, reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await writer.drain()
        if number == 1:
            await reader.readuntil(b"\r\n\r\n")  # the second request is read, and the connection dropped

    exchanges, connections = asyncio.run(_exchanges(serve, 2))

    assert [exchange.ending for exchange in exchanges] == [Ending.COMPLETE, Ending.COMPLETE]
    assert connections == 2


def test_a_dropped_new_connection_is_recorded_as_reset():
    """A server that drops a fresh connection without an answer is not asked twice."""

    async def serve(_number, reader, _writer):
        await reader.readuntil(b"\r\n\r\n")

    exchanges, connections = asyncio.run(_exchanges(serve, 1))

    assert [exchange.ending for exchange in exchanges] == [Ending.RESET]
    assert connections == 1
