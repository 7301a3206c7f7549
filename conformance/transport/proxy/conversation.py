"""One connection of a client and its own to the target: what comes on one goes out on the other."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

import h11

from conformance.exchange.model import Ending
from conformance.transport.proxy.follower import answer_follower, request_follower
from conformance.transport.proxy.own import own_answer, unfit
from conformance.transport.proxy.recording import Recording

if TYPE_CHECKING:
    from conformance.transport.proxy.follower import Follower
    from conformance.transport.proxy.route import Route

Loss = Literal["closed", "reset", "left"]
"""How a conversation ended: the target closed or reset its connection, or the client is gone."""

_READ = 65_536
_CONNECTING = 10.0
"""Seconds that opening a connection to the target may take."""
_PATIENCE = 2.0
"""Seconds in which a client takes an answer of our own."""


class Conversation:
    """Passes on the requests of one connection, one after the other, and what comes back."""

    def __init__(self, route: Route, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._route = route
        self._reader, self._writer = reader, writer
        self._target: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._opened, self._free = asyncio.Event(), asyncio.Event()
        self._free.set()
        self._recording: Recording | None = None
        self._answer: Follower | None = None
        self._held: list[bytes] = []
        self._bending = False
        self._asked = 0
        self._heard = self._answering = False

    async def run(self) -> None:
        """Converse until either side ends it; then end the other side in the same way."""
        pumps = {asyncio.ensure_future(self._from_client()), asyncio.ensure_future(self._from_target())}
        loss: Loss = "left"
        how = "the proxy was ended"
        try:
            done, _ = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            loss = min((pump.result() for pump in done), key=("left", "reset", "closed").index)
            how = "the client closed the connection"
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            self._over(Ending.ABANDONED, how)
            await self._end(loss)

    # from the client to the target

    async def _from_client(self) -> Loss:
        rest = b""
        try:
            while data := rest or await self._reader.read(_READ):
                await self._free.wait()
                found = await self._pass_request(data)
                if found is None:
                    return "left"
                rest = found
        except OSError:
            pass
        return "left"

    async def _pass_request(self, data: bytes) -> bytes | None:
        """Pass on one request; return what came after it, or None where the conversation is over."""
        follower = request_follower(self._route.authority)
        recording: Recording | None = None
        while True:
            passed, pieces = follower.take(data)
            why = follower.fault or (unfit(follower.opening) if isinstance(follower.opening, h11.Request) else "")
            if why and recording:  # the target may be answering already
                self._over(Ending.ABANDONED, f"the request goes on with what is no HTTP: {why}")
                return None
            if why:
                await self._answer_ourselves(HTTPStatus.BAD_REQUEST, f"what came cannot be passed on: {why}")
                return None
            if recording is None and follower.opening:
                recording = self._begin(follower)
            if recording:
                recording.sent(pieces)
                recording.sent_whole = follower.ended
                if why := await self._open():
                    await self._refuse(follower, recording, why)
                    return None
                await self._to_target(passed)
                if follower.ended:
                    self._settle()
                    return follower.rest
            data = await self._reader.read(_READ)
            if not data:
                return None

    def _begin(self, follower: Follower) -> Recording:
        assert isinstance(follower.opening, h11.Request)
        assert follower.head is not None
        url = self._route.origin + follower.opening.target.decode("latin-1")
        head = follower.head.passed_on.at_host(self._route.authority)
        method = follower.opening.method.decode("latin-1")
        self._recording = Recording(next(self._route.names), url, method, head, self._route.most)
        self._answer = answer_follower(follower.opening)
        self._bending, self._held, self._heard = self._route.bend is not None, [], False
        self._asked += 1
        self._free.clear()
        return self._recording

    async def _open(self) -> str:
        """Open the connection to the target if there is none; return why that cannot be, or an empty text."""
        if self._target is None:
            route = self._route
            try:
                async with asyncio.timeout(_CONNECTING):
                    self._target = await asyncio.open_connection(route.host, route.port, ssl=route.tls)
            except TimeoutError:
                return f"no connection to {route.origin} within {_CONNECTING:g} s"
            except (OSError, UnicodeError) as error:
                return f"no connection to {route.origin}: {' '.join(str(error).split())}"
            self._opened.set()
        return ""

    async def _to_target(self, data: bytes) -> None:
        assert self._target is not None
        with suppress(OSError):  # its answer may be there already; how it ends is read there
            self._target[1].write(data)
            await self._target[1].drain()

    async def _refuse(self, follower: Follower, recording: Recording, why: str) -> None:
        """Answer for a target that cannot be reached, and take what else the request has."""
        self._answering = True
        self._writer.write(own_answer(HTTPStatus.BAD_GATEWAY, why))
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(_PATIENCE):
                while not follower.ended and (data := await self._reader.read(_READ)):
                    recording.sent(follower.take(data)[1])
        recording.sent_whole = follower.ended
        self._answer = None
        self._over(Ending.REFUSED, why)
        await self._linger()

    async def _answer_ourselves(self, status: HTTPStatus, why: str) -> None:
        self._answering = True
        self._writer.write(own_answer(status, why))
        await self._linger()

    async def _linger(self) -> None:
        """Let the client read our answer: closing before it has sent all would throw that away (RFC 9112 § 9.6)."""
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(_PATIENCE):
                self._writer.write_eof()
                while await self._reader.read(_READ):
                    pass

    # from the target to the client

    async def _from_target(self) -> Loss:
        await self._opened.wait()
        assert self._target is not None
        while True:
            try:
                data = await self._target[0].read(_READ)
            except OSError as error:
                self._lost(f"the connection was lost: {error.strerror or error}")
                return "reset"
            if self._answer is None or self._answer.ended:
                if not data:
                    self._lost("the connection was closed")
                    return "closed"
                self._write(data)
            try:
                if self._answer and not self._answer.ended and (loss := await self._pass_answer(self._answer, data)):
                    return loss
                await self._writer.drain()
            except OSError:
                return "left"

    async def _pass_answer(self, answer: Follower, data: bytes) -> Loss | None:
        """Pass on what came of an answer; return how the conversation ends, if it does."""
        assert self._recording is not None
        self._heard = self._heard or bool(data)
        passed, pieces = answer.take(data)
        self._recording.came(pieces)
        self._deliver(passed, at_once=answer.opening is None)
        if answer.ended:
            if not await self._answered(answer):
                return "closed"
            self._write(answer.rest)
            self._settle()
        if data:
            return None
        self._lost("the connection was closed")
        return "closed"

    def _write(self, data: bytes) -> None:
        """Write to the client what the target said, unless it is given an answer of ours."""
        if not self._answering:
            self._writer.write(data)

    def _deliver(self, data: bytes, *, at_once: bool) -> None:
        """Write to the client, or hold back what may be bent."""
        if self._bending and not at_once:
            self._held.append(data)
            if self._recording and self._recording.came_bytes <= self._route.most:
                return
            data, self._held, self._bending = b"".join(self._held), [], False
        self._write(data)

    async def _answered(self, answer: Follower) -> bool:
        """Write the answer that was held back, bent or not; tell whether the connection stays open."""
        if not self._bending or self._recording is None or self._route.bend is None:
            return True
        write = self._route.bend(self._recording.exchange(Ending.COMPLETE, "", answer))
        if write:
            stays = await write(self._writer)
            if not stays:
                self._settle()
            return stays
        self._write(b"".join(self._held))
        return True

    # endings

    def _settle(self) -> None:
        """Record the exchange once both the request and the answer are whole."""
        if self._recording and self._recording.sent_whole and self._answer and self._answer.ended:
            self._over(Ending.COMPLETE)

    def _lost(self, how: str) -> None:
        """Record what the loss of the connection to the target makes of the exchange."""
        answer = self._answer
        if answer is None:
            return
        if self._bending and self._held:
            self._write(b"".join(self._held))
        if answer.ended:
            self._over(Ending.COMPLETE)
        elif answer.fault:
            self._over(Ending.MALFORMED, answer.fault)
        elif answer.opening:
            self._over(Ending.CUT_SHORT, f"{how} before the answer was whole")
        elif self._asked > 1 and not self._heard:
            # An idle connection may close just as a request goes out on it (RFC 9112 § 9.5).
            self._over(Ending.ABANDONED, f"{how} as it was used again; that is allowed")
        else:
            self._over(Ending.RESET, f"{how} without an answer")

    def _over(self, ending: Ending, detail: str = "") -> None:
        if self._recording:
            self._route.ended(self._recording.exchange(ending, detail, self._answer))
        self._recording = self._answer = None
        self._free.set()

    async def _end(self, loss: Loss) -> None:
        """End both connections, the client's in the way in which the target's ended."""
        if self._target:
            self._target[1].transport.abort()
        if loss == "reset":
            _reset(self._writer)
        if loss == "closed":  # what is written until now still goes out, however slowly the client reads
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()
        self._writer.transport.abort()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Make the operating system send RST in place of FIN, as the target did."""
    connection = writer.get_extra_info("socket")
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
