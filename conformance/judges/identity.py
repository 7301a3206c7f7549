"""Judges whether things in answers are called what they must be called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.contract.model import Level
from conformance.judges.bodies import bodies
from conformance.judges.configured import unsettled_models
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import at, each, integer, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading


@judge
def unique_items(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that no two items of a list have the same name.

    Parameters: `pointer` leads to the names, with a `*` for each item (`/data/*/id`). `filled` points to the list where
    it may not be empty.
    """
    for reading in evidence.of(row):
        for where, body in bodies(reading):
            names = [(way, name) for way, name in each(body, row.params["pointer"]) if isinstance(name, str)]
            known: dict[str, str] = {}
            twice = [(way, name) for way, name in names if known.setdefault(name, way) != way]
            for way, name in twice[:1]:
                yield reading.finding(
                    "two items of the list have the same id",
                    "ids that differ",
                    f"{shown(name)} at {known[name]} as well",
                    f"{where}{way}",
                )
            if names and not twice:
                yield Kept(reading.exchange.id)
            filled = row.params.get("filled")
            if filled and at(body, filled) == []:
                yield reading.finding("the list is empty", "at least one item", "[]", f"{where}{filled}")


@judge
def distinct_ids(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the ids of any two unstreamed answers differ.

    Parameters: `pointer` leads to the id (default `/id`), `prefix` what ids should begin with.
    """
    pointer, prefix = row.params.get("pointer", "/id"), row.params.get("prefix", "")
    first: dict[str, str] = {}
    known: list[Outcome] = []
    for reading in evidence.of(row):
        name = at(reading.answer, pointer)
        if not reading.succeeded or not reading.whole or not isinstance(name, str):
            continue
        if not name:
            yield reading.finding("the id is empty", "an id", "an empty text", pointer)
        elif name in first:
            yield reading.finding(
                "two answers have the same id", "ids that differ", f"{shown(name)} in {first[name]} as well", pointer
            )
        elif not name.startswith(prefix):
            known.append(Kept(reading.exchange.id))
            yield reading.finding(
                "the id begins otherwise", f"{prefix}…", shown(name), pointer, max(row.level, Level.SHOULD, key=_rank)
            )
        else:
            known.append(Kept(reading.exchange.id))
        first.setdefault(name, reading.exchange.id)
    yield from known if len(known) > 1 else [Unjudged("it takes two answers to compare their ids")]


@judge
def model_echoed(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that an answer names the model that was asked, or another name listed for it.

    Parameters: `model` is the pointer (default `/model`); `whole = true` leaves out streams.
    """
    pointer = row.params.get("model", "/model")
    unsettled = unsettled_models(evidence)  # a fallback model may answer for one that is disabled
    for reading in evidence.of(row):
        asked = reading.word("model")
        if (
            not reading.proper
            or not isinstance(asked, str)
            or asked in unsettled
            or (row.params.get("whole") and reading.is_stream)
        ):
            continue
        named = [(where, at(body, pointer)) for where, body in bodies(reading)]
        told = [(where, name) for where, name in named if isinstance(name, str)]
        wrong = [(where, name) for where, name in told if name not in _names(evidence, asked)]
        for where, name in wrong[:1]:
            yield reading.finding("the answer names another model", shown(asked), shown(name), f"{where}{pointer}")
        if told and not wrong:
            yield Kept(reading.exchange.id)


def _names(evidence: Evidence, asked: str) -> set[str]:
    groups = (names for own, names in evidence.model_names.items() if asked in {own, *names})
    return {asked}.union(*groups)


@judge
def indices_in_order(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the items of an unstreamed answer are numbered from 0 in their order.

    Parameters: `index` points to the numbers, with a `*` for each item (default `/choices/*/index`).
    """
    pointer = row.params.get("index", "/choices/*/index")
    for reading in evidence.of(row):
        if reading.is_stream or not reading.succeeded or not reading.whole:
            continue
        found = [integer(value) for _, value in each(reading.answer, pointer)]
        if not found or None in found:
            continue
        if found == list(range(len(found))):
            yield Kept(reading.exchange.id)
        else:
            yield _disordered(reading, found, pointer)


def _disordered(reading: Reading, found: list[int | None], pointer: str) -> Outcome:
    return reading.finding(
        "the items are not numbered from 0 in their order", f"{list(range(len(found)))}", shown(found), pointer
    )


def _rank(level: Level) -> int:
    return level.rank
