"""Says where everything goes that comes to the proxy, and who is told of it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.exchange.model import Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator

Write = Callable[[asyncio.StreamWriter], Awaitable[bool]]
"""Writes another answer to a client; tells whether the connection stays open."""
Bend = Callable[[Exchange], "Write | None"]
"""Returns what writes a bent answer in place of the one that came, or None where that one is passed on."""
LARGEST = 16 * 1024 * 1024
"""Bytes of a body that are recorded at most."""


@dataclass(frozen=True)
class Route:
    """Where everything goes, and what is made of it.

    `origin` is scheme and authority of the target, `names` names the exchanges, `ended` is told each one, unredacted.
    `most` are the bytes that are kept of each body.
    """

    origin: str
    host: str
    port: int
    authority: bytes
    tls: ssl.SSLContext | None
    names: Iterator[str]
    ended: Callable[[Exchange], object]
    most: int
    bend: Bend | None = None


def route_to(
    target: str, ended: Callable[[Exchange], object], *, most: int = LARGEST, bend: Bend | None = None
) -> Route:
    """Return the way to the server of a base URL; `ended` is told each exchange, unredacted, as it ends.

    `most` are the bytes kept of each body. `bend` may write another answer than the one that came.
    """
    parts = urlsplit(target)
    encrypted = parts.scheme == "https"
    host = parts.hostname or ""
    return Route(
        origin=f"{parts.scheme}://{parts.netloc}",
        host=host,
        port=parts.port or (443 if encrypted else 80),
        authority=parts.netloc.encode("idna" if not parts.netloc.isascii() else "ascii"),
        tls=ssl.create_default_context() if encrypted else None,
        names=(f"proxy.{number}" for number in count(1)),
        ended=ended,
        most=most,
        bend=bend,
    )
