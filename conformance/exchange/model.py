"""An exchange as frozen data: what crossed the wire, when each piece arrived, and how it ended."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

Headers = tuple[tuple[str, str], ...]
"""Header fields in wire order, names in wire case; a repeated field is repeated here."""

FILTERED = "[Filtered]"
"""What stands in a recording where a credential stood."""

INVALID_CREDENTIAL = "llm-conformance-invalid-credential"
"""The credential sent where a wrong one is wanted: public, so a recording keeps it and a judge knows it."""

NO_SUCH_MODEL = "llm-conformance-no-such-model"
"""The model asked for where an unknown one is wanted."""

NO_SUCH_PATH = "llm-conformance-no-such-path"
"""The path below the base URL asked for where an unknown one is wanted."""


class Ending(StrEnum):
    """How an exchange ended: no answer is a value, not an exception."""

    COMPLETE = "complete"
    """The whole response arrived."""
    REFUSED = "refused"
    """No connection: refused, no such host, TLS failure."""
    RESET = "reset"
    """The connection was lost before a response head arrived."""
    CUT_SHORT = "cut-short"
    """The response ended before its framing says (RFC 9112 § 8)."""
    TIMED_OUT = "timed-out"
    """Nothing came within the time limit."""
    MALFORMED = "malformed"
    """What came back is not HTTP."""
    ABANDONED = "abandoned"
    """We closed the connection on purpose."""


class Notice(StrEnum):
    """What was noticed on the connection that neither the response nor the ending tells."""

    SURPLUS = "surplus"
    """Bytes followed the end of the message."""
    FOLDED = "folded"
    """A header field goes on over several lines (RFC 9112 § 5.2)."""
    HELD = "held"
    """`[DONE]` came, but the message was not ended although it was waited for."""
    KEPT = "kept"
    """The connection stayed open after the message for as long as it was watched."""
    CLOSED = "closed"
    """The connection was closed right after the message, which had not announced it (RFC 9112 § 9.6)."""


class Unseen(StrEnum):
    """What a recording made by another program does not show, so that nothing can be concluded from its absence."""

    WIRE = "wire"
    """How the message was framed and coded: length, chunks, content coding, bytes after its end."""
    TEXT = "text"
    """The bytes of the body: it was kept as text, decoded by the other program."""
    REQUEST_HEAD = "request-head"
    """Whether the request had header fields that are not there: exporters take out credentials."""
    CREDENTIAL = "credential"
    """Whether the credential that was presented is a good one."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of a body that arrived together, `at` seconds after the request was sent."""

    at: float
    data: bytes


def _first(headers: Headers, name: str) -> str | None:
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


@dataclass(frozen=True)
class Request:
    """What was sent, credentials redacted."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Return the first value of a header field, its name compared without case; None if absent."""
        return _first(self.headers, name)


@dataclass(frozen=True)
class Response:
    """What came back: the head, and the body in the pieces in which it arrived."""

    status: int
    reason: str = ""
    http_version: str = "HTTP/1.1"
    headers: Headers = ()
    pieces: tuple[Piece, ...] = ()

    def header(self, name: str) -> str | None:
        """Return the first value of a header field, its name compared without case; None if absent."""
        return _first(self.headers, name)

    @property
    def media_type(self) -> str:
        """The media type of the body in lower case, without parameters; empty if not declared."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @cached_property
    def body(self) -> bytes:
        """The content: all pieces joined, a gzip or deflate content coding undone where it can be."""
        raw = b"".join(piece.data for piece in self.pieces)
        if (self.header("content-encoding") or "").strip().lower() not in {"gzip", "x-gzip", "deflate"}:
            return raw
        try:
            return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32).decompress(raw)
        except zlib.error:
            return raw


@dataclass(frozen=True)
class Exchange:
    """One request, what came back, and how it ended.

    `started` is Unix time in seconds, `seconds` the time until the end. `timed` is False for recordings that do not
    keep when each piece arrived. A response may be there although the exchange did not end well. `noticed` is what was
    seen on the connection beside; where nobody looked, it is empty. `unseen` is what another program's recording
    does not show.
    """

    id: str
    request: Request
    response: Response | None = None
    ending: Ending = Ending.COMPLETE
    detail: str = ""
    started: float = 0.0
    seconds: float = 0.0
    timed: bool = True
    noticed: tuple[Notice, ...] = ()
    unseen: frozenset[Unseen] = frozenset()

    @property
    def status(self) -> int | None:
        """The response's status, or None where no response head arrived."""
        return self.response.status if self.response else None

    @property
    def sound(self) -> bool:
        """Whether it was answered as by a target that is there: whole, as far as we listened, with no server error.

        A server that is shut down may answer 500 to what it can finish no more, as does a gateway for one that is gone.
        """
        whole = self.ending in {Ending.COMPLETE, Ending.ABANDONED}
        return whole and self.status is not None and self.status < 500

    @property
    def doubtful(self) -> bool:
        """Whether it ended as it may where a target goes: unsoundly, or with its connection closed right after it."""
        broken = not self.sound and self.ending is not Ending.ABANDONED
        return broken or Notice.CLOSED in self.noticed
