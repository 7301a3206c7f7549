"""One request as a probe asks for it, before it is sent."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.exchange.model import Exchange

if TYPE_CHECKING:
    from conformance.contract.model import Effect
    from conformance.exchange.model import Headers


@dataclass(frozen=True)
class Call:
    """A request to send, and what sending it means.

    `tokens` are the output tokens that it may cost at most, debited before it is sent. `leave_after` closes the
    connection once that many pieces of the body have arrived. `wait_out` lets the transport wait and try again after
    429 or 503; `wait` is how long to wait before sending, in seconds.
    """

    method: str
    url: str
    headers: Headers
    body: bytes = b""
    tokens: int = 0
    effect: Effect = "read"
    leave_after: int | None = None
    wait_out: bool = True
    wait: float = 0.0


Calls = Generator[Call, Exchange, None]
"""A probe under way: yields calls, is sent the exchange of each."""
