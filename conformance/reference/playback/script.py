"""What to write to a connection so that a client gets a recorded answer again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from conformance.exchange.model import Ending, Notice
from conformance.reference.playback.pace import RECORDED

if TYPE_CHECKING:
    from conformance.exchange.model import Exchange, Piece, Response
    from conformance.reference.playback.pace import Pace

End = Literal["keep", "close", "reset", "hold"]
"""What becomes of the connection; `hold` leaves it open with the answer unfinished until the client leaves."""
Framing = Literal["none", "length", "chunked", "close"]
"""What tells where the body ends (RFC 9112 § 6.3)."""

NO_HTTP = b"this is no HTTP\r\n\r\n"
"""Stands for an answer that was no HTTP: a recording does not hold its bytes."""
SURPLUS = b"{}"
"""Stands for bytes after the end of a message, which a recording does not hold."""
_LOST = ("ReadError", "WriteError", "Reset")
"""What of an exchange's detail says that the connection was reset, not closed."""
_UNSENDABLE = dict.fromkeys(map(ord, "\r\n\0"), " ")


@dataclass(frozen=True)
class Step:
    """Bytes that are written `at` seconds after the request."""

    at: float
    data: bytes


@dataclass(frozen=True)
class Script:
    """The steps of an answer, and what then becomes of the connection."""

    steps: tuple[Step, ...]
    end: End


def playable(exchange: Exchange) -> bool:
    """Tell whether a recording has what a client got: where we left before an answer came, it has nothing."""
    whole = exchange.ending is not Ending.ABANDONED or bool(exchange.response and exchange.response.pieces)
    return whole and (exchange.response is None or 200 <= exchange.response.status <= 999)


def script(exchange: Exchange, pace: Pace = RECORDED, *, split: bool = False) -> Script:
    """Return what to write for a recorded exchange; `split` makes a chunk and a write of every byte of the body."""
    response = exchange.response
    if response is None:
        return _without_answer(exchange, pace)
    sent, framing = _framed(exchange, response)
    head = _head(sent)
    *times, ended = pace.times([*(piece.at for piece in sent.pieces), exchange.seconds])
    steps = [Step(times[0] if times and exchange.ending is not Ending.TIMED_OUT else 0.0, head)]
    if framing != "none":
        for at, piece in zip(times, sent.pieces, strict=True):
            steps += [Step(at, _framed_piece(part, framing)) for part in _parts(piece, split=split)]
    last, end = _last(exchange, framing)
    if framing == "length" and last:  # what follows the body is read with it, or not at all
        return Script((*steps[:-1], replace(steps[-1], data=steps[-1].data + last)), _announced(sent, end))
    return Script((*steps, Step(ended, last)), _announced(sent, end))


def _without_answer(exchange: Exchange, pace: Pace) -> Script:
    ended = pace.times([exchange.seconds])[0]
    match exchange.ending:
        case Ending.TIMED_OUT:
            return Script((), "hold")
        case Ending.MALFORMED:
            return Script((Step(ended, NO_HTTP),), "close")
        case Ending.REFUSED:
            return Script((), "reset")  # nobody can be refused who is connected already
        case _:
            return Script((Step(ended, b""),), _lost(exchange))


def _lost(exchange: Exchange) -> End:
    return "reset" if any(mark in exchange.detail for mark in _LOST) else "close"


def _last(exchange: Exchange, framing: Framing) -> tuple[bytes, End]:
    """Return what ends the message, and what becomes of the connection."""
    if exchange.ending is Ending.CUT_SHORT:
        return b"", _lost(exchange)
    if exchange.ending is Ending.MALFORMED:
        return b"no size\r\n" if framing == "chunked" else b"", "close"
    if exchange.ending is not Ending.COMPLETE or Notice.HELD in exchange.noticed:
        return b"", "hold"
    surplus = SURPLUS if Notice.SURPLUS in exchange.noticed else b""
    ends = framing == "close" or Notice.CLOSED in exchange.noticed
    return (b"0\r\n\r\n" if framing == "chunked" else b"") + surplus, "close" if ends else "keep"


def _announced(response: Response, end: End) -> End:
    return "close" if end == "keep" and "close" in (response.header("connection") or "").lower() else end


def _framed(exchange: Exchange, response: Response) -> tuple[Response, Framing]:
    """Return the response with header fields that fit its body, where the recording changed that, and its framing."""
    sent = _folded(response) if Notice.FOLDED in exchange.noticed else response
    if exchange.request.method == "HEAD" or response.status in {204, 304}:
        return sent, "none"
    if "chunked" in (response.header("transfer-encoding") or "").lower():
        return sent, "chunked"
    if response.header("content-length") is not None:
        return _of_length(sent) if exchange.ending is Ending.COMPLETE else sent, "length"
    if response.http_version.startswith("HTTP/1") or not response.http_version:
        return sent, "close"
    return replace(sent, headers=(*sent.headers, ("transfer-encoding", "chunked"))), "chunked"


def _of_length(response: Response) -> Response:
    """Return a whole response with the length that it has: redaction and decoding change it."""
    length = str(sum(len(piece.data) for piece in response.pieces))
    said = ((name, length if name.lower() == "content-length" else value) for name, value in response.headers)
    return replace(response, headers=tuple(said))


def _folded(response: Response) -> Response:
    """Return the response with one header field on two lines, which is unfolded to what was recorded."""
    at = next((i for i, (_, value) in enumerate(response.headers) if " " in value.strip()), 0)
    fields = [
        (
            name,
            value.replace(" ", "\n ", 1) if i == at and " " in value.strip() else f"\n {value}" if i == at else value,
        )
        for i, (name, value) in enumerate(response.headers)
    ]
    return replace(response, headers=tuple(fields))


def _head(response: Response) -> bytes:
    version = response.http_version if response.http_version.startswith("HTTP/1.") else "HTTP/1.1"
    lines = [_bytes(f"{version} {response.status} {response.reason}".translate(_UNSENDABLE))]
    lines += [_field(name, value) for name, value in response.headers]
    return b"\r\n".join([*lines, b"", b""])


def _field(name: str, value: str) -> bytes:
    folded = [part.translate(_UNSENDABLE) for part in value.split("\n ")]
    return _bytes(name.translate(_UNSENDABLE)) + b": " + b"\r\n ".join(map(_bytes, folded))


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")  # as the client reads it
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _parts(piece: Piece, *, split: bool) -> list[bytes]:
    """Return what of a piece goes into one write; an empty chunk would end the body."""
    return [piece.data[i : i + 1] for i in range(len(piece.data))] if split else [piece.data] if piece.data else []


def _framed_piece(data: bytes, framing: Framing) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data) if framing == "chunked" else data
