"""Requests that read: with unusual names in the path, with unusual days in the query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.generation.draft import Draft
from conformance.generation.plainly import path_of

if TYPE_CHECKING:
    from conformance.contract.model import Operation

NAMES = {
    "a name beyond ASCII": "модель-🦊",
    "a name with a slash and spaces": "no such/model here",
    "a name that climbs": "../../no-such-model",
    "a name with a percent sign": "100%-no-such-model",
    "a name with a NUL": "no-such\0model",
    "a long name": "n" * 2000,
    "a name like a number": "0",
    "a name with markup": "<b>no such 'model' \"here\"</b>",
}
PERIODS = {
    "one day": ("2025-01-31", "2025-01-31"),
    "a leap day": ("2024-02-29", "2024-02-29"),
    "the turn of a year": ("2024-12-31", "2025-01-01"),
    "many years": ("2000-01-01", "2024-12-31"),
    "the first day of Unix": ("1970-01-01", "1970-01-02"),
}
NO_PERIODS = {
    "no leap year": ("2025-02-29", "2025-03-01"),
    "the thirteenth month": ("2025-13-01", "2025-13-02"),
    "days with a time": ("2025-01-01T00:00:00Z", "2025-01-02T00:00:00Z"),
    "empty days": ("", ""),
    "digits of another script": ("٢٠٢٥-٠١-٠١", "٢٠٢٥-٠١-٣١"),
    "words": ("yesterday", "today"),
    "a number": ("1735689600", "1738281600"),
}


def is_read(operation: Operation) -> bool:
    """Tell whether an operation reads something that its request names."""
    return operation.effect == "read" and (bool(path_of(operation)) or operation.kind == "usage-stats")


def valid_reads(operation: Operation) -> list[Draft]:
    """Return requests that the documents describe: periods in the past, the model in use."""
    if operation.kind == "usage-stats":
        return [_period(operation, label, days) for label, days in PERIODS.items()]
    return [Draft(operation.id, "the model in use", path=path_of(operation))]


def invalid_reads(operation: Operation) -> list[Draft]:
    """Return requests for what is not there: days that are none, models that no target has."""
    if operation.kind == "usage-stats":
        return [_period(operation, label, days) for label, days in NO_PERIODS.items()]
    named = {label: tuple((key, name) for key, _ in path_of(operation)) for label, name in NAMES.items()}
    return [Draft(operation.id, label, path=path) for label, path in named.items()]


def _period(operation: Operation, label: str, days: tuple[str, str]) -> Draft:
    return Draft(operation.id, label, query=tuple(zip(("start_date", "end_date"), days, strict=True)))
