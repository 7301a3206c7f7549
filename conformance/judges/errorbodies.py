"""Judges the bodies of errors: their format, their code, what they say of waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.contract.model import Level
from conformance.judges.outcome import Kept, NotApplicable
from conformance.judges.registry import judge
from conformance.judges.values import MISSING, at, number, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

INTERMEDIARY = frozenset({413, 414, 431, 502, 503, 504})
"""Statuses that a proxy in front of an API gives by itself, in a format of its own."""


@judge
def error_schema(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """The body of every error of a documented operation is of the documented schema.

    Parameters: `schema` names the component, `full` one that holds too, but is only recommended on the statuses
    `sparse`.
    """
    for reading in _errors(row, evidence):
        yield _formed(row, evidence, reading)


def _errors(row: Requirement, evidence: Evidence) -> Iterator[Reading]:
    for reading in evidence.of(row):
        if reading.status >= 400 and reading.whole and reading.exchange.request.method != "HEAD":
            yield reading


def _formed(row: Requirement, evidence: Evidence, reading: Reading) -> Outcome:
    coded = (reading.exchange.request.header("content-encoding") or "identity").lower() != "identity"
    level = Level.SHOULD if coded or reading.status in INTERMEDIARY else None  # no document speaks of coded requests
    if not reading.answer_text.ok:
        found = shown(reading.body[:200].decode(errors="replace"))
        return reading.finding(
            f"the body of a {reading.status} is no JSON text", "the documented error format", found, "body", level
        )
    full = Level.SHOULD if reading.status in row.params.get("sparse", ()) else level
    for name, weight in ((row.params["schema"], level), (row.params.get("full"), full)):
        found_problem = evidence.api.schemas.problem(name, reading.answer) if name else None
        if found_problem:
            text = f"the body of a {reading.status} is not of the documented format: {found_problem.message}"
            return reading.finding(
                text, found_problem.expected, found_problem.actual, found_problem.where or "body", weight
            )
    return Kept(reading.exchange.id)


@judge
def error_code_fits_status(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A code of the documented table comes with its status only, and a status of the table with its code only.

    Parameters: `table` maps codes to statuses.
    """
    table: dict[str, int] = row.params["table"]
    codes = {status: code for code, status in table.items()}
    where = evidence.api.profile.error.get("code", "")
    for reading in evidence.of(row):
        code = at(reading.answer, where) if reading.whole and where else MISSING
        if not isinstance(code, str) or (code not in table and reading.status not in codes):
            continue
        if codes.get(reading.status) == code:
            yield Kept(reading.exchange.id)
            continue
        expected = f"{code} with {table[code]}" if code in table else f"{codes[reading.status]} with {reading.status}"
        yield reading.finding(
            "code and status of an error do not fit each other",
            expected,
            f"{shown(code)} with {reading.status}",
            where,
        )


@judge
def says_when_to_retry(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A 503 says of which model it speaks, why, and after how many seconds to try again, as its header does."""
    seen = False
    for reading in evidence.of(row):
        if reading.status == 503 and reading.whole and at(reading.answer, "/error/code") == row.params["code"]:
            seen = True
            yield _retry(reading)
    if not seen:
        yield NotApplicable("no model was unavailable")


def _retry(reading: Reading) -> Outcome:
    details = at(reading.answer, "/error/details")
    for name in ("model", "reason"):
        if not isinstance(said := at(details, f"/{name}"), str):
            return reading.finding(f"details do not name the {name}", "a string", shown(said), f"/error/details/{name}")
    seconds = number(at(details, "/retry_after"))
    if seconds is None or seconds < 0:
        found = shown(at(details, "/retry_after"))
        return reading.finding(
            "details do not say when to try again", "seconds, at least 0", found, "/error/details/retry_after"
        )
    header = (reading.header("retry-after") or "").strip()
    return _agreed(reading, seconds, header)


def _agreed(reading: Reading, seconds: float, header: str) -> Outcome:
    if header.isascii() and header.isdigit() and abs(int(header[:12]) - seconds) > 1:
        return reading.finding(
            "Retry-After and retry_after differ", f"{seconds:g} s, give or take one", header, "header retry-after"
        )
    return Kept(reading.exchange.id)
