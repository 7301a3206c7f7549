"""A uvicorn server that starts on a socket of ours and stops at once, from any thread."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from conformance.reference.app import Application

_TICK = 0.5


def listening_socket(port: int, host: str) -> socket.socket:
    """Return a socket that listens; port 0 takes any free one.

    Raises:
        OSError: the address cannot be listened on; the message says which, and why.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sets TCP_NODELAY; without, Nagle holds each body back for 40 ms.
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(128)
    except (OSError, OverflowError) as error:
        found.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise OSError(f"cannot listen on {host} port {port}: {reason}") from error
    return found


class StoppableServer(uvicorn.Server):
    """A quiet uvicorn server that can be stopped at once from another thread."""

    def __init__(self, app: Application) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                log_level="critical",  # an answer that is cut on purpose is an error to uvicorn
                access_log=False,
                lifespan="off",
                ws="none",
                loop="asyncio",
                http="h11",
                interface="asgi3",
                server_header=False,
                timeout_keep_alive=60,
            )
        )
        self.listening = threading.Event()
        """Set once the server runs."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    async def main_loop(self) -> None:
        """Tick, for the date header and for signals, until stopped."""
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self.listening.set()
        ticks = 0
        while not await self.on_tick(ticks * 10):  # it looks at the clock on every tenth
            ticks += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _TICK)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End at once: streams under way are cut, idle connections closed."""
        for listener in self.servers:
            listener.close()
        for each in sockets or ():
            each.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self) -> None:
        """Ask the server to stop; returns at once."""
        self.should_exit = True
        if self._loop and self._stopping:
            self._loop.call_soon_threadsafe(self._stopping.set)
