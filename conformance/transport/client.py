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


class Client:
    """An HTTP client that returns exchanges and never raises for what a target does."""

    def __init__(self, client: httpx.AsyncClient, seconds: float) -> None:
        self._client = client
        self._seconds = seconds

    async def send(self, call: Call, name: str) -> Exchange:
        """Send a call and record its exchange under this name, unredacted."""
        request = Request(call.method, call.url, call.headers, call.body)
        started, clock = time.time(), time.monotonic()
        head: list[Response] = []
        pieces: list[Piece] = []
        ending, detail = Ending.COMPLETE, ""
        try:
            async with asyncio.timeout(self._seconds):
                ending = await self._receive(call, clock, head, pieces)
        except TimeoutError:
            ending, detail = Ending.TIMED_OUT, f"no complete answer after {self._seconds:g} s"
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, UnicodeError) as error:
            ending, detail = _ending(error, answered=bool(head)), _one_line(error)
        response = (
            Response(head[0].status, head[0].reason, head[0].http_version, head[0].headers, tuple(pieces))
            if head
            else None
        )
        return Exchange(name, request, response, ending, detail, _micro(started), _micro(time.monotonic() - clock))

    async def _receive(self, call: Call, clock: float, head: list[Response], pieces: list[Piece]) -> Ending:
        content = call.body if call.body or call.method in {"POST", "PUT", "PATCH"} else None
        headers = [(name, value.encode("utf-8", "surrogateescape")) for name, value in call.headers]
        request = httpx.Request(call.method, call.url, headers=[(n.encode(), v) for n, v in headers], content=content)
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
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    timeout = httpx.Timeout(seconds, connect=min(10.0, seconds), pool=None)
    async with httpx.AsyncClient(
        limits=limits, timeout=timeout, follow_redirects=False, trust_env=not direct
    ) as client:
        client.headers.clear()
        yield Client(client, seconds)
