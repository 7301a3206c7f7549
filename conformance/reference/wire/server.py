"""Runs an application on sockets that it writes itself: the stand-in for uvicorn where a wire plan is needed."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import h11

from conformance.reference.wire.message import Message
from conformance.reference.wire.requests import Requests

if TYPE_CHECKING:
    import socket

    from conformance.reference.app import Application

_REFUSAL = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class WireServer:
    """A server that can be stopped at once from another thread."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self.listening = threading.Event()
        """Set once the server runs."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._connections: set[asyncio.Task[None]] = set()

    def run(self, sockets: list[socket.socket]) -> None:
        """Serve until stopped or interrupted; closes the sockets."""
        asyncio.run(self._run(sockets))

    def stop(self) -> None:
        """Ask the server to stop; returns at once."""
        if self._loop and self._stopping:
            self._loop.call_soon_threadsafe(self._stopping.set)

    async def _run(self, sockets: list[socket.socket]) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        servers = [await asyncio.start_server(self._accept, sock=each) for each in sockets]
        self.listening.set()
        try:
            await self._stopping.wait()
        finally:
            for server in servers:
                server.close()
            under_way = tuple(self._connections)
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._converse(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests = Requests(reader, writer)
        try:
            with suppress(ConnectionError):
                while await self._answer(requests, writer):
                    pass
        except h11.RemoteProtocolError:
            writer.write(_REFUSAL)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, requests: Requests, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; tell whether another one may follow."""
        received = await requests.next()
        if received is None:
            return False
        message = Message(self._app.answer(received.scope, received.body), received, writer)
        sending, leaving = asyncio.ensure_future(message.send()), asyncio.ensure_future(requests.left())
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            return sending.done() and sending.result()
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
