"""Judges the shape of JSON answers by the schemas of the specification."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.contract.model import Level
from conformance.judges.outcome import Kept
from conformance.judges.registry import judge
from conformance.judges.values import at, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Operation, Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading
    from conformance.report import Finding

_DAY = 86_400.0


@judge
def response_schema(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the JSON of every successful whole answer is of the documented schema.

    Parameters: `schema` names a component, default: what the operation documents for the status; `recommended` names
    the component that says what should hold beside. `created` points to a Unix time in seconds that is within a day of
    the exchange (`created_level`: how strong that is, default the row's level). `detail = true` leaves out answers
    that are no JSON object: another row judges those. An answer to
    a period that is none echoes it, so it is left out.
    """
    for reading in evidence.of(row):
        if not reading.succeeded or not reading.whole or reading.is_stream or reading.asks_stream or reading.misdated:
            continue
        if isinstance(reading.answer, dict) or not row.params.get("detail"):
            yield from _judged(row, evidence, reading)


def _judged(row: Requirement, evidence: Evidence, reading: Reading) -> Iterator[Outcome]:
    schema = row.params.get("schema") or _documented(evidence, reading)
    if schema is None:
        return
    if not reading.answer_text.ok:
        problem = reading.answer_text.problem
        yield reading.finding("the answer is no JSON text", "a JSON text", problem.message if problem else "", "body")
        return
    for name, level in ((schema, None), (row.params.get("recommended"), Level.SHOULD)):
        found = evidence.api.schemas.problem(name, reading.answer) if name else None
        if found:
            yield reading.finding(found.message, found.expected, found.actual, found.where or "body", level)
            return
    yield _stale(row, reading) or Kept(reading.exchange.id)


def _stale(row: Requirement, reading: Reading) -> Finding | None:
    pointer = row.params.get("created", "")
    created = number(at(reading.answer, pointer)) if pointer else None
    if created is None or not reading.exchange.started or abs(created - reading.exchange.started) <= _DAY:
        return None
    level = Level(row.params.get("created_level", row.level))
    expected = f"Unix time in seconds, within a day of {reading.exchange.started:.0f}"
    return reading.finding("the time of the answer is not now", expected, f"{created:.0f}", pointer, level)


def _documented(evidence: Evidence, reading: Reading) -> str | None:
    operation = reading.operation
    if operation is None:
        return None
    for status in (str(reading.status), f"{reading.status // 100}XX", "default"):
        pointer = f"{_pointer(operation)}/responses/{status}"
        if pointer not in evidence.api.schemas:
            continue
        said = evidence.api.resolve({"$ref": f"#{pointer}"})
        schema = said.get("content", {}).get("application/json", {}).get("schema", {})
        return str(schema["$ref"]).removeprefix("#") if "$ref" in schema else None
    return None


def _pointer(operation: Operation) -> str:
    return f"/paths/{operation.path.replace('~', '~0').replace('/', '~1')}/{operation.method.lower()}"
