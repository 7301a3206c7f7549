"""Runs probes concurrently against a live target and records what crossed the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from conformance.probes.discovery import discover, trouble
from conformance.transport.budget import NotSent
from conformance.transport.client import connect
from conformance.transport.gate import Gate
from conformance.transport.presence import PAUSES, Presence

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator, Iterable
    from contextlib import AbstractAsyncContextManager

    from conformance.exchange.model import Exchange
    from conformance.probes.call import Call
    from conformance.probes.registry import Probe
    from conformance.probes.target import Target
    from conformance.transport.budget import Budget

Record = Callable[["Exchange"], "Exchange"]
"""Redacts and keeps an exchange; returns it as it is kept."""


class Sender(Protocol):
    """What sends calls over a connection, and never raises for what the target does."""

    async def send(self, call: Call, name: str) -> Exchange:
        """Send a call and record its exchange under this name, unredacted."""


class Connect(Protocol):
    """Opens what sends calls: how many at once, for how long each (seconds), past any proxy where `direct`."""

    def __call__(self, concurrency: int, seconds: float, *, direct: bool) -> AbstractAsyncContextManager[Sender]:
        """Return the context in which calls can be sent."""


PATIENCE = 30.0
"""The most seconds that one `Retry-After` is waited for."""
TRIES = {429: 5, 503: 3}
"""How often a call is sent at most, by the status of its last answer."""
TOO_MANY = 429
_PRESENCE = "presence"
"""The name of what asks a target for a sign of life."""


Stage = Callable[["Collection"], "list[Probe]"]
"""What to send once all before has been: probes, given what was collected until then."""


class RecordingFailed(Exception):  # noqa: N818 - named for what happened
    """An exchange could not be written; the message says where and why."""


@dataclass
class Collection:
    """What was collected: the exchanges in the order of the probes, and why some calls were not sent.

    `unsent` maps the name of a probe to the reason, `faults` to what went wrong in the probe itself;
    `trouble` says why the target could not be judged at all, or not to the end. `lost` are exchanges that are not among
    the others, because they ended as the target was lost: they tell nothing of how it keeps its promises.
    """

    target: Target
    exchanges: list[Exchange] = field(default_factory=list)
    unsent: dict[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    trouble: str = ""
    interrupted: bool = False
    lost: list[Exchange] = field(default_factory=list)

    @property
    def unjudgeable(self) -> str:
        """Why nothing at all can be judged; empty where the target answered for a while."""
        return "" if self.lost else self.trouble


@dataclass
class Collector:
    """Sends what probes ask for, within the budget, and records each exchange as soon as it ended.

    `connect` opens the connection to the target, `runner` runs the sending in an event loop.
    """

    target: Target
    budget: Budget
    record: Record
    done: Callable[[str], None] = lambda _: None
    connect: Connect = connect
    runner: Callable[[Coroutine[Any, Any, str]], str] = asyncio.run
    _named: list[str] = field(default_factory=list)
    _finished: set[str] = field(default_factory=set)
    _kept: dict[str, list[Exchange]] = field(default_factory=dict)
    _unsent: dict[str, str] = field(default_factory=dict)
    _faults: dict[str, str] = field(default_factory=dict)
    _presence: Presence = field(default_factory=Presence)
    _asking: bool = False

    def collect(self, probes: Iterable[Probe], *later: Stage) -> Collection:
        """Run the discovery, then the probes at once, then the later stages one after the other.

        An interrupt ends the sending and keeps what was recorded.
        """
        chosen = list(probes)
        interrupted, reason = False, ""
        try:
            reason = self.runner(self._run(chosen, later))
        except KeyboardInterrupt:
            interrupted = True
            self._leave([probe.name for probe in chosen] + self._named, "the run was interrupted")
        except BaseExceptionGroup as group:
            raise _first(group) from None
        return self._collection(reason, interrupted=interrupted)

    def _collection(self, reason: str = "", *, interrupted: bool = False) -> Collection:
        order = ["discovery", *(name for name in self._named if name != "discovery"), _PRESENCE]
        exchanges = [exchange for name in order for exchange in self._kept.get(name, [])]
        lost = self._presence.doubted if self._presence.lost else []
        gone = {exchange.id for exchange in lost}
        left = [exchange for exchange in exchanges if exchange.id not in gone]
        return Collection(self.target, left, self._unsent, self._faults, reason, interrupted, list(lost))

    def _leave(self, names: Iterable[str], reason: str) -> None:
        for name in names:
            if name not in self._finished:
                self._unsent.setdefault(name, reason)

    async def _run(self, probes: list[Probe], later: Iterable[Stage]) -> str:
        """Return why the target could not be judged at all, or not to the end; else an empty text."""
        limits = self.budget.limits
        spent = f"the budget of {limits.seconds:g} seconds is spent"
        async with self.connect(limits.concurrency, limits.timeout, direct=is_loopback(self.target.base_url)) as client:
            self._gate = Gate(limits.concurrency)
            try:
                async with asyncio.timeout(self.budget.left):
                    self.target = await self._drive("discovery", discover(self.target), client) or self.target
            except (NotSent, TimeoutError) as why:
                return spent if isinstance(why, TimeoutError) else str(why)
            if reason := trouble(self.target, self._kept.get("discovery", [])):
                return reason
            await self._at_once(probes, client)
            for stage in later:
                await self._at_once(stage(self._collection()), client)
        return self._presence.lost

    async def _at_once(self, probes: list[Probe], client: Sender) -> None:
        self._named += [probe.name for probe in probes]
        try:
            async with asyncio.timeout(self.budget.left), asyncio.TaskGroup() as group:
                for probe in probes:
                    group.create_task(self._show(probe, client))
        except TimeoutError:
            self._leave(
                [probe.name for probe in probes], f"the budget of {self.budget.limits.seconds:g} seconds is spent"
            )
        if self._presence.doubted:
            await self._ask_for_a_sign(client)
        if self._presence.lost:
            names = {exchange.id.rpartition(".")[0] for exchange in self._presence.doubted} - {_PRESENCE}
            self._unsent |= dict.fromkeys(names - self._unsent.keys(), self._presence.lost)

    async def _ask_for_a_sign(self, client: Sender) -> None:
        """Find out whether a target that left exchanges without a proper answer is still there."""
        known = self._presence.known
        if self._asking or self._presence.lost or known is None:
            return
        self._asking = True
        try:
            for pause in PAUSES:
                await asyncio.sleep(pause)
                if self._presence.gave_sign(await self._sent(known, _PRESENCE, client)):
                    return
            self._presence.give_up()
        except NotSent:  # nobody can tell, so it is judged by what there is
            return
        finally:
            self._asking = False

    async def _show(self, probe: Probe, client: Sender) -> None:
        try:
            await self._drive(probe.name, probe.start(self.target), client)
        except NotSent as why:
            self._unsent[probe.name] = str(why)
        except RecordingFailed:
            raise
        except Exception as error:  # noqa: BLE001 - a fault of a probe is reported as ours, not the target's
            self._faults[probe.name] = f"{type(error).__name__}: {error}"
        self._finished.add(probe.name)
        self.done(probe.name)

    async def _drive(self, name: str, calls: Generator[Call, Exchange, Target | None], client: Sender) -> Target | None:
        try:
            call = next(calls)
            while True:
                call = calls.send(await self._exchange(call, name, client))
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # only the discovery returns something

    def _recorded(self, exchange: Exchange) -> Exchange:
        try:
            return self.record(exchange)
        except OSError as error:
            raise RecordingFailed(f"cannot record exchanges: {error.strerror}") from error

    async def _sent(self, call: Call, name: str, client: Sender) -> Exchange:
        """Send a call as soon as the gate lets it through, and keep its exchange."""
        kept = self._kept.setdefault(name, [])
        async with self._gate as width:
            self.budget.debit(call)
            exchange = self._recorded(await client.send(call, f"{name}.{len(kept) + 1}"))
        kept.append(exchange)
        if exchange.status == TOO_MANY:
            await self._gate.narrow(width)
        return exchange

    async def _exchange(self, call: Call, name: str, client: Sender) -> Exchange:
        if name != "discovery" and call.effect == "generate" and not self.target.model:
            raise NotSent("no usable model is listed; --model names one")
        if call.wait:
            await asyncio.sleep(call.wait)
        for tried in count(1):
            if self._presence.lost:
                raise NotSent(self._presence.lost)
            exchange = await self._sent(call, name, client)
            self._presence.saw(exchange, call)
            if self._presence.uncertain:
                await self._ask_for_a_sign(client)
            is_last = not call.wait_out or tried >= TRIES.get(exchange.status or 0, 1)
            if is_last or (wait := _retry_after(exchange)) > min(PATIENCE, self.budget.left):
                break
            await asyncio.sleep(wait)
        return exchange


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first exception of a group, which may hold groups."""
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found


def is_loopback(url: str) -> bool:
    """Tell whether a URL leads to this machine."""
    host = urlsplit(url).hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")


def _retry_after(exchange: Exchange) -> float:
    """Return the seconds that a response asks to wait (RFC 9110 § 10.2.3), 1 where it does not say."""
    said = exchange.response.header("retry-after") if exchange.response else None
    if said is None:
        return 1.0
    if said.strip().isascii() and said.strip().isdigit():
        return float(said)
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - exchange.started - exchange.seconds)
    except (ValueError, OverflowError):
        return 1.0
