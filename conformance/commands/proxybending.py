"""Bends a real server's answers on their way to the client, with the deviations of the reference server."""

from __future__ import annotations

import ast
import copy
import inspect
import json
import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from conformance.exchange import eventstream
from conformance.exchange.coding import decoded
from conformance.judges.reading import Reading
from conformance.reference.answer import Answer, Frame, Incoming
from conformance.reference.deviations.registry import catalogue
from conformance.reference.jsonbody import parsed
from conformance.reference.wire.message import Message
from conformance.reference.wire.requests import Received

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from conformance.contract.model import Api
    from conformance.exchange.model import Exchange, Response
    from conformance.reference.answer import Respond
    from conformance.transport.proxy.route import Bend, Write

_WRITTEN_ANEW = frozenset(
    {"content-length", "transfer-encoding", "content-encoding", "connection", "keep-alive", "date", "trailer"}
)
"""Header fields that belong to the bytes that came, not to those that go out in their place."""


class _AskedOtherwise(Exception):  # noqa: N818 - named for what happened
    """A deviation wants the answer to another request than the client's; a real server gave only one."""


def unbendable(names: tuple[str, ...], api: str) -> str:
    """Return why a deviation cannot be applied to a real server's answers, one line, or an empty text."""
    for name in names:
        deviation = catalogue().get(name)
        if deviation is None:
            return f"unknown deviation {name!r}: see `llm-conformance list deviations --api {api}`"
        if api not in deviation.apis:
            return f"the deviation {name!r} concerns only {', '.join(deviation.apis)}"
        if asks_otherwise(deviation.bend):
            return f"{name!r} cannot be applied to a real server's answer: it changes the request; `serve` can do it"
    return ""


def asks_otherwise(bend: Callable[..., Answer]) -> bool:
    """Tell whether a deviation's own text shows that it answers another request than the one that came."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(bend)))
    except (OSError, TypeError, SyntaxError):
        return False
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "respond"
        and not (len(node.args) == 1 and isinstance(node.args[0], ast.Name) and node.args[0].id == "incoming")
        for node in ast.walk(tree)
    )


def bending(api: Api, base_url: str, names: tuple[str, ...], say: Callable[[str], None]) -> Bend:
    """Return what bends answers by these deviations; `say` is told, once each, what could not be bent, and why."""
    told: set[str] = set()

    def once(line: str) -> None:
        if line not in told:
            told.add(line)
            say(line)

    def bend(exchange: Exchange) -> Write | None:
        if exchange.response is None:
            return None
        incoming, came = _incoming(api, base_url, exchange), _answer(exchange.response)
        try:
            bent = _chain(names, incoming, came)(incoming)
        except _AskedOtherwise:
            once(f"not bent: {', '.join(names)} asks for another answer than the one that came ({exchange.id})")
            return None
        except Exception as error:  # noqa: BLE001 - the answer is not of the form that the deviation knows
            once(f"not bent: {', '.join(names)} does not fit this answer: {type(error).__name__} ({exchange.id})")
            return None
        if bent == came:
            return None
        once(f"bent: {', '.join(names)}, first in {exchange.id}; what is recorded and judged is what the target sent")
        return _writing(exchange, bent)

    return bend


def _chain(names: tuple[str, ...], incoming: Incoming, came: Answer) -> Respond:
    def given(asked: Incoming) -> Answer:
        if asked is not incoming:
            raise _AskedOtherwise
        return copy.deepcopy(came)

    respond: Respond = given
    for name in names:
        respond = catalogue()[name].wrap(respond)
    return respond


def _writing(exchange: Exchange, bent: Answer) -> Write:
    said = exchange.request.header("connection") or ""
    received = Received({"method": exchange.request.method}, exchange.request.body, "close" not in said.lower())

    async def write(writer: asyncio.StreamWriter) -> bool:
        return await Message(bent, received, writer).send()

    return write


def _incoming(api: Api, base_url: str, exchange: Exchange) -> Incoming:
    request, reading = exchange.request, Reading(exchange, api, base_url)
    path = urlsplit(request.url).path
    below = reading.path or path
    return Incoming(
        api=api.id,
        operation=reading.operation.id if reading.operation else "",
        method=request.method,
        path=unquote(below),
        path_parameters=reading.path_parameters,
        query=reading.query,
        headers={name.lower(): value for name, value in request.headers},
        body=request.body,
        json=parsed(request.body),
        base=path.removesuffix(below),
    )


def _answer(response: Response) -> Answer:
    """Return a real answer as the reference server would have made it: a JSON value, or the events of a stream."""
    plain = decoded(response)
    headers = {name.lower(): value for name, value in plain.headers if name.lower() not in _WRITTEN_ANEW}
    answer = Answer(response.status, headers)
    if plain.media_type == "text/event-stream":
        return replace(answer, frames=_frames(plain))
    return replace(answer, body=_value(plain.body) if plain.body else None)


def _frames(response: Response) -> list[Frame]:
    frames, before = [], None
    for event in eventstream.parse(response.pieces).events:
        delay = max(0.0, event.at - before) if before is not None else 0.0
        frames.append(Frame(_text_or_value(event.data), delay))
        before = event.at
    return frames


def _text_or_value(data: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return data


def _value(body: bytes) -> Any:  # noqa: ANN401 - any JSON value, or the bytes themselves
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body
