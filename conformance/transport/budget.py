"""What a run may spend: requests, output tokens, seconds; debited before anything is sent."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.report import Spent

if TYPE_CHECKING:
    from conformance.probes.call import Call


@dataclass(frozen=True)
class Limits:
    """The most that a run may spend, how many requests run at once, how long one may take (seconds)."""

    requests: int = 2000
    output_tokens: int = 200_000
    seconds: float = 1800.0
    concurrency: int = 8
    timeout: float = 60.0
    configure: bool = False
    """Whether requests that change the deployment may be sent."""


class NotSent(Exception):  # noqa: N818 - a decision, not an error
    """A call that may not be sent; the message says why."""


@dataclass
class Budget:
    """Counts what is spent against the limits."""

    limits: Limits
    requests: int = 0
    output_tokens: int = 0
    started: float = field(default_factory=time.monotonic)

    def debit(self, call: Call) -> None:
        """Count a call as spent.

        Raises:
            NotSent: the call would go over a limit, or is not allowed.
        """
        if call.effect == "configure" and not self.limits.configure:
            raise NotSent("it changes the deployment; --allow-configure allows it")
        if self.requests + 1 > self.limits.requests:
            raise NotSent(f"the budget of {self.limits.requests} requests is spent")
        if self.output_tokens + call.tokens > self.limits.output_tokens:
            raise NotSent(f"the budget of {self.limits.output_tokens} output tokens is spent")
        if self.left <= 0:
            raise NotSent(f"the budget of {self.limits.seconds:g} seconds is spent")
        self.requests += 1
        self.output_tokens += call.tokens

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return self.limits.seconds - (time.monotonic() - self.started)

    @property
    def spent(self) -> Spent:
        """What was spent until now."""
        return Spent(self.requests, self.output_tokens, round(time.monotonic() - self.started, 3))
