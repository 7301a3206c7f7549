"""Judges whether a documented operation is there at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Operation, Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome


@judge
def offered(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A documented request to each operation is answered with success at least once."""
    for name in row.operations:
        yield operation_offered(evidence.api.operation(name), evidence)


def operation_offered(operation: Operation, evidence: Evidence) -> Outcome:
    """Return what the documented requests to an operation show of it."""
    asked = evidence.proper(operation)
    if accepted := next((reading for reading in asked if reading.succeeded), None):
        return Kept(accepted.exchange.id)
    refused = [reading for reading in asked if not reading.limited]
    if not refused:
        return Unjudged(f"no documented request to {operation.method} {operation.path} was answered")
    if all(reading.about_model for reading in refused):
        return Unjudged(f"no model is usable at {operation.path} (status {refused[0].status}); --model names one")
    told = next(reading for reading in refused if not reading.about_model)
    return told.finding(
        f"{operation.method} {operation.path} refuses every documented request",
        f"a success status ({', '.join(operation.success)})",
        f"status {told.status}",
        "status",
    )
