"""The ASGI application: finds the API of a request, asks its dialect, hands the answer to the server."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request

from conformance.reference.answer import Incoming
from conformance.reference.jsonbody import LARGEST, parsed
from conformance.reference.openai.errors import refused
from conformance.reference.refusal import Refusal
from conformance.reference.writing import written

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from conformance.reference.answer import Answer, Respond
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
        answer = self.answer(scope, body)
        writing = asyncio.ensure_future(_sent(answer, send))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            writing.cancel()
        await asyncio.gather(writing, leaving, return_exceptions=True)

    def answer(self, scope: Scope, body: bytes) -> Answer:
        """Return the answer of the API that the path of a request belongs to."""
        path = _raw_path(scope)
        for mount in self._mounts:
            found = mount.routes.below(path)
            if found is not None:
                return mount.respond(_incoming(mount, Request(scope), body, *found))
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


async def _sent(answer: Answer, send: Send) -> None:
    await asyncio.sleep(answer.delay)
    head, pieces = written(answer)
    await send({"type": "http.response.start", "status": answer.status, "headers": head})
    left = answer.cut
    async for piece in pieces:
        if left is not None and len(piece) >= left:
            await send({"type": "http.response.body", "body": piece[:left], "more_body": True})
            return  # uvicorn closes the connection of an answer that was not completed
        left = None if left is None else left - len(piece)
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
