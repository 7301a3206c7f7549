"""Measures the plot of when the pieces of a response arrived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.exchange.model import Exchange

WIDTH, HEIGHT = 600, 64
"""The plot, in units of its own."""
_MOST_TICKS = 400
_LOWEST = 6.0


@dataclass(frozen=True)
class Tick:
    """Pieces that arrived at a place of the plot; `height` grows with their bytes."""

    x: float
    height: float


@dataclass(frozen=True)
class Arrivals:
    """When pieces arrived: how many, their bytes, and the seconds after which the first and the last came.

    `seconds` is how long the exchange took.
    """

    pieces: int
    size: int
    first: float
    last: float
    seconds: float
    ticks: tuple[Tick, ...]

    @property
    def words(self) -> str:
        """What the plot shows."""
        if self.pieces == 1:
            return f"1 piece of {self.size} bytes, after {self.first:.3f} s of {self.seconds:.3f} s"
        return (
            f"{self.pieces} pieces of {self.size} bytes in all, the first after {self.first:.3f} s, "
            f"the last after {self.last:.3f} s of {self.seconds:.3f} s"
        )


def arrivals(exchange: Exchange) -> Arrivals | None:
    """Return when the pieces of a response arrived, or None where that was not recorded."""
    pieces = exchange.response.pieces if exchange.response and exchange.timed else ()
    if not pieces:
        return None
    seconds = max(exchange.seconds, pieces[-1].at, 1e-6)
    columns: dict[int, int] = {}
    for piece in pieces:
        column = min(_MOST_TICKS - 1, max(0, round(piece.at / seconds * (_MOST_TICKS - 1))))
        columns[column] = columns.get(column, 0) + len(piece.data)
    largest = max(columns.values()) or 1
    ticks = tuple(
        Tick(round(column / (_MOST_TICKS - 1) * WIDTH, 1), round(_LOWEST + (size / largest) ** 0.5 * (HEIGHT - 16), 1))
        for column, size in sorted(columns.items())
    )
    size = sum(len(piece.data) for piece in pieces)
    return Arrivals(len(pieces), size, pieces[0].at, pieces[-1].at, seconds, ticks)
