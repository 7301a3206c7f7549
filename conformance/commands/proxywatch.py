"""Watches the exchanges of the proxy: each is redacted and recorded as it ends, then judged beside the traffic."""

from __future__ import annotations

import os
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from conformance.commands.proxyclient import client_faults, clock, place, short, shown_fault
from conformance.contract.load import load_api
from conformance.exchange.har import HarWriter
from conformance.exchange.model import Ending
from conformance.exchange.redaction import KEY_HEADERS, Redaction
from conformance.judges.evidence import Evidence
from conformance.judges.verdicts import judge_all
from conformance.report import Verdict
from conformance.reporters.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

    from conformance.contract.model import Api
    from conformance.exchange.model import Exchange

_CONTEXT = 12
"""Exchanges before a new one that it is judged with while the proxy runs; all are judged together at the end."""
_NICENESS = 10
"""The traffic goes first where there are too few processors for both."""
_NOT_LET_IN = frozenset({401, 403})


@dataclass
class Keeper:
    """Redacts exchanges: what one request presented as a credential is kept out of all that follow, too.

    `unaccepted` are the ids of exchanges in which a credential was refused that never worked. It may be a wrong one,
    so they tell nothing about the target.
    """

    api: Api
    unaccepted: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)
    _accepted: set[str] = field(default_factory=set)

    def redacted(self, exchange: Exchange) -> Exchange:
        """Return the exchange as it may be kept."""
        profile = self.api.profile
        names = KEY_HEADERS | {way.header.lower() for way in profile.credentials}
        fallbacks = {companion.header.lower(): companion.fallback for companion in profile.companions}
        headers = [(name.lower(), value.strip()) for name, value in exchange.request.headers if value.strip()]
        keys = {value.split()[-1] for name, value in headers if name in names}
        self._seen |= keys
        if exchange.status in _NOT_LET_IN and keys and not keys & self._accepted:
            self.unaccepted.add(exchange.id)
        elif exchange.status and exchange.status < 300:
            self._accepted |= keys
        return Redaction(
            secrets=frozenset(self._seen),
            credential_headers=frozenset(way.header for way in profile.credentials),
            private=frozenset(value for name, value in headers if fallbacks.get(name, value) != value),
        ).exchange(exchange)


@dataclass(frozen=True)
class Outcome:
    """What the watch tells the proxy: why it cannot record, and what the keeper calls unaccepted."""

    trouble: str = ""
    unaccepted: frozenset[str] = frozenset()


def watch(api: str, base_url: str, recording: Path, pipe: Connection) -> None:
    """Record and judge what comes through a pipe until None or its end; says in it when it is ready, and the outcome.

    Never raises; what fails is in the outcome.
    """
    os.nice(_NICENESS)
    console = Console()

    def say(line: str) -> None:
        shown = line.encode(console.encoding, errors="backslashreplace").decode(console.encoding)
        console.print(shown, soft_wrap=True, markup=False, highlight=False)

    watching = Watch(load_api(api), base_url, say)
    with suppress(OSError):  # the proxy was killed: nobody waits for the outcome
        try:
            with HarWriter(recording) as har:
                pipe.send(Outcome())
                watching.run(pipe, har)
            pipe.send(Outcome("", frozenset(watching.keeper.unaccepted)))
        except OSError as error:
            pipe.send(Outcome(f"cannot record exchanges to {recording}: {error.strerror or error}"))
        except Exception as error:  # noqa: BLE001 - a fault of ours is said in one line
            pipe.send(Outcome(f"cannot record an exchange: {type(error).__name__}: {error}"))


class Watch:
    """Records exchanges one by one, and judges them on a thread beside."""

    def __init__(self, api: Api, base_url: str, say: Callable[[str], None]) -> None:
        self._api, self._base_url, self._say = api, base_url, say
        self.keeper = Keeper(api)
        self._recorded: SimpleQueue[Exchange | None] = SimpleQueue()
        self._recent: deque[Exchange] = deque(maxlen=_CONTEXT)
        self._listing: Exchange | None = None
        self._said: set[tuple[str, str]] = set()

    def run(self, pipe: Connection, har: HarWriter) -> None:
        """Record and judge until None comes; where the pipe ends before, nobody wants to hear of the rest.

        Raises:
            OSError: an exchange cannot be recorded.
        """
        judging = Thread(target=self._judge, daemon=True)
        judging.start()
        with suppress(EOFError):
            while exchange := pipe.recv():
                kept = self.keeper.redacted(exchange)
                har.add(kept)
                self._recorded.put(kept)
            self._recorded.put(None)
            judging.join()

    def _judge(self) -> None:
        while new := self._waiting():
            try:
                self._look(new)
            except Exception as error:  # noqa: BLE001 - what cannot be judged now is judged at the end
                self._say(f"{clock()} not judged now: {type(error).__name__}: {error}")

    def _waiting(self) -> list[Exchange]:
        """Return all exchanges that wait to be judged, none when there will be no more."""
        found: list[Exchange] = []
        try:
            while exchange := self._recorded.get(block=not found):
                found.append(exchange)
            if found:
                self._recorded.put(None)
        except Empty:
            pass
        return found

    def _look(self, new: list[Exchange]) -> None:
        """Say what is found in new exchanges, judged with the last ones before them."""
        context = [*([self._listing] if self._listing else []), *self._recent]
        around = {exchange.id: exchange for exchange in [*context, *new]}
        for exchange in new:
            if self._lists_models(exchange):
                self._listing = exchange
            if exchange.ending is Ending.REFUSED and self._is_new("proxy", exchange.detail):
                self._say(f"{clock()} proxy   {short(exchange.detail)} ({exchange.id})")
        fresh = {exchange.id for exchange in new}
        for line in self._lines(list(around.values()), fresh):
            self._say(line)
        self._recent.extend(new)

    def _lists_models(self, exchange: Exchange) -> bool:
        wanted = self._api.profile.models.operation
        reading = Evidence(self._api, [exchange], self._base_url).readings[0]
        return reading.succeeded and reading.operation is not None and reading.operation.id == wanted

    def _lines(self, exchanges: list[Exchange], fresh: set[str]) -> Iterator[str]:
        operations = {
            r.exchange.id: r.operation.id if r.operation else "-"
            for r in Evidence(self._api, exchanges, self._base_url).readings
        }
        unaccepted = self.keeper.unaccepted
        for fault in client_faults(self._api, exchanges, self._base_url, unaccepted):
            if fault.finding.exchange in fresh and self._is_new(f"client {fault.finding.message}", fault.operation):
                yield shown_fault(fault)
        accepted = [exchange for exchange in exchanges if exchange.id not in unaccepted]
        for result in judge_all(self._api, accepted, base_url=self._base_url):
            if result.verdict in {Verdict.FAIL, Verdict.WARN}:
                for found in (f for f in result.findings if f.exchange in fresh):
                    operation = operations[found.exchange]
                    if self._is_new(result.requirement.id, operation):
                        verdict = f"{result.verdict} {result.requirement.id}"
                        yield f"{clock()} target  {operation}  {verdict}: {short(found.message)} ({place(found)})"

    def _is_new(self, what: str, operation: str) -> bool:
        known = (what, operation) in self._said
        self._said.add((what, operation))
        return not known
