"""Judges lists that answer a list of inputs: embeddings, ranked documents."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from conformance.judges.outcome import Kept
from conformance.judges.registry import judge
from conformance.judges.values import at, each, integer, number, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading


@judge
def one_per_input(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that there is one vector for each input, in the order of the inputs, and all are of one length."""
    for reading in evidence.of(row):
        said, data = reading.word("input"), at(reading.answer, "/data")
        if not _judgeable(reading) or not isinstance(said, str | list) or not isinstance(data, list):
            continue
        count = len(said) if isinstance(said, list) else 1
        numbers = [integer(at(entry, "/index")) for entry in data]
        lengths = [len(v) for _, v in each(data, "/*/embedding") if isinstance(v, list | str)]
        if len(data) != count:
            yield reading.finding("not each input has its vector", f"{count} vectors", f"{len(data)} vectors", "/data")
        elif None not in numbers and numbers != list(range(count)):
            yield reading.finding(
                "the vectors are not in the order of the inputs", f"{list(range(count))}", shown(numbers), "/data"
            )
        elif len(set(lengths)) > 1:
            yield reading.finding(
                "the vectors are not of one length", f"{lengths[0]} numbers each", shown(lengths), "/data"
            )
        else:
            yield Kept(reading.exchange.id)


@judge
def ranked(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that documents come best first, each once, all of them among those sent, no more than were asked for."""
    for reading in evidence.of(row):
        results, sent = at(reading.answer, "/results"), reading.word("documents")
        if not _judgeable(reading) or not isinstance(results, list) or not isinstance(sent, list):
            continue
        yield _ranking(reading, results, len(sent)) or Kept(reading.exchange.id)


def _ranking(reading: Reading, results: list[Any], documents: int) -> Outcome | None:
    scores = [number(at(result, "/relevance_score")) for result in results]
    places = [integer(at(result, "/index")) for result in results]
    most = integer(reading.word("top_n")) or documents
    known = [score for score in scores if score is not None]
    if any(before < after for before, after in pairwise(known)):
        return reading.finding("the documents are not sorted by score", "falling scores", shown(scores), "/results")
    if len(results) > most:
        return reading.finding(
            "there are more documents than were asked for", f"at most {most}", str(len(results)), "/results"
        )
    if len(set(places)) < len(places) or any(place is not None and place >= documents for place in places):
        return reading.finding(
            "the indices are not those of the documents sent",
            f"each of 0–{documents - 1} at most once",
            shown(places),
            "/results",
        )
    return None


def _judgeable(reading: Reading) -> bool:
    return reading.proper and reading.succeeded and reading.whole
