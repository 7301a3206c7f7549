"""Hands exchanges to a process of its own that records and judges them, so that this costs the traffic nothing."""

from __future__ import annotations

import multiprocessing
import signal
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from conformance.commands.proxywatch import Outcome, watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conformance.exchange.model import Exchange


class Recorder:
    """The process that records, seen from the proxy; `failed` is called once it can record no more.

    Where the proxy is killed, the process records what it was given, and ends.
    """

    def __init__(self, api: str, base_url: str, recording: Path, failed: Callable[[], object]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._theirs = theirs
        self._process = context.Process(target=watch, args=(api, base_url, recording, theirs), daemon=True)
        self._waiting: SimpleQueue[Exchange | None] = SimpleQueue()
        self._feeder = Thread(target=self._feed, daemon=True)
        self._failed = failed

    def start(self) -> Outcome:
        """Start the process; its outcome has a trouble if it cannot record."""
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # inherited: Ctrl-C is for the proxy alone
        try:
            self._process.start()
        finally:
            signal.signal(signal.SIGINT, before)
        self._theirs.close()
        outcome = self._outcome()
        if not outcome.trouble:
            self._feeder.start()
        return outcome

    def take(self, exchange: Exchange) -> None:
        """Take an exchange that ended, unredacted; returns at once."""
        self._waiting.put(exchange)

    def finish(self) -> Outcome:
        """Wait until all that was taken is recorded and judged."""
        self._waiting.put(None)
        self._feeder.join()
        outcome = self._outcome()
        self._process.join()
        return outcome

    def _feed(self) -> None:
        exchange: Exchange | None = None
        try:
            while exchange := self._waiting.get():
                self._pipe.send(exchange)
            self._pipe.send(None)
        except OSError:
            self._failed()

    def _outcome(self) -> Outcome:
        with suppress(EOFError, OSError):
            found = self._pipe.recv()
            if isinstance(found, Outcome):
                return found
        return Outcome(trouble="the process that records ended too early")
