"""Writes an answer to a connection in the way that its wire plan says."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING

from conformance.reference.wire.plan import Wire
from conformance.reference.writing import written

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from conformance.reference.answer import Answer
    from conformance.reference.wire.requests import Received
    from conformance.reference.writing import Fields

_BENT_CHUNK = 3
"""The chunk whose size line may be bent, counted from 1."""
_SETTLING = 0.05
"""Seconds that a client gets to read what came before a reset throws it away."""


class _Lost(Exception):  # noqa: N818 - a plan, not an error
    """The connection is to be lost now."""


class Message:
    """One answer on its way to a client."""

    def __init__(self, answer: Answer, received: Received, writer: asyncio.StreamWriter) -> None:
        self._answer = answer
        self._wire = answer.wire or Wire()
        self._writer = writer
        self._stays = received.stays and not self._wire.announce_close
        self._bodiless = received.scope["method"] == "HEAD" or answer.status in {204, 304}
        self._chunks = 0

    async def send(self) -> bool:
        """Write the message; tell whether the connection stays open for another one."""
        await asyncio.sleep(self._answer.delay)
        if self._wire.silent is not None:
            await asyncio.sleep(self._wire.silent)
            return False
        fields, pieces = written(self._answer)
        length = next((int(value) for name, value in fields if name.lower() == b"content-length"), None)
        chunked = not self._bodiless and (length is None or self._wire.chunk > 0)
        await self._put(self._wire.interim + self._head(fields, chunked=chunked))
        try:
            if self._bodiless:
                return self._stays
            if chunked:
                return await self._send_chunks(self._surviving(pieces))
            return await self._send_plain(self._surviving(pieces))
        except _Lost:
            if self._wire.reset_after is not None:
                await reset(self._writer)
            return False

    def _head(self, fields: Fields, *, chunked: bool) -> bytes:
        status = self._answer.status
        phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
        lines = [self._wire.status_line or f"HTTP/1.1 {status} {phrase}".encode()]
        lines.append(b"date: " + formatdate(usegmt=True).encode())
        for name, value in fields:
            if name.lower() != b"content-length":
                lines.append(name + b": " + value)
            elif not chunked:
                lines.append(name + b": %d" % (int(value) + self._wire.length_off))
        if chunked:
            lines.append(b"transfer-encoding: chunked")
        if not self._stays:
            lines.append(b"connection: close")
        return b"\r\n".join([*lines, *self._wire.lines, b"", b""])

    async def _surviving(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield the pieces of the body up to where the connection is to be lost."""
        left = self._wire.reset_after if self._answer.cut is None else self._answer.cut
        async for piece in pieces:
            yield piece[:left]
            if left is not None and (left := left - len(piece)) <= 0:
                raise _Lost

    async def _send_plain(self, pieces: AsyncIterator[bytes]) -> bool:
        async for piece in pieces:  # a body of known length is one piece
            await self._put(piece + self._wire.surplus)
        return self._stays and not self._wire.close_after and self._wire.length_off <= 0

    async def _send_chunks(self, pieces: AsyncIterator[bytes]) -> bool:
        async for piece in pieces:
            size = self._wire.chunk or max(1, len(piece))
            await self._put(b"".join(self._chunk(piece[i : i + size]) for i in range(0, len(piece), size)))
        if self._wire.last_chunk == "sent":
            await self._put(b"0\r\n\r\n" + self._wire.surplus)
            return self._stays and not self._wire.close_after
        if self._wire.last_chunk == "held":
            await asyncio.Event().wait()
        return False

    def _chunk(self, data: bytes) -> bytes:
        self._chunks += 1
        bent = self._wire.chunk_line and self._chunks == _BENT_CHUNK
        return (self._wire.chunk_line if bent else b"%x" % len(data)) + b"\r\n" + data + b"\r\n"

    async def _put(self, data: bytes) -> None:
        """Write bytes to the socket, in as many writes as the plan says."""
        size = self._wire.grain or max(1, len(data))
        for start in range(0, len(data), size):
            self._writer.write(data[start : start + size])
            await self._writer.drain()
            if self._wire.pause:
                await asyncio.sleep(self._wire.pause)


async def reset(writer: asyncio.StreamWriter) -> None:
    """Make the operating system send RST in place of FIN, unless the client is gone already."""
    await asyncio.sleep(_SETTLING)
    with suppress(OSError):
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
