"""Judges whether what an answer costs is what the list of models says."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from conformance.judges.arithmetic import decimal, rounding
from conformance.judges.bodies import bodies
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import at, each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading


@judge
def cost_at_list_price(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that each cost is its tokens at the listed price, within the rounding of the last digit shown.

    Parameters: `costs` are triples of pointers: to the tokens in the answer, to the price in the listed model, to the
    cost in the answer. `per` is the number of tokens that a price is for.
    """
    entries = _entries(evidence)
    for reading in evidence.of(row):
        asked = reading.word("model")
        if reading.proper and isinstance(asked, str) and asked in entries:
            for where, body in bodies(reading):
                for triple in row.params["costs"]:
                    yield _priced(reading, where, body, entries[asked], triple, row.params["per"])


def _priced(reading: Reading, where: str, body: object, entry: object, triple: list[str], per: int) -> Outcome:
    tokens, price, cost = decimal(at(body, triple[0])), decimal(at(entry, triple[1])), decimal(at(body, triple[2]))
    if tokens is None or price is None or cost is None:
        return Unjudged("tokens, price or cost is no number")
    wanted = tokens * price / per
    if abs(wanted - cost) <= rounding((cost,)) + wanted * Decimal("1e-6"):
        return Kept(reading.exchange.id)
    return reading.finding(
        "the cost is not the tokens at the listed price", str(wanted), str(cost), f"{where}{triple[2]}"
    )


def _entries(evidence: Evidence) -> dict[str, Any]:
    models = evidence.api.profile.models
    found: dict[str, Any] = {}
    for reading in evidence.readings:
        if reading.operation and reading.operation.id == models.operation and reading.succeeded:
            found = {
                name: entry
                for _, entry in reversed(each(reading.answer, f"{models.items}/*"))
                if isinstance(name := at(entry, models.id), str) and name not in found
            } | found
    return found
