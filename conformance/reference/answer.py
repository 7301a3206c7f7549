"""What a server is: a function from a request to an answer, both plain data, so that a deviation can wrap it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.reference.wire.plan import Wire


@dataclass(frozen=True)
class Incoming:
    """A request as the server sees it.

    `operation` is the operation id, empty where no operation has this method and path. `path` is below the API's base
    path. Header names are in lower case. `json` is the parsed body, or `NOT_JSON`.
    """

    api: str
    operation: str
    method: str
    path: str
    path_parameters: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    json: Any
    base_parameters: dict[str, str] = field(default_factory=dict)
    """Parameters of the base path: the serving id of GenOS."""
    base: str = ""
    """The base path as it was sent, still percent-encoded."""


class NotJson:
    """The type of `NOT_JSON`."""

    def __repr__(self) -> str:
        return "NOT_JSON"


NOT_JSON = NotJson()
"""Stands for the parsed body where the body is no JSON text."""


@dataclass
class Frame:
    """One event of a stream: its data (a JSON value, or text such as `[DONE]`), sent `delay` seconds after the last.

    Where `raw` is given, those bytes are sent instead.
    """

    data: Any = None
    delay: float = 0.0
    raw: bytes | None = None


@dataclass
class Answer:
    """What the server answers; mutable, so that a deviation can bend it.

    `body` is a JSON value, bytes that are sent as they are, or None for no body. With `frames` the answer is a stream
    and `body` is not used. `delay` is waited (seconds) before the head. `cut` closes the connection after that many
    body bytes. `wire` says how it is put on the wire, where the raw server serves.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    frames: list[Frame] | None = None
    delay: float = 0.0
    cut: int | None = None
    wire: Wire | None = None


Respond = Callable[[Incoming], Answer]
