"""The ASGI application: finds the API of a request, asks its dialect, writes the answer byte for byte."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request

from conformance.reference.answer import Incoming
from conformance.reference.jsonbody import LARGEST, parsed
from conformance.reference.openai.errors import refused
from conformance.reference.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from starlette.types import Receive, Scope, Send

    from conformance.reference.answer import Answer, Frame, Respond
    from conformance.reference.routes import Routes


@dataclass(frozen=True)
class Mount:
    """One API of the server: its paths, and the function that answers."""

    api: str
    routes: Routes
    respond: Respond


class Application:
    """Serves the mounted APIs over ASGI."""

    def __init__(self, mounts: tuple[Mount, ...]) -> None:
        self._mounts = mounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            body = await _body(request)
        except ClientDisconnect:
            return
        answer = self._answer(request, body)
        writing = asyncio.ensure_future(_written(answer, send))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            writing.cancel()
        await asyncio.gather(writing, leaving, return_exceptions=True)

    def _answer(self, request: Request, body: bytes) -> Answer:
        path = _raw_path(request.scope)
        for mount in self._mounts:
            found = mount.routes.below(path)
            if found is not None:
                return mount.respond(_incoming(mount, request, body, *found))
        return refused(Refusal(404, "There is no API at this path.", "unknown-path"))


def _incoming(mount: Mount, request: Request, body: bytes, path: str, base_parameters: dict[str, str]) -> Incoming:
    operation, parameters = mount.routes.operation(request.method, path)
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        headers[name.lower()] = f"{headers[name.lower()]}, {value}" if name.lower() in headers else value
    return Incoming(
        api=mount.api,
        operation=operation,
        method=request.method,
        path=path,
        path_parameters=parameters,
        query=dict(QueryParams(request.scope["query_string"])),
        headers=headers,
        body=body,
        json=parsed(body),
        base_parameters=base_parameters,
        base=_raw_path(request.scope).removesuffix(path),
    )


def _raw_path(scope: Scope) -> str:
    """Return the path still percent-encoded; a target in absolute form is allowed (RFC 9112 § 3.2.2)."""
    raw: str = scope["raw_path"].decode("latin-1")
    _, absolute, rest = raw.partition("://")
    return raw if raw.startswith("/") or not absolute else "/" + rest.partition("/")[2]


async def _body(request: Request) -> bytes:
    """Read the body, but little more than is allowed."""
    read = bytearray()
    async for piece in request.stream():
        read += piece
        if len(read) > LARGEST:
            break
    return bytes(read)


async def _left(receive: Receive) -> None:
    """Return when the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _written(answer: Answer, send: Send) -> None:
    await asyncio.sleep(answer.delay)
    if answer.frames is None:
        content = _content(answer.body)
        pieces = _once(content)
        headers = {"content-type": "application/json", "content-length": str(len(content))}
        if not content:
            del headers["content-type"]
    else:
        pieces = _framed(answer.frames)
        headers = {"content-type": "text/event-stream", "cache-control": "no-cache"}
    if answer.status in {204, 304} or answer.status < 200:
        headers = {}
    head = _head(headers, answer.headers)
    await send({"type": "http.response.start", "status": answer.status, "headers": head})
    left = answer.cut
    async for piece in pieces:
        if left is not None and len(piece) >= left:
            await send({"type": "http.response.body", "body": piece[:left], "more_body": True})
            return  # uvicorn closes the connection of an answer that was not completed
        left = None if left is None else left - len(piece)
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _head(defaults: Mapping[str, str], said: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    own = {name.lower() for name in said}
    kept = [(name, value) for name, value in defaults.items() if name not in own]
    # An empty content-type means: send none.
    kept += [(name, value) for name, value in said.items() if value or name.lower() != "content-type"]
    return [(name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in kept]


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _framed(frames: list[Frame]) -> AsyncIterator[bytes]:
    for frame in frames:
        await asyncio.sleep(frame.delay)
        yield _event(frame)


def _event(frame: Frame) -> bytes:
    if frame.raw is not None:
        return frame.raw
    text = frame.data.encode() if isinstance(frame.data, str) else _content(frame.data)
    return b"data: " + text + b"\n\n"


def _content(body: object) -> bytes:
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    try:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # a lone surrogate of the request: only an escape can write it
        return json.dumps(body, separators=(",", ":")).encode()
