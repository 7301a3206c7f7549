"""Plays a run in process: the real collector and the real application, with no sockets and in virtual time."""

from __future__ import annotations

import asyncio
import selectors
import time
from contextlib import asynccontextmanager, suppress
from email.utils import formatdate
from functools import lru_cache, partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx

from conformance.exchange.model import Ending, Exchange, Notice, Piece, Request, Response
from conformance.transport.client import _AFTER_DONE, _DONE, _TAIL, _WATCHED, _asks_to_keep
from conformance.transport.collect import Collector

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from starlette.types import Message

    from conformance.probes.call import Call
    from conformance.reference.app import Application

_BROKEN_OFF = "RemoteProtocolError: peer closed connection without sending complete message body"
HOP = 0.001
"""Seconds that a request is under way, so that no two exchanges of a probe begin at once."""


class Leaping(selectors.DefaultSelector):
    """Waits for nothing: where an event loop would wait, its clock leaps ahead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        """Let the time pass that would be waited; with no limit to it, nothing could ever happen (RuntimeError)."""
        if timeout is None:
            raise RuntimeError("what is waited for never happens")
        self.now += max(0.0, timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time: what sleeps wakes at once, in the order of the clock, the same each time."""

    def __init__(self) -> None:
        self._leaping = Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Return the virtual seconds since the loop was made."""
        return self._leaping.now


def collector(app: Application) -> partial[Collector]:
    """Return the collector for runs against an application in this process."""

    @asynccontextmanager
    async def connect(_concurrency: int, seconds: float, *, direct: bool) -> AsyncIterator[Player]:
        assert direct, "only a loopback address is played"
        yield Player(app, seconds)

    return partial(Collector, connect=connect, runner=_run)


def _run(running: Coroutine[Any, Any, str]) -> str:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(running)


class Player:
    """A client of an application in this process, which sees what a client of uvicorn would see."""

    def __init__(self, app: Application, seconds: float) -> None:
        self._app = app
        self._seconds = seconds
        self._midnight = time.time() - asyncio.get_running_loop().time()

    async def send(self, call: Call, name: str) -> Exchange:
        """Send a call and record its exchange under this name."""
        loop = asyncio.get_running_loop()
        clock = loop.time()
        playing = Playing(call, clock, self._midnight)
        detail, noticed = "", ()
        try:
            async with asyncio.timeout(self._seconds):
                await asyncio.sleep(HOP)
                ending, detail, noticed = await playing.played(self._app)
        except TimeoutError:
            ending, detail = Ending.TIMED_OUT, f"no complete answer after {self._seconds:g} s"
        seconds = round(loop.time() - clock, 6)
        if Notice.KEPT in noticed:
            await asyncio.sleep(_WATCHED)
        request = Request(call.method, call.url, call.headers, call.body)
        started = round(self._midnight + clock, 6)
        return Exchange(name, request, playing.response, ending, detail, started, seconds, noticed=noticed)


class Playing:
    """One request to an application, and what of its answer has arrived."""

    def __init__(self, call: Call, clock: float, midnight: float) -> None:
        self._call = call
        self._clock, self._midnight = clock, midnight
        self._head: Response | None = None
        self._pieces: list[Piece] = []
        self._asked = self._whole = False
        self._left = asyncio.Event()
        self._tail = b""

    @property
    def response(self) -> Response | None:
        """What has arrived."""
        head = self._head
        return head and Response(head.status, head.reason, head.http_version, head.headers, tuple(self._pieces))

    async def played(self, app: Application) -> tuple[Ending, str, tuple[Notice, ...]]:
        """Let the application answer; returns how that ended and what a client noticed."""
        try:
            async with asyncio.timeout(None) as self._patience:
                with suppress(Exception):  # as uvicorn, which answers 500
                    await app(_scope(self._call), self._receive, self._send)
                if self._head is None:
                    await self._fail()
                if self._whole and self._missing and not self._bodiless:
                    await asyncio.Event().wait()  # uvicorn leaves the client waiting for what was declared
        except TimeoutError:
            return (
                Ending.COMPLETE,
                f"`[DONE]` came, the end of the message did not within {_AFTER_DONE:g} s",
                (Notice.HELD,),
            )
        if self._left.is_set():
            return Ending.ABANDONED, "", ()
        if self._whole or self._bodiless or self._missing == 0:
            return Ending.COMPLETE, "", (Notice.KEPT,) if self._is_kept else ()
        return Ending.CUT_SHORT, f"{_BROKEN_OFF} ({self._read})", ()

    @property
    def _read(self) -> str:
        """What h11 says of a body that was broken off."""
        if self._missing is None:
            return "incomplete chunked read"
        received = sum(len(piece.data) for piece in self._pieces)
        return f"received {received} bytes, expected {received + self._missing}"

    async def _fail(self) -> None:
        said = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        await self._send({"type": "http.response.start", "status": 500, "headers": said})
        await self._send({"type": "http.response.body", "body": b"Internal Server Error", "more_body": False})

    @property
    def _is_kept(self) -> bool:
        """Whether the client watches the connection, and uvicorn keeps it."""
        assert self._head is not None
        return _asks_to_keep(self._call) and self._head.header("connection") is None

    @property
    def _missing(self) -> int | None:
        """The bytes of the declared length that have not arrived; None where none is declared."""
        declared = self._head and self._head.header("content-length")
        return None if declared is None else int(declared) - sum(len(piece.data) for piece in self._pieces)

    async def _receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": self._call.body, "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begin(message["status"], list(message["headers"]))
        elif not self._left.is_set():
            self._take(b"" if self._bodiless else message["body"])
            self._whole = not message["more_body"]

    @property
    def _bodiless(self) -> bool:
        """Whether HTTP gives the answer no body (RFC 9112 § 6.3)."""
        assert self._head is not None
        return self._call.method == "HEAD" or self._head.status in {204, 304}

    def _begin(self, status: int, said: list[tuple[bytes, bytes]]) -> None:
        date = formatdate(self._midnight + asyncio.get_running_loop().time(), usegmt=True)
        fields = [(name.decode("latin-1"), value.decode("utf-8", "surrogateescape").strip()) for name, value in said]
        names = {name.lower() for name, _ in fields}
        if not names & {"content-length", "transfer-encoding"} and status not in {204, 304}:
            fields.append(("Transfer-Encoding", "chunked"))
        closes = any((name.lower(), value) == ("connection", "close") for name, value in self._call.headers)
        if closes and "connection" not in names:
            fields.append(("Connection", "close"))
        self._head = Response(status, _phrase(status), "HTTP/1.1", (("date", date), *fields))

    def _take(self, data: bytes) -> None:
        if not data:
            return
        if self._missing is not None and len(data) > self._missing:
            raise ValueError("more than was declared")  # as h11, which sends none of it
        at = asyncio.get_running_loop().time() - self._clock
        self._pieces.append(Piece(round(at, 6), data))
        self._tail = (self._tail + data)[-_TAIL:]
        if self._head and self._head.media_type == "text/event-stream" and _DONE.search(self._tail):
            self._patience.reschedule(self._patience.when() or asyncio.get_running_loop().time() + _AFTER_DONE)
        if self._call.leave_after is not None and len(self._pieces) >= self._call.leave_after:
            self._left.set()


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in {each.value for each in HTTPStatus} else ""


@lru_cache(maxsize=512)
def _address(url: str) -> tuple[str, bytes, bytes, bytes]:
    """Return how httpx writes a URL: host field, the path with the query, both apart."""
    parsed = httpx.URL(url)
    path, _, query = parsed.raw_path.partition(b"?")
    return parsed.netloc.decode("ascii"), parsed.raw_path, path, query


def _scope(call: Call) -> dict[str, Any]:
    """Return the ASGI scope that uvicorn makes of a call as the client sends it."""
    host, _, path, query = _address(call.url)
    fields = list(call.headers)
    if call.body or call.method in {"POST", "PUT", "PATCH"}:
        fields.append(("Content-Length", str(len(call.body))))
    if all(name.lower() != "accept-encoding" for name, _ in call.headers):
        fields.append(("Accept-Encoding", "identity"))
    fields.append(("Host", host))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": call.method,
        "scheme": "http",
        "path": path.decode("ascii"),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("utf-8", "surrogateescape")) for name, value in fields],
    }
