"""Makes an exchange of what passes through the proxy, and keeps no more of a body than it may."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.exchange.model import Ending, Exchange, Notice, Piece, Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.transport.proxy.follower import Follower
    from conformance.transport.proxy.head import Head


@dataclass
class Recording:
    """One exchange under way; times are seconds since it began. `most` are the bytes kept of each body."""

    name: str
    url: str
    method: str
    head: Head
    most: int
    started: float = field(default_factory=time.time)
    clock: float = field(default_factory=time.monotonic)
    sent_whole: bool = False
    sent_bytes: int = 0
    came_bytes: int = 0
    _sent: list[bytes] = field(default_factory=list)
    _pieces: list[Piece] = field(default_factory=list)

    def sent(self, pieces: Iterable[bytes]) -> None:
        """Keep parts of the request's body."""
        for data in pieces:
            if self.sent_bytes + len(data) <= self.most:
                self._sent.append(data)
            self.sent_bytes += len(data)

    def came(self, pieces: Iterable[bytes]) -> None:
        """Keep parts of the answer's body that arrive now."""
        at = round(time.monotonic() - self.clock, 6)
        for data in pieces:
            room = max(0, self.most - self.came_bytes)
            if room:
                self._pieces.append(Piece(at, data[:room]))
            self.came_bytes += len(data)

    def exchange(self, ending: Ending, detail: str = "", answer: Follower | None = None) -> Exchange:
        """Return the exchange as it ended; one of which a part is not kept is said to be abandoned, and why."""
        response = self._response(answer) if answer else None
        lost = self._lost()
        if lost and ending is not Ending.REFUSED:
            status = f", answered with {response.status}" if response else ""
            ending, detail, response = Ending.ABANDONED, f"{lost}{status}; not judged", None
        elif self.came_bytes > self.most:
            ending = Ending.ABANDONED
            detail = f"the body has {self.came_bytes} bytes, the recording keeps the first {self.most}; not judged"
        return Exchange(
            self.name,
            Request(self.method, self.url, self.head.headers, b"" if lost else b"".join(self._sent)),
            response,
            ending,
            detail,
            round(self.started, 6),
            round(time.monotonic() - self.clock, 6),
            noticed=_noticed(answer),
        )

    def _lost(self) -> str:
        """Say why the request's body is not kept: half a body would look like a fault of the client's."""
        if self.sent_bytes > self.most:
            return f"the request's body of {self.sent_bytes} bytes is longer than the {self.most} that are kept"
        return "" if self.sent_whole else f"the request was not sent whole, {self.sent_bytes} bytes of its body were"

    def _response(self, answer: Follower) -> Response | None:
        if answer.opening is None or answer.head is None:
            return None
        version, _, after = answer.head.start.partition(b" ")
        reason = after.strip().partition(b" ")[2]
        return Response(
            int(getattr(answer.opening, "status_code", 0)),
            reason.decode("latin-1"),
            version.decode("latin-1"),
            answer.head.headers,
            tuple(self._pieces),
        )


def _noticed(answer: Follower | None) -> tuple[Notice, ...]:
    if answer is None:
        return ()
    folded = answer.head is not None and answer.head.folded
    follows = answer.rest.strip(b"\r\n")
    surplus = bool(follows) and not follows.startswith(b"HTTP/")
    return (*([Notice.FOLDED] if folded else []), *([Notice.SURPLUS] if surplus else []))
