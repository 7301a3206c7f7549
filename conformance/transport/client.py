"""Sends one call over HTTP: the only module that knows httpx."""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import httpx

from conformance.exchange.model import Ending, Exchange, Notice, Piece, Request, Response
from conformance.transport.tap import Tap, tap_on

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from conformance.probes.call import Call

_ENDINGS: tuple[tuple[type[Exception], Ending], ...] = (
    (httpx.ConnectError, Ending.REFUSED),
    (httpx.TimeoutException, Ending.TIMED_OUT),
    (httpx.RemoteProtocolError, Ending.RESET),
    (httpx.NetworkError, Ending.RESET),
    (httpx.ProxyError, Ending.REFUSED),
    (ssl.SSLError, Ending.REFUSED),
    (httpx.InvalidURL, Ending.REFUSED),
    (UnicodeError, Ending.REFUSED),
)


_LOST = ("disconnected", "peer closed", "peer unexpectedly closed")
"""What of a protocol error's text says that it is no more than a lost connection."""
_IDLE = 2.0
"""Seconds: idle connections are closed by us before common servers close them."""
_WATCHED = 0.25
"""Seconds for which the connection of a call that asks to keep it is watched after the answer."""
_AFTER_DONE = 2.0
"""Seconds within which the end of a stream is to follow its `[DONE]`."""
_DONE = re.compile(rb"(?:^|[\r\n])data: ?\[DONE\][ \t]*[\r\n]")
_TAIL = 256
"""Bytes of a stream that are searched for `[DONE]`, cut in whatever pieces it came."""


class Client:
    """An HTTP client that returns exchanges and never raises for what a target does."""

    def __init__(self, client: httpx.AsyncClient, seconds: float) -> None:
        self._client = client
        self._seconds = seconds

    async def send(self, call: Call, name: str) -> Exchange:
        """Send a call and record its exchange under this name, unredacted.

        A server may close an idle connection just as a request goes out on it (RFC 9112 § 9.5). That is no fault of
        its own, so the request is sent again, once, where a connection that was used before is lost without an answer.
        So it is where what comes is no HTTP: it may be late bytes of the answer before, and is none of this one's.
        """
        exchange, reused = await self._attempt(call, name)
        if reused and exchange.response is None and exchange.ending in {Ending.RESET, Ending.MALFORMED}:
            exchange, _ = await self._attempt(call, name)
        return exchange

    async def _attempt(self, call: Call, name: str) -> tuple[Exchange, bool]:
        """Return the exchange, and whether its connection had been used before."""
        request = Request(call.method, call.url, call.headers, call.body)
        started, clock = time.time(), time.monotonic()
        came = _Arrival()
        ending, detail = Ending.COMPLETE, ""
        try:
            async with asyncio.timeout(self._seconds):
                ending = await self._receive(call, clock, came)
        except TimeoutError:
            ending, detail = Ending.TIMED_OUT, f"no complete answer after {self._seconds:g} s"
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, UnicodeError) as error:
            ending, detail = _ending(error, answered=came.head is not None), _one_line(error)
        if Notice.HELD in came.noticed:
            detail = f"`[DONE]` came, the end of the message did not within {_AFTER_DONE:g} s"
        seconds = _micro((came.ended or time.monotonic()) - clock)
        found = Exchange(name, request, came.response, ending, detail, _micro(started), seconds, noticed=came.noticed)
        return found, not came.connected

    async def _receive(self, call: Call, clock: float, came: _Arrival) -> Ending:
        async def trace(event: str, about: Mapping[str, Any]) -> None:
            if event.startswith("connection.connect_"):
                came.connected = True
            if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
                Tap(about["return_value"])

        response = await self._client.send(_written(call, trace), stream=True)
        try:
            came.head = _head(response)
            async for data in _until_done(response, came):
                came.pieces.append(Piece(_micro(time.monotonic() - clock), data))
                if call.leave_after is not None and len(came.pieces) >= call.leave_after:
                    return Ending.ABANDONED
            came.ended = time.monotonic()
            if tap := tap_on(response.extensions.get("network_stream")):
                came.noticed += await tap.listen(call.method, _WATCHED if _asks_to_keep(call) else 0.0)
        finally:
            await response.aclose()
        return Ending.COMPLETE


@dataclass
class _Arrival:
    """What came back until now."""

    head: Response | None = None
    pieces: list[Piece] = field(default_factory=list)
    noticed: tuple[Notice, ...] = ()
    connected: bool = False
    ended: float = 0.0

    @property
    def response(self) -> Response | None:
        return replace(self.head, pieces=tuple(self.pieces)) if self.head else None


def _written(call: Call, trace: Callable[[str, Mapping[str, Any]], Awaitable[None]]) -> httpx.Request:
    content = call.body if call.body or call.method in {"POST", "PUT", "PATCH"} else None
    headers = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in call.headers]
    request = httpx.Request(call.method, call.url, headers=headers, content=content)
    request.extensions["trace"] = trace
    request.headers.setdefault("Accept-Encoding", "identity")  # the bytes as they are, unless the call asks otherwise
    return request


async def _until_done(response: httpx.Response, came: _Arrival) -> AsyncIterator[bytes]:
    """Yield the bytes of a body as they arrive; waits little for the end of an event stream after its `[DONE]`."""
    assert isinstance(response.stream, httpx.AsyncByteStream)
    pieces, tail = aiter(response.stream), b""
    patience = None
    streamed = came.head is not None and came.head.media_type == "text/event-stream"
    while True:
        try:
            async with asyncio.timeout_at(patience):
                data = await anext(pieces, None)
        except TimeoutError:
            came.noticed = (Notice.HELD,)
            return
        if data is None:
            return
        yield data
        tail = (tail + data)[-_TAIL:]
        if streamed and patience is None and _DONE.search(tail):
            patience = asyncio.get_running_loop().time() + _AFTER_DONE


def _asks_to_keep(call: Call) -> bool:
    return any(name.lower() == "connection" and "keep-alive" in value.lower() for name, value in call.headers)


def _micro(seconds: float) -> float:
    return round(seconds, 6)  # what HAR keeps, so that a recording read again is equal


def _head(response: httpx.Response) -> Response:
    headers = tuple((n.decode("latin-1"), v.decode("utf-8", "surrogateescape")) for n, v in response.headers.raw)
    return Response(response.status_code, response.reason_phrase, response.http_version, headers)


def _ending(error: Exception, *, answered: bool) -> Ending:
    found = next((ending for kind, ending in _ENDINGS if isinstance(error, kind)), Ending.RESET)
    if isinstance(error, httpx.RemoteProtocolError) and not any(mark in str(error) for mark in _LOST):
        return Ending.MALFORMED
    return Ending.CUT_SHORT if found is Ending.RESET and answered else found


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@asynccontextmanager
async def connect(concurrency: int, seconds: float, *, direct: bool = False) -> AsyncIterator[Client]:
    """Open a client that keeps up to `concurrency` connections and gives each call at most these seconds.

    It goes through the proxy that the environment names, but not where it is to connect `direct`.
    """
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency, keepalive_expiry=_IDLE)
    timeout = httpx.Timeout(seconds, connect=min(10.0, seconds), pool=None)
    async with httpx.AsyncClient(
        limits=limits, timeout=timeout, follow_redirects=False, trust_env=not direct
    ) as client:
        client.headers.clear()
        yield Client(client, seconds)
