"""Judges what a health answer tells of now."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from conformance.judges.bodies import bodies
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import MISSING, at, integer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading


@judge
def counts_models(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that counts of models make up each other and the number of models listed.

    Parameters: `parts` are pointers that make up the pointer `whole`; `listed` are pointers that make up the number of
    listed models.
    """
    sizes = {size for reading in evidence.readings if (size := _size(reading, evidence)) is not None}
    for reading in evidence.of(row):
        for where, body in bodies(reading):
            named = [*row.params["parts"], row.params["whole"], *row.params["listed"]]
            found = {pointer: integer(at(body, pointer)) for pointer in named}
            if None in found.values():
                yield Unjudged("not all counts are integers")
                continue
            counts = {pointer: count or 0 for pointer, count in found.items()}
            yield from _counted(row, reading, counts, sizes, where)


def _counted(
    row: Requirement, reading: Reading, counts: dict[str, int], sizes: set[int], where: str
) -> Iterator[Outcome]:
    whole, parts = row.params["whole"], row.params["parts"]
    if counts[whole] != sum(counts[part] for part in parts):
        told = " + ".join(f"{part.rpartition('/')[2]} {counts[part]}" for part in parts)
        yield reading.finding("the counts of models do not add up", told, f"{counts[whole]}", f"{where}{whole}")
        return
    together = sum(counts[part] for part in row.params["listed"])
    if len(sizes) != 1:
        yield Unjudged("the listings of models differ in length" if sizes else "no listing of models to compare with")
    elif together not in sizes:
        yield reading.finding(
            "the counts of models are not those of the list",
            f"{next(iter(sizes))} models",
            f"{together} models",
            f"{where}{row.params['listed'][0]}",
        )
    else:
        yield Kept(reading.exchange.id)


def _size(reading: Reading, evidence: Evidence) -> int | None:
    models = evidence.api.profile.models
    if reading.operation is None or reading.operation.id != models.operation or not reading.succeeded:
        return None
    found = at(reading.answer, models.items)
    return len(found) if isinstance(found, list) else None


@judge
def timestamp_now(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a timestamp in an answer is that of the exchange, by our clock or by the answer's own `Date` header.

    Parameters: `timestamp` is the pointer, `seconds` how far off it may be.
    """
    for reading in evidence.of(row):
        for where, body in bodies(reading):
            told = _moment(at(body, row.params["timestamp"]))
            if told is None:
                continue
            if not reading.exchange.started:
                yield Unjudged("the recording does not keep when it was made")
            elif any(abs(told - now) <= row.params["seconds"] for now in _now(reading)):
                yield Kept(reading.exchange.id)
            else:
                yield reading.finding(
                    "the timestamp is not that of the answer",
                    f"within {row.params['seconds']} seconds of {_shown(_now(reading)[0])}",
                    _shown(told),
                    f"{where}{row.params['timestamp']}",
                )


def _now(reading: Reading) -> list[float]:
    known = [reading.exchange.started + reading.exchange.seconds]
    with suppress(ValueError, OverflowError, OSError):
        known.append(parsedate_to_datetime(reading.header("date") or "").timestamp())
    return known


def _moment(value: object) -> float | None:
    """Return an RFC 3339 date-time as Unix time, or None; one without an offset is none."""
    if value is MISSING or not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.upper())
        return moment.timestamp() if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _shown(moment: float) -> str:
    try:
        return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return str(moment)
