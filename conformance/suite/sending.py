"""Sends calls from synchronous code, on an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any, Self, TypeVar

from conformance.run import redaction_of
from conformance.transport.budget import Budget
from conformance.transport.client import connect
from conformance.transport.collect import Collector, is_loopback

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from conformance.exchange.model import Exchange
    from conformance.probes.call import Call
    from conformance.run import Run
    from conformance.transport.collect import Collection, Sender

Said = TypeVar("Said")


class EventLoop:
    """An event loop on a thread of its own, so that a caller may be inside a running one."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="llm-client", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Said]) -> Said:
        """Do the work and return what it returns; whoever interrupts the wait ends the work."""
        doing = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return doing.result()
        except BaseException:
            doing.cancel()
            raise

    def close(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Line:
    """The line to the target of a run: within its budget, credentials redacted; opened by the first call.

    A context that closes it; may be used by several threads.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._budget = Budget(replace(run.limits, configure=run.target.configure))
        self._redaction = redaction_of(run.target)
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._opened = AsyncExitStack()
        self._open: tuple[EventLoop, Sender] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._open is not None:
            loop = self._open[0]
            loop.run(self._opened.aclose())
            loop.close()
            self._open = None

    def send(self, call: Call) -> Exchange:
        """Send a call and return its exchange, redacted.

        Raises:
            NotSent: the call is not allowed, or the budget is spent.
        """
        with self._lock:
            self._budget.debit(call)
            (loop, sender), number = self._running(), next(self._numbers)
        return self._redaction.exchange(loop.run(sender.send(call, f"request.{number}")))

    def discover(self) -> Collection:
        """Send what a run sends first, and return it with the target as it was found."""
        with self._lock:
            loop = self._running()[0]
            return Collector(self._run.target, self._budget, self._redaction.exchange, runner=loop.run).collect([])

    def _running(self) -> tuple[EventLoop, Sender]:
        if self._open is None:
            limits, loop = self._run.limits, EventLoop()
            direct = is_loopback(self._run.target.base_url)
            opened = connect(limits.concurrency, limits.timeout, direct=direct)
            self._open = loop, loop.run(self._opened.enter_async_context(opened))
        return self._open
