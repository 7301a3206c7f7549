"""The recording proxy: listens on the loopback and passes everything on to one target."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from conformance.transport.proxy.conversation import Conversation

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.transport.proxy.route import Route

HOST = "127.0.0.1"
"""Where the proxy listens: nobody but this machine's own clients can use it."""


class Proxy:
    """Serves connections until it is stopped; each gets a connection of its own to the target.

    `faults` are the proxy's own failures, one line each: what they did to an exchange is not the target's doing.
    """

    def __init__(self, route: Route) -> None:
        self._route = route
        self._conversations: set[asyncio.Task[None]] = set()
        self.faults: list[str] = []

    async def serve(self, port: int, stop: asyncio.Event, announce: Callable[[int], object]) -> None:
        """Listen on a port (0 takes a free one), announce which, pass everything on until `stop` is set.

        Raises:
            OSError: the port cannot be listened on; the message says why.
        """
        try:
            server = await asyncio.start_server(self._accept, HOST, port)
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else str(error)
            raise OSError(f"cannot listen on {HOST} port {port}: {why}") from error
        announce(server.sockets[0].getsockname()[1])
        try:
            await stop.wait()
        finally:
            server.close()
            for task in self._conversations:
                task.cancel()
            await asyncio.gather(*self._conversations, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._converse(reader, writer))
        self._conversations.add(task)
        task.add_done_callback(self._conversations.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await Conversation(self._route, reader, writer).run()
        except Exception as error:  # noqa: BLE001 - a fault of ours must not look like the target's
            self.faults.append(f"{type(error).__name__}: {error}")
