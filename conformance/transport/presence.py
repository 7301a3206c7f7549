"""Tells by its last answers whether a target is still there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.exchange.model import Ending

if TYPE_CHECKING:
    from conformance.exchange.model import Exchange
    from conformance.probes.call import Call

_MANY = 10
"""How many exchanges in a row come to nothing before anybody asks why."""
PAUSES = (0.0, 1.0, 3.0)
"""Seconds before each time that a target is asked for a sign of life: one that is started again is soon there."""


@dataclass
class Presence:
    """Which of a target's last answers may be those of one that was going.

    `known` is a call that it answered once, by which it can be asked for a sign of life. `doubted` are exchanges that
    ended unsoundly after the last sound answer, or while that one was under way: a server that is shut down breaks off
    some of what it has begun, and finishes the rest. `lost` says in one line why nothing more is to be expected; empty,
    as long as the target is taken to be there.
    """

    known: Call | None = None
    doubted: list[Exchange] = field(default_factory=list)
    lost: str = ""
    _unsound: int = 0

    def saw(self, exchange: Exchange, call: Call) -> None:
        """Take note of how an exchange ended."""
        if exchange.sound:
            self._unsound = 0
            self.known = self.known or (None if call.effect == "configure" else call)
            self.doubted = [each for each in self.doubted if each.started + each.seconds > exchange.started]
        elif exchange.ending is not Ending.ABANDONED:  # that was our doing
            self._unsound += 1
        if exchange.doubtful:
            self.doubted.append(exchange)

    def gave_sign(self, exchange: Exchange) -> bool:
        """Take note of what came of asking for a sign of life; tells whether there was one, however broken."""
        cut = exchange.response is not None and exchange.ending is not Ending.COMPLETE
        if exchange.sound or cut or exchange.ending is Ending.MALFORMED:
            self._unsound = 0
            self.doubted.clear()
            return True
        self.doubted.append(exchange)
        return False

    @property
    def uncertain(self) -> bool:
        """Whether so many exchanges came to nothing that the target should be asked for a sign of life."""
        return self._unsound >= _MANY

    def give_up(self) -> None:
        """Take the target for lost: it was asked for a sign of life, and gave none."""
        last = self.doubted[-1]
        how = f"status {last.status}" if last.response else last.detail or last.ending
        self.lost = f"the target was lost during the run, and answers no more: {how}"
