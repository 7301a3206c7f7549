"""Lets a number of calls through at once, and fewer once the target was too busy for so many."""

from __future__ import annotations

import asyncio


class Gate:
    """Lets at most `width` calls through at once; the others wait in the order in which they came."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._places = asyncio.Semaphore(width)
        self._surplus = 0

    async def __aenter__(self) -> int:
        """Wait for a place; returns the width at which it was given."""
        await self._places.acquire()
        return self.width

    async def __aexit__(self, *_: object) -> None:
        """Give the place back, unless there are too many of them."""
        if self._surplus:
            self._surplus -= 1
        else:
            self._places.release()

    async def narrow(self, width: int) -> None:
        """Halve the width, at least to 1, for a call that was too much at this width; once for all calls of a width."""
        if width != self.width:
            return
        self.width = max(1, width // 2)
        for _ in range(width - self.width):
            if self._places.locked():
                self._surplus += 1
            else:
                await self._places.acquire()
