"""Reads requests from a connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import h11

from conformance.reference.jsonbody import LARGEST

if TYPE_CHECKING:
    import asyncio

_READ = 65_536
_LARGEST_HEAD = 256 * 1024


@dataclass(frozen=True)
class Received:
    """A request: its ASGI scope and its body; `stays` says that the client will send more on the connection."""

    scope: dict[str, Any]
    body: bytes
    stays: bool


class Requests:
    """The requests of one connection, one after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._rest = b""

    async def next(self) -> Received | None:
        """Return the next request, or None where the client has left.

        Raises:
            h11.RemoteProtocolError: what the client sent is no request.
        """
        parser = h11.Connection(h11.SERVER, max_incomplete_event_size=_LARGEST_HEAD)
        if self._rest:  # no bytes would mean that the client has left
            parser.receive_data(self._rest)
        request = await self._event(parser)
        if not isinstance(request, h11.Request):
            return None
        body = bytearray()
        while not isinstance(event := await self._event(parser), h11.EndOfMessage):
            if not isinstance(event, h11.Data):
                return None
            body += event.data if len(body) <= LARGEST else b""
        self._rest = parser.trailing_data[0]
        return Received(_scope(request), bytes(body), _stays(request))

    async def left(self) -> None:
        """Return when the client has left; what it sends meanwhile is kept for the next request."""
        while data := await self._reader.read(_READ):
            self._rest += data

    async def _event(self, parser: h11.Connection) -> object:
        while (event := parser.next_event()) is h11.NEED_DATA:
            if parser.they_are_waiting_for_100_continue:  # RFC 9110 § 10.1.1
                self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                parser.send(h11.InformationalResponse(status_code=100, headers=[]))
            parser.receive_data(await self._reader.read(_READ))
        return event


def _scope(request: h11.Request) -> dict[str, Any]:
    path, _, query = request.target.partition(b"?")
    return {
        "type": "http",
        "method": request.method.decode("ascii"),
        "raw_path": path,
        "path": path.decode("latin-1"),
        "query_string": query,
        "headers": list(request.headers),
    }


def _stays(request: h11.Request) -> bool:
    said = b",".join(value for name, value in request.headers if name == b"connection")
    return request.http_version == b"1.1" and b"close" not in {option.strip().lower() for option in said.split(b",")}
