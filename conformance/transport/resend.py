"""Sends recorded requests again, in their order."""

from __future__ import annotations

import socket
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.probes.registry import Probe
from conformance.transport.collect import Collector, is_loopback
from conformance.transport.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from conformance.exchange.model import Exchange
    from conformance.probes.call import Call, Calls
    from conformance.probes.target import Target
    from conformance.transport.budget import Budget
    from conformance.transport.collect import Record, Stage

_KNOCK = 1.0
"""Seconds in which an address on this machine answers if anything does."""


class InTurn(Collector):
    """Sends one call after the other, with no discovery before them."""

    async def _run(self, probes: list[Probe], later: Iterable[Stage]) -> str:  # noqa: ARG002 - there is none
        limits = self.budget.limits
        async with self.connect(1, limits.timeout, direct=is_loopback(self.target.base_url)) as client:
            self._gate = Gate(1)
            for probe in probes:
                await self._at_once([probe], client)
        return ""


def resend(
    target: Target,
    calls: Mapping[str, Call],
    budget: Budget,
    record: Record,
    *,
    collector: type[InTurn] = InTurn,
) -> tuple[dict[str, Exchange], dict[str, str]]:
    """Send calls one after the other; returns the last exchange of each, and why any was not sent, by their names.

    `record` redacts each exchange.

    Raises:
        KeyboardInterrupt: the user interrupted it.
    """
    probes = [Probe(name, "", partial(_once, call)) for name, call in calls.items()]
    collection = collector(target, budget, record).collect(probes)
    if collection.interrupted:
        raise KeyboardInterrupt
    last = {exchange.id.rpartition(".")[0]: exchange for exchange in collection.exchanges}
    named = {name: replace(exchange, id=name) for name, exchange in last.items()}
    return named, {**collection.unsent, **collection.faults}


def _once(call: Call, _target: Target) -> Calls:
    yield call


def listens(url: str) -> bool:
    """Tell whether anything takes connections at the address of a URL on this machine; knocks nowhere else."""
    parts = urlsplit(url)
    if not is_loopback(url):
        return True
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=_KNOCK):
            return True
    except OSError:
        return False
