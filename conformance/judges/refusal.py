"""Judges whether requests that the documents refuse get the documented status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.exchange.model import NO_SUCH_MODEL
from conformance.judges.faults import well_headed
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.contract.model import Operation, Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading


@judge
def refused_with(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a request with a certain fault is refused with the documented status.

    Parameters: `fault` is `model` (an unknown one in the path), `period` (dates of another form, or the end before the
    start) or `body` (an object that is not of the request schema); `status` is the documented status.
    """
    has_fault = _FAULTS[row.params["fault"]]
    for reading in evidence.of(row):
        operation = reading.operation
        if operation is None or reading.credential != "valid" or not has_fault(reading, evidence):
            continue
        if reading.limited:
            yield Unjudged(f"not judged: status {reading.status}")
        elif reading.status == row.params["status"]:
            yield Kept(reading.exchange.id)
        elif not evidence.accepts(operation):
            yield Unjudged(f"{operation.method} {operation.path} accepts no documented request either")
        else:
            yield reading.finding(
                _MESSAGES[row.params["fault"]],
                f"status {row.params['status']}",
                f"status {reading.status}: {shown(reading.body.decode(errors='replace'))}",
                "status",
            )


def _unknown_model(reading: Reading, _: Evidence) -> bool:
    if NO_SUCH_MODEL not in reading.path_parameters.values():
        return False
    operation = reading.operation
    return operation is not None and (not operation.has_body or _of_schema(reading, operation, promised=True))


def _bad_period(reading: Reading, _: Evidence) -> bool:
    names = {"start_date", "end_date"}
    return names <= reading.query.keys() and reading.misdated


def _bad_body(reading: Reading, evidence: Evidence) -> bool:
    operation, sent = reading.operation, reading.sent
    if operation is None or not isinstance(sent, dict) or reading.sent_text.duplicate_keys or not well_headed(reading):
        return False
    if any(name not in evidence.model_names for name in reading.path_parameters.values()):
        return False
    return not _of_schema(reading, operation) and not _of_schema(reading, operation, _without_nulls(sent))


def _of_schema(reading: Reading, operation: Operation, value: object = None, *, promised: bool = False) -> bool:
    name = operation.promise if promised else operation.request_schema
    return reading.api.schemas.valid(name, reading.sent if value is None else value)


def _without_nulls(value: dict[str, Any]) -> dict[str, Any]:
    """Return an object without what is null: many a server takes null for a field that is left out."""
    kept = {name: item for name, item in value.items() if item is not None}
    return {name: _without_nulls(item) if isinstance(item, dict) else item for name, item in kept.items()}


_FAULTS: dict[str, Callable[[Reading, Evidence], bool]] = {
    "model": _unknown_model,
    "period": _bad_period,
    "body": _bad_body,
}

_MESSAGES = {
    "model": "a request that names an unknown model is not refused as documented",
    "period": "a period that is none is not refused as documented",
    "body": "a configuration with a wrong value is not refused as documented",
}
