"""Judges whether requests that the documents promise to answer are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading


@judge
def accepts(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a documented request with a certain feature is answered with success.

    Parameters: `features` are the features that a request must have one of and may have no other beside `also`;
    a trailing `*` matches any ending. A refusal counts only where the plain request is accepted, unless the row says
    `plain = true`: then a plain request counts as well. `only` names the fields of the body where exactly these must
    be sent, `beyond` those where more than these must be.
    """
    for reading in evidence.of(row):
        if reading.operation and reading.proper and _concerned(row, reading):
            yield _accepted(row, evidence, reading)


def _concerned(row: Requirement, reading: Reading) -> bool:
    wanted, also = row.params.get("features", ()), row.params.get("also", ())
    found = reading.features
    if not _worded(row, reading):
        return False
    if not found:
        return bool(row.params.get("plain"))
    named = [feature for feature in found if _matches(feature, wanted)]
    return bool(named) and all(_matches(feature, (*wanted, *also)) for feature in found)


def _worded(row: Requirement, reading: Reading) -> bool:
    only, beyond = row.params.get("only"), row.params.get("beyond")
    said = set(reading.sent) if isinstance(reading.sent, dict) else set()
    return (only is None or said == set(only)) and (beyond is None or not said <= set(beyond))


def _matches(feature: str, patterns: tuple[str, ...] | list[str]) -> bool:
    return any(feature == p or (p.endswith("*") and feature.startswith(p[:-1])) for p in patterns)


def _accepted(row: Requirement, evidence: Evidence, reading: Reading) -> Outcome:
    operation = reading.operation
    assert operation is not None
    if reading.succeeded:
        return Kept(reading.exchange.id)
    if reading.limited or reading.about_model:
        return Unjudged(f"not judged: status {reading.status}")
    if not row.params.get("plain") and not evidence.accepts_plain(operation):
        return Unjudged(f"the plain request to {operation.path} is refused as well")
    what = ", ".join(sorted(reading.features)) or "only required fields"
    return reading.finding(
        f"a documented request ({what}) is refused",
        f"a success status ({', '.join(operation.success)})",
        f"status {reading.status}: {shown(reading.body.decode(errors='replace'))}",
        "status",
    )
