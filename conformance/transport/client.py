"""Sends one call over HTTP: the only module that knows httpx."""

from __future__ import annotations

import asyncio
import ssl
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx

from conformance.exchange.model import Ending, Exchange, Piece, Request, Response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

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


_IDLE = 2.0
"""Seconds: idle connections are closed by us before common servers close them."""


class Client:
    """An HTTP client that returns exchanges and never raises for what a target does."""

    def __init__(self, client: httpx.AsyncClient, seconds: float) -> None:
        self._client = client
        self._seconds = seconds

    async def send(self, call: Call, name: str) -> Exchange:
        """Send a call and record its exchange under this name, unredacted.

        A server may close an idle connection just as a request goes out on it (RFC 9112 § 9.5). That is no fault of
        its own, so the request is sent again, once, where a connection that was used before is lost without an answer.
        """
        exchange, reused = await self._attempt(call, name)
        if reused and exchange.response is None and exchange.ending is Ending.RESET:
            exchange, _ = await self._attempt(call, name)
        return exchange

    async def _attempt(self, call: Call, name: str) -> tuple[Exchange, bool]:
        """Return the exchange, and whether its connection had been used before."""
        request = Request(call.method, call.url, call.headers, call.body)
        started, clock = time.time(), time.monotonic()
        head: list[Response] = []
        pieces: list[Piece] = []
        connected: list[str] = []
        ending, detail = Ending.COMPLETE, ""
        try:
            async with asyncio.timeout(self._seconds):
                ending = await self._receive(call, clock, head, pieces, connected)
        except TimeoutError:
            ending, detail = Ending.TIMED_OUT, f"no complete answer after {self._seconds:g} s"
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, UnicodeError) as error:
            ending, detail = _ending(error, answered=bool(head)), _one_line(error)
        response = (
            Response(head[0].status, head[0].reason, head[0].http_version, head[0].headers, tuple(pieces))
            if head
            else None
        )
        seconds = _micro(time.monotonic() - clock)
        return Exchange(name, request, response, ending, detail, _micro(started), seconds), not connected

    async def _receive(
        self, call: Call, clock: float, head: list[Response], pieces: list[Piece], connected: list[str]
    ) -> Ending:
        async def trace(event: str, _: object) -> None:
            if event.startswith("connection.connect_"):
                connected.append(event)

        content = call.body if call.body or call.method in {"POST", "PUT", "PATCH"} else None
        headers = [(name, value.encode("utf-8", "surrogateescape")) for name, value in call.headers]
        request = httpx.Request(call.method, call.url, headers=[(n.encode(), v) for n, v in headers], content=content)
        request.extensions["trace"] = trace
        request.headers["Accept-Encoding"] = "identity"  # the bytes as they are, unless the call asks otherwise
        response = await self._client.send(request, stream=True)
        try:
            head.append(_head(response))
            async for data in response.aiter_raw():
                pieces.append(Piece(_micro(time.monotonic() - clock), data))
                if call.leave_after is not None and len(pieces) >= call.leave_after:
                    return Ending.ABANDONED
        finally:
            await response.aclose()
        return Ending.COMPLETE


def _micro(seconds: float) -> float:
    return round(seconds, 6)  # what HAR keeps, so that a recording read again is equal


def _head(response: httpx.Response) -> Response:
    headers = tuple((n.decode("latin-1"), v.decode("utf-8", "surrogateescape")) for n, v in response.headers.raw)
    return Response(response.status_code, response.reason_phrase, response.http_version, headers)


def _ending(error: Exception, *, answered: bool) -> Ending:
    found = next((ending for kind, ending in _ENDINGS if isinstance(error, kind)), Ending.RESET)
    if found is Ending.RESET and answered:
        return Ending.CUT_SHORT
    if isinstance(error, httpx.RemoteProtocolError) and not answered and "disconnected" not in str(error):
        return Ending.MALFORMED
    return found


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
