"""Listens on a connection to what its HTTP client does not tell: bytes after a message, folds, silent closing."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any

import h11

from conformance.exchange.model import Notice

_LARGEST_HEAD = 100 * 1024
"""Bytes: what httpx takes."""
_READ = 65_536
_READABLE = 0.1
"""Seconds that reading takes at most where there is something to read."""
_FOLD = re.compile(rb"\r?\n[ \t]+[^ \t\r\n]")


@dataclass(frozen=True)
class Message:
    """How the bytes of an answer divide: what follows it, and whether another one may follow on the connection."""

    surplus: bytes
    stays: bool


class Tap:
    """Keeps what arrived on one connection since the last request went out; made once the connection is open."""

    def __init__(self, stream: Any) -> None:  # noqa: ANN401 - the network stream of httpx, which has no public type
        self._stream = stream
        self._receive, self._send = stream.read, stream.write
        self._received = bytearray()
        stream.read, stream.write = self._read, self._write

    async def _read(self, most: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - the stream's signature
        data: bytes = await self._receive(most, timeout=timeout)
        self._received += data
        return data

    async def _write(self, data: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as above
        self._received.clear()
        await self._send(data, timeout=timeout)

    async def listen(self, method: str, seconds: float) -> tuple[Notice, ...]:
        """Return what is to be noticed once a message was read whole.

        Watches a connection that may be used again for so many seconds. One that cannot be used again is closed,
        so that what arrived on it is not taken for the next answer.
        """
        message = _divided(bytes(self._received), method)
        noticed = [Notice.FOLDED] if _FOLD.search(self._received.partition(b"\r\n\r\n")[0]) else []
        surplus = message.surplus
        if message.stays and not surplus and (seconds or self._stream.get_extra_info("is_readable")):
            more = await self._more(seconds or _READABLE)
            surplus = more or b""
            if seconds and not more:
                noticed.append(Notice.KEPT if more is None else Notice.CLOSED)
        if _is_body(surplus):
            noticed.append(Notice.SURPLUS)
        if surplus:
            await self._stream.aclose()
        return tuple(noticed)

    async def _more(self, seconds: float) -> bytes | None:
        """Return what arrives within so many seconds: nothing but an end is b"", silence is None."""
        try:
            async with asyncio.timeout(seconds):
                data: bytes = await self._receive(_READ)
        except TimeoutError:
            return None
        except Exception:  # noqa: BLE001 - a lost connection, in the words of whichever library
            data = b""
        if not data:
            await self._stream.aclose()
        return data


def tap_on(stream: object) -> Tap | None:
    """Return what listens on a connection, or None where nothing does."""
    found = getattr(getattr(stream, "read", None), "__self__", None)
    return found if isinstance(found, Tap) else None


def _divided(received: bytes, method: str) -> Message:
    """Find the end of the message in what arrived after a request of this method."""
    parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LARGEST_HEAD)
    parser.send(h11.Request(method=method, target="/", headers=[("Host", "target")]))
    parser.send(h11.EndOfMessage())
    parser.receive_data(received)
    try:
        while not isinstance(event := parser.next_event(), h11.EndOfMessage):
            if event in (h11.NEED_DATA, h11.PAUSED):
                return Message(b"", stays=False)
    except h11.RemoteProtocolError:
        return Message(b"", stays=False)
    return Message(parser.trailing_data[0], stays=parser.their_state is h11.DONE)


def _is_body(surplus: bytes) -> bool:
    """Tell whether bytes belong to the message before: line ends do no harm, and a status line begins another one."""
    return bool(surplus.strip(b"\r\n")) and not surplus.lstrip(b"\r\n").startswith(b"HTTP/")
