"""Sorts the exchanges of a run into cases, one an operation and probe, as they are kept."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.probes.resending import CannotResend, operation_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.contract.model import Api
    from conformance.exchange.model import Exchange

Cases = dict[str, tuple["Exchange", ...]]
"""Exchanges by the name of their case, in the order in which they were sent."""

OTHER = "other"
"""What stands for the operation where none is documented."""

_STEPS = 100
"""In a second: when pieces arrived is kept to a hundredth of it."""


def sorted_out(api: Api, exchanges: Iterable[Exchange], base_url: str) -> Cases:
    """Return the cases of a run by name; times are cut off so that a second recording differs little."""
    found: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        probe = exchange.id.rpartition(".")[0]
        found.setdefault(case_name(_operation(api, exchange, base_url), probe), []).append(steady(exchange))
    return {name: tuple(found[name]) for name in sorted(found)}


def case_name(operation: str, probe: str) -> str:
    """Return the name of the case of an operation and a probe, which is that of its file as well."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", f"{operation}-{probe}")


def scope(api: Api, probes: Iterable[str], operations: Iterable[str]) -> frozenset[str]:
    """Return the names that the cases of these probes can have; of all operations, where none is named."""
    chosen = list(operations) or [*(operation.id for operation in api.operations), OTHER]
    return frozenset(case_name(operation, probe) for probe in probes for operation in chosen)


def steady(exchange: Exchange) -> Exchange:
    """Return the exchange with the times of its pieces and its end cut off, so that nothing seems later than it was."""
    response = exchange.response
    pieces = tuple(replace(piece, at=_cut_off(piece.at)) for piece in response.pieces) if response else ()
    return replace(
        exchange,
        seconds=_cut_off(exchange.seconds),
        response=replace(response, pieces=pieces) if response else None,
    )


def _cut_off(seconds: float) -> float:
    return math.floor(seconds * _STEPS) / _STEPS


def together(cases: Cases) -> list[Exchange]:
    """Return the exchanges of all cases, those of a probe in the order in which it sent them."""
    return sorted((each for case in cases.values() for each in case), key=_turn)


def _turn(exchange: Exchange) -> tuple[str, int, str]:
    probe, _, number = exchange.id.rpartition(".")
    return probe, int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0, number


def _operation(api: Api, exchange: Exchange, base_url: str) -> str:
    try:
        operation = operation_of(api, exchange.request, base_url)
    except CannotResend:  # a pattern of the user's took the URL to pieces
        operation = None
    return operation.id if operation else OTHER
