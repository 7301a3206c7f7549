"""Judges whether answers that were asked for as JSON are such."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.contract.schema import Schemas
from conformance.exchange import jsontext
from conformance.judges import faults
from conformance.judges.outcome import Kept, NotApplicable, Unjudged
from conformance.judges.registry import judge
from conformance.judges.semantictexts import said
from conformance.judges.values import MISSING, at, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading
    from conformance.judges.semantictexts import Said


@judge
def format_honoured(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that an answer that came to its end is JSON text of the format that was asked for.

    Parameters: `format` is the type of the response format, json_object or json_schema.
    """
    wanted = row.params["format"]
    for reading in evidence.of(row):
        asked = reading.word("response_format")
        if at(asked, "/type") != wanted or not faults.well_headed(reading):
            continue
        if reading.word("tools") is not MISSING or reading.word("structured_outputs") is not MISSING:
            continue
        if reading.refused:
            yield NotApplicable(f"the target does not offer {wanted}: status {reading.status}")
        found = said(reading)
        if reading.succeeded and not found:
            yield Unjudged("the answer has no text")
        for answer in found:
            yield _honoured(reading, answer, at(asked, "/json_schema/schema"))


def _honoured(reading: Reading, answer: Said, schema: Any) -> Outcome:  # noqa: ANN401 - any JSON value
    if answer.finish != "stop":
        return Unjudged("the answer did not come to its end")
    text = jsontext.parse(answer.text)
    if not text.ok:
        fenced = " but stands in a code fence" if answer.text.lstrip().startswith("```") else ""
        return reading.finding(f"the answer is no JSON text{fenced}", "JSON", shown(answer.text), answer.where)
    if not isinstance(schema, dict):
        if isinstance(text.value, dict):
            return Kept(reading.exchange.id)
        return reading.finding("the answer is no JSON object", "an object", shown(text.value), answer.where)
    return _of_schema(reading, answer, schema, text.value)


def _of_schema(reading: Reading, answer: Said, schema: dict[str, Any], value: object) -> Outcome:
    try:
        problem = Schemas({"sent": schema}).problem("/sent", value)
    except Exception as error:  # noqa: BLE001 - the schema is the peer's: it may be none, or refer to nowhere
        return Unjudged(f"the schema that was sent cannot be read: {type(error).__name__}")
    if problem is None:
        return Kept(reading.exchange.id)
    message = f"the schema does not allow the answer: {problem.message}"
    return reading.finding(message, problem.expected, problem.actual, f"{answer.where}{problem.where}")
