"""Turns an answer into a status, header fields and the pieces of a body, whatever puts them on the wire."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from conformance.reference.answer import Answer, Frame

Fields = list[tuple[bytes, bytes]]


def written(answer: Answer) -> tuple[Fields, AsyncIterator[bytes]]:
    """Return the header fields of an answer, with the pieces of its body, each after its delay."""
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
    return _head(headers, answer.headers), pieces


def _head(defaults: Mapping[str, str], said: Mapping[str, str]) -> Fields:
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
        yield event(frame)


def event(frame: Frame) -> bytes:
    """Return the bytes of one event."""
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
