"""Follows one message through the bytes of a connection, so that they can be passed on unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h11

from conformance.transport.proxy.head import parsed

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.transport.proxy.head import Head

_LARGEST_HEAD = 100 * 1024
"""Bytes: what the client of a run takes, too."""


class Follower:
    """Tells where a message begins and ends; only its head is edited on the way.

    `opening` is the message's first event once its head is there, `head` that head as it came. `rest` is what follows
    the end. `fault` says why the bytes are no HTTP; from then on they are passed on as they come.
    """

    def __init__(self, parser: h11.Connection, edit: Callable[[Head], Head]) -> None:
        self._parser = parser
        self._edit = edit
        self._waiting = b""
        self.opening: h11.Request | h11.Response | None = None
        self.head: Head | None = None
        self.ended = False
        self.rest = b""
        self.fault = ""

    def take(self, data: bytes) -> tuple[bytes, list[bytes]]:
        """Follow what came next, nothing where the connection ended.

        Returns what to pass on, with the parts of the body in it.
        """
        self._waiting += data
        if self.fault:
            return self._all(), []
        passed: list[bytes] = []
        pieces: list[bytes] = []
        try:
            self._parser.receive_data(data)
            self._events(passed, pieces)
        except h11.RemoteProtocolError as error:
            if data:
                self.fault = " ".join(str(error).split())
            passed.append(self._all())
        if self.opening and not self.ended:
            passed.append(self._all())
        return b"".join(passed), pieces

    def _events(self, passed: list[bytes], pieces: list[bytes]) -> None:
        while not self.ended:
            event = self._parser.next_event()
            if isinstance(event, h11.Data):
                pieces.append(bytes(event.data))
            elif isinstance(event, h11.Request | h11.Response | h11.InformationalResponse):
                head = parsed(self._read())
                passed.append(bytes(self._edit(head)))
                if not isinstance(event, h11.InformationalResponse):
                    self.opening, self.head = event, head
            elif isinstance(event, h11.EndOfMessage):
                passed.append(self._read())
                self.ended, self.rest = True, self._all()
            else:
                return

    def _read(self) -> bytes:
        """Return the bytes that the parser has read and that are not passed on yet."""
        at = len(self._waiting) - len(self._parser.trailing_data[0])
        read, self._waiting = self._waiting[:at], self._waiting[at:]
        return read

    def _all(self) -> bytes:
        waiting, self._waiting = self._waiting, b""
        return waiting


def request_follower(authority: bytes) -> Follower:
    """Return what follows a request to this authority."""
    parser = h11.Connection(h11.SERVER, max_incomplete_event_size=_LARGEST_HEAD)
    return Follower(parser, lambda head: head.passed_on.at_host(authority))


def answer_follower(request: h11.Request) -> Follower:
    """Return what follows the answer to this request."""
    parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LARGEST_HEAD)
    parser.send(h11.Request(method=request.method, target="/", headers=[("Host", "target")]))
    parser.send(h11.EndOfMessage())
    return Follower(parser, lambda head: head.passed_on)
