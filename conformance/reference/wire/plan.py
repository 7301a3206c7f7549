"""How an answer is put on the wire: legally torn, or in breach of HTTP's framing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LastChunk = Literal["sent", "missing", "held"]


@dataclass(frozen=True)
class Wire:
    """What differs from a plain HTTP/1.1 message (RFC 9112); the defaults differ in nothing.

    Legal are the first five: `chunk` body bytes go into each chunk, whatever they split (0: as they come, a body of
    known length unchunked); `grain` bytes go into each write to the socket, `pause` seconds apart (0: all at once);
    `interim` precedes the head as a 1xx response; `announce_close` says `Connection: close` before closing.
    """

    chunk: int = 0
    grain: int = 0
    pause: float = 0.0
    interim: bytes = b""
    announce_close: bool = False
    status_line: bytes = b""
    """Stands in place of the status line."""
    lines: tuple[bytes, ...] = ()
    """Header lines that are written as they are."""
    length_off: int = 0
    """Bytes by which Content-Length is more than the body has."""
    chunk_line: bytes = b""
    """Stands in place of the size line of the third chunk."""
    last_chunk: LastChunk = "sent"
    """`missing` closes the connection in its place, `held` leaves it open."""
    surplus: bytes = b""
    """Follows the end of the message."""
    reset_after: int | None = None
    """Body bytes after which the connection is reset."""
    close_after: bool = False
    """Closes the connection after the message without having said so."""
    silent: float | None = None
    """Seconds for which nothing is answered before the connection is closed."""
