"""Serves recordings on a socket, in the bytes in which they were recorded."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.exchange.model import Request
from conformance.reference.app import Application
from conformance.reference.listener import listening_socket
from conformance.reference.playback.asked import asked
from conformance.reference.playback.pace import RECORDED
from conformance.reference.playback.script import Script, Step, script
from conformance.reference.playback.shelf import Unmatched
from conformance.reference.wire.message import reset
from conformance.reference.wire.server import WireServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.playback.asked import Asked
    from conformance.reference.playback.pace import Pace
    from conformance.reference.playback.shelf import Shelf
    from conformance.reference.wire.requests import Received, Requests

_NOT_RECORDED, _UNAUTHORISED = b"404 Not Found", b"401 Unauthorized"


@dataclass(frozen=True)
class Playing:
    """How recordings are played: how fast, cut at every byte or not, for which key only, and who is told of misses."""

    pace: Pace = RECORDED
    split: bool = False
    api_key: str | None = None
    missed: Callable[[Unmatched], object] = lambda _: None


class PlaybackServer(WireServer):
    """A server that answers with recordings, and can be stopped at once from another thread."""

    def __init__(self, shelf: Shelf, playing: Playing = Playing()) -> None:
        super().__init__(Application(()))  # no API is mounted: what is answered is recorded
        self._shelf = shelf
        self._playing = playing

    async def _answer(self, requests: Requests, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; tell whether another one may follow."""
        received = await requests.next()
        if received is None:
            return False
        writing = asyncio.ensure_future(_written(self._script(received), writer))
        leaving = asyncio.ensure_future(requests.left())
        try:
            await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            return writing.done() and writing.result() and received.stays
        finally:
            for task in (writing, leaving):
                task.cancel()
            await asyncio.gather(writing, leaving, return_exceptions=True)

    def _script(self, received: Received) -> Script:
        wanted = asked(_request(received), self._playing.api_key)
        found = self._shelf.take(wanted)
        if isinstance(found, Unmatched):
            self._playing.missed(found)
            return _refusal(_UNAUTHORISED if self._keeps_out(wanted) else _NOT_RECORDED, found)
        if found.asked.credential == "what nobody knows" and self._keeps_out(wanted):
            return _refusal(_UNAUTHORISED, Unmatched(wanted, "", f"it presents {wanted.credential}"))
        return script(found.exchange, self._playing.pace, split=self._playing.split)

    def _keeps_out(self, wanted: Asked) -> bool:
        return self._playing.api_key is not None and wanted.credential != "a credential"


def _request(received: Received) -> Request:
    scope = received.scope
    target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
    headers = tuple(
        (name.decode("latin-1"), value.decode("utf-8", "surrogateescape")) for name, value in scope["headers"]
    )
    return Request(scope["method"], target.decode("latin-1"), headers, received.body)


def _refusal(status: bytes, miss: Unmatched) -> Script:
    """Return the answer to a request that nothing recorded answers."""
    error = {"message": miss.message, "type": "not_recorded", "nearest": miss.nearest, "differs": miss.differs}
    body = json.dumps({"error": error}, indent=1).encode()
    head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
    return Script((Step(0.0, head if miss.asked.method == "HEAD" else head + body),), "keep")


async def _written(played: Script, writer: asyncio.StreamWriter) -> bool:
    """Write an answer, each step at its time; tell whether the connection stays open for another one."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for step in played.steps:
        await asyncio.sleep(max(0.0, begun + step.at - loop.time()))
        writer.write(step.data)
        await writer.drain()
    if played.end == "hold":
        await asyncio.Event().wait()
    if played.end == "reset":
        await reset(writer)
    return played.end == "keep"


def serve(
    shelf: Shelf, playing: Playing, port: int, announce: Callable[[str], object], host: str = "127.0.0.1"
) -> None:
    """Serve recordings until interrupted; `announce` is told the address once the server listens.

    Raises:
        OSError: the address cannot be listened on; the message says which.
    """
    server = PlaybackServer(shelf, playing)
    listening = listening_socket(port, host)
    with listening, suppress(KeyboardInterrupt):
        announce(f"http://{host}:{listening.getsockname()[1]}")
        server.run([listening])
