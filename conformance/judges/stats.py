"""Judges statistics of use: the period told, the parts and their totals, the counting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from conformance.judges.arithmetic import decimal
from conformance.judges.bodies import bodies
from conformance.judges.configured import later
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import at, integer, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

PATIENCE = 9.0
"""Seconds for which a count must have been watched before it is said to stand still."""

_DAY = len("YYYY-MM-DD")


@judge
def period_echoed(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that an answer tells the period that was asked.

    Parameters: `told` maps a query parameter to the pointer where its day stands in the answer.
    """
    for reading in evidence.of(row):
        for where, body in bodies(reading):
            for name, pointer in row.params["told"].items():
                asked, told = reading.query.get(name), at(body, pointer)
                if asked is None or reading.misdated or not isinstance(told, str):
                    continue
                if told[:_DAY] == asked:
                    yield Kept(reading.exchange.id)
                else:
                    yield reading.finding("the answer tells another period", asked, shown(told), f"{where}{pointer}")


@judge
def parts_within_total(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that what is told of each member of an object does not come to more than the total.

    Parameters: `parts` is the pointer to the object, `totals` maps a name in each member to the pointer of its total.
    """
    for reading in evidence.of(row):
        for where, body in bodies(reading):
            members = at(body, row.params["parts"])
            if isinstance(members, dict):
                for name, pointer in row.params["totals"].items():
                    parts = [decimal(at(member, f"/{name}")) for member in members.values()]
                    yield _within(reading, parts, decimal(at(body, pointer)), f"{where}{pointer}")


def _within(reading: Reading, parts: list[Decimal | None], total: Decimal | None, where: str) -> Outcome:
    known = [part for part in parts if part is not None]
    if total is None or len(known) < len(parts):
        return Unjudged("not all of the parts and totals are numbers")
    if sum(known) <= total + _rounding([*known, total]):
        return Kept(reading.exchange.id)
    return reading.finding("the parts come to more than the total", f"at least {sum(known)}", str(total), where)


def _rounding(numbers: list[Decimal]) -> Decimal:
    """Return by how much sums may be off: half of the last digit shown of each number that is no integer."""
    exponents = (number.as_tuple().exponent for number in numbers if number != number.to_integral_value())
    return sum((Decimal(5).scaleb(e - 1) for e in exponents if isinstance(e, int)), Decimal(0))


@judge
def only_asked_member(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that an answer filtered by a query parameter tells of nothing else.

    Parameters: `parameter` is the query parameter, `parts` the pointer to the object that is keyed by its values.
    """
    for reading in evidence.of(row):
        asked = reading.query.get(row.params["parameter"])
        for where, body in bodies(reading):
            members = at(body, row.params["parts"])
            if not asked or not isinstance(members, dict):
                continue
            same = {asked}.union(*(names for own, names in evidence.model_names.items() if asked in {own, *names}))
            others = [name for name in members if name not in same]
            if others:
                yield reading.finding(
                    "the filtered answer tells of others",
                    f"only {shown(asked)}",
                    shown(others),
                    f"{where}{row.params['parts']}",
                )
            else:
                yield Kept(reading.exchange.id)


def _covers(query: Mapping[str, str], at_time: float) -> bool:
    """Tell whether a period has the day of a time, in whatever time zone the target counts days."""
    day = datetime.fromtimestamp(at_time, UTC).date()
    around = [(day + timedelta(days=days)).isoformat() for days in (-1, 1)]
    return query.get("start_date", "~") <= around[0] and around[1] <= query.get("end_date", "")


@judge
def counts_up(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a count has grown by at least 1 within some seconds after a successful request, others beside.

    Parameters: `counted` are the operations that count, `count` the pointer to the count in the answers of the row's
    operations. Only answers to the same URL are compared.
    """
    watched: dict[str, list[Reading]] = {}
    for reading in evidence.of(row):
        if reading.succeeded and integer(at(reading.answer, row.params["count"])) is not None:
            watched.setdefault(reading.exchange.request.url, []).append(reading)
    done = [r for r in evidence.readings if r.operation and r.operation.id in row.params["counted"] and r.succeeded]
    for same in watched.values():
        same.sort(key=lambda reading: reading.exchange.started)
        yield from _grown(row, same, [reading for reading in done if reading.whole and reading.proper])


def _grown(row: Requirement, watched: list[Reading], done: list[Reading]) -> Iterator[Outcome]:
    """Compare the first count with those after the first request that followed it."""
    first = watched[0]
    request = min(
        (reading for reading in done if later(reading, first)), key=lambda r: r.exchange.started, default=None
    )
    after = [reading for reading in watched if request and later(reading, request)]
    if request is None or not after or not _covers(first.query, request.exchange.started):
        return
    pointer, last = row.params["count"], after[-1]
    before = integer(at(first.answer, pointer)) or 0
    counts = [integer(at(reading.answer, pointer)) or 0 for reading in after]
    if max(counts) > before:
        yield Kept(last.exchange.id)
    elif last.exchange.started - request.exchange.started - request.exchange.seconds < PATIENCE:
        yield Unjudged("the count was not watched for long enough after a request")
    else:
        yield last.finding("the count stands still after a request", f"at least {before + 1}", str(counts[-1]), pointer)
