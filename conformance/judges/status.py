"""Judges what is told of single models: that each can be used, that its status is its own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from conformance.contract.model import Level
from conformance.judges.bodies import bodies
from conformance.judges.configured import unsettled_models
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import at, each, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conformance.contract.model import Models, Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading


@judge
def available_models_answer(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that each model which every listing calls available answers a documented request at least once.

    Parameters: `status` is the pointer to a listed model's status, `available` its value there.
    """
    statuses, unsettled = _listed(evidence, row.params["status"]), unsettled_models(evidence)
    asked: dict[str, list[Reading]] = {}
    for reading in evidence.of(row):
        name = reading.word("model")
        if isinstance(name, str) and reading.proper and not reading.features - {"stream"}:
            asked.setdefault(name, []).append(reading)
    for name, told in statuses.items():
        if told == {row.params["available"]} and name in asked:
            outcome = _answer(asked[name])
            if isinstance(outcome, Kept) or name not in unsettled:
                yield outcome


def _answer(readings: list[Reading]) -> Outcome:
    if good := next((reading for reading in readings if reading.succeeded), None):
        return Kept(good.exchange.id)
    refused = [reading for reading in readings if _unavailable(reading) or not reading.limited]
    if not refused:
        return Unjudged(f"not judged: status {readings[0].status}")
    model = refused[-1].word("model")
    return refused[-1].finding(
        f"the model {shown(model)} is listed as available and cannot be used",
        "a success status",
        f"status {refused[-1].status}",
        "status",
    )


def _unavailable(reading: Reading) -> bool:
    return bool(at(reading.answer, "/error/code") == "MODEL_UNAVAILABLE")


@judge
def names_what_was_asked(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that an answer about one thing names the thing in the path; percent-encoded names are found as well.

    Parameters: `parameter` is the name of the path parameter, `name` the pointer into the answer.
    """
    for reading in evidence.of(row):
        asked = reading.path_parameters.get(row.params["parameter"], "")
        if reading.succeeded:
            for where, body in bodies(reading):
                yield from _named(row, reading, asked, at(body, row.params["name"]), where)
        elif _not_found(reading, asked, evidence):
            yield reading.finding(
                "a listed model is not found under its percent-encoded id",
                f"a success status for {quote(asked, safe='')}",
                f"status {reading.status}",
                "status",
                max(Level.SHOULD, row.level, key=lambda level: level.rank),
            )


def _not_found(reading: Reading, asked: str, evidence: Evidence) -> bool:
    """Tell whether a listed model's id that is not written as it is in a path (RFC 3986 § 2.2) leads nowhere."""
    reserved = asked in evidence.model_names and quote(asked, safe="") != asked
    operation = reading.operation
    return reserved and reading.proper and reading.refused and operation is not None and evidence.accepts(operation)


def _named(row: Requirement, reading: Reading, asked: str, told: object, where: str) -> Iterator[Outcome]:
    if told == asked:
        yield Kept(reading.exchange.id)
    elif isinstance(told, str):
        weaker = max(Level.SHOULD, row.level, key=lambda level: level.rank) if quote(asked, safe="") != asked else None
        place = f"{where}{row.params['name']}"
        yield reading.finding("the answer is about another model", shown(asked), shown(told), place, weaker)


@judge
def status_agrees(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a model's own status is the one that the listings tell.

    Parameters: `parameter` is the name of the path parameter, `own` the pointer to the model's own status, `listed` to
    that of an element of the list.
    """
    statuses, unsettled = _listed(evidence, row.params["listed"]), unsettled_models(evidence)
    for reading in evidence.of(row):
        asked, told = reading.path_parameters.get(row.params["parameter"], ""), at(reading.answer, row.params["own"])
        known = statuses.get(asked)
        if not reading.succeeded or not isinstance(told, str) or not known:
            continue
        if len(known) > 1 or asked in unsettled:
            yield Unjudged(f"the status of {shown(asked)} changed during the run")
        elif told in known:
            yield Kept(reading.exchange.id)
        else:
            yield reading.finding(
                "the status differs from the listed one", shown(next(iter(known))), shown(told), row.params["own"]
            )


def _listed(evidence: Evidence, status: str) -> dict[str, set[str]]:
    return listed(evidence.readings, evidence.api.profile.models, status)


def listed(readings: Iterable[Reading], models: Models, status: str) -> dict[str, set[str]]:
    """Return what the listings among some readings say at a pointer of each model, all of it where they differ."""
    found: dict[str, set[str]] = {}
    for reading in readings:
        if reading.operation and reading.operation.id == models.operation and reading.succeeded:
            for _, entry in each(reading.answer, f"{models.items}/*"):
                name, told = at(entry, models.id), at(entry, status)
                if isinstance(name, str) and isinstance(told, str):
                    found.setdefault(name, set()).add(told)
    return found
