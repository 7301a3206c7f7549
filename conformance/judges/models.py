"""Judges whether the models that a target lists are what it says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from conformance.judges.bodies import bodies
from conformance.judges.outcome import Kept, NotApplicable, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import MISSING, at, shown, strings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from conformance.contract.model import Models, Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading


@judge
def listed_usable(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that each listed model that may be used, and was asked, answers a plain chat request.

    Models whose names say that they are made for embeddings are left out. Parameters: `apart` is a regular expression
    that finds the names of models for other work than chat.
    """
    apart = row.params.get("apart")
    named = {name for entry in _entries(evidence) if (name := _usable(entry, evidence))}
    usable = {name for name in named if not apart or not re.search(apart, name)}
    if not usable:
        yield Unjudged("no usable model is listed")
    for name in sorted(usable):
        yield from _used(row, evidence, name, "a listed model")


@judge
def alias_usable(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a further name of a listed model works as its id does.

    Parameters: `names` points to the names in an entry of the list, with a `*` for each.
    """
    usable = [entry for entry in _entries(evidence) if _usable(entry, evidence)]
    ids = {at(entry, evidence.api.profile.models.id) for entry in usable}
    aliases = {name for entry in usable for name in strings(entry, row.params["names"])} - ids
    if usable and not aliases:
        yield NotApplicable("no model has another name than its id")
    for name in sorted(aliases):
        yield from _used(row, evidence, name, "another name of a listed model")


@judge
def first_usable(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the first model of the list has an id, which is accepted as the model of a chat request."""
    models = evidence.api.profile.models
    firsts: set[str] = set()
    for reading in _listings(evidence):
        problem = evidence.api.schemas.problem(row.params["schema"], reading.answer)
        first = at(reading.answer, f"{models.items}/0{models.id}")
        if problem or not isinstance(first, str):
            message = problem.message if problem else "the first model has no id"
            place = problem.where if problem else models.items
            yield reading.finding(message, "a first model with an id", shown(reading.answer), place or "body")
        else:
            firsts.add(first)
    for name in sorted(firsts):
        yield from _used(row, evidence, name, "the first listed model")


@judge
def path_like_echoed(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that an answer names a model whose id is a file path by that path, unchanged.

    An answer that names quite another model is judged where the name of the model is. Parameters: `model` is the
    pointer (default `/model`).
    """
    pointer = row.params.get("model", "/model")
    asked = [reading for reading in evidence.of(row) if reading.proper and reading.succeeded]
    for reading in asked:
        path = reading.word("model")
        if not isinstance(path, str) or "/" not in path:
            continue
        named = [(where, name) for where, body in bodies(reading) if isinstance(name := at(body, pointer), str)]
        wrong = next(((where, name) for where, name in named if _altered(path, name)), None)
        if wrong:
            yield reading.finding("the path is altered", shown(path), shown(wrong[1]), f"{wrong[0]}{pointer}")
        elif named:
            yield Kept(reading.exchange.id)
    if asked and not any("/" in str(reading.word("model")) for reading in asked):
        yield NotApplicable("no model's id is a path")


def _altered(path: str, name: str) -> bool:
    last = path.rstrip("/").rpartition("/")[2].lower()
    told = unquote(name).lower()
    return name != path and bool(name) and (last in told or told in path.lower())


def _used(row: Requirement, evidence: Evidence, name: str, what: str) -> Iterator[Outcome]:
    asked = [r for r in evidence.of(row) if r.proper and r.word("model") == name and not r.features]
    if accepted := next((reading for reading in asked if reading.succeeded), None):
        yield Kept(accepted.exchange.id)
        return
    judged = [r for r in asked if not r.limited and (r.about_model or _accepts(evidence, r))]
    if not judged:
        yield Unjudged(f"no chat request with {shown(name)} was answered for the model's sake")
        return
    refused = judged[0]
    answer = f"status {refused.status}: {shown(refused.body.decode(errors='replace'))}"
    yield refused.finding(f"{what} cannot be used: {shown(name)}", "a success status", answer, "status")


def _accepts(evidence: Evidence, reading: Reading) -> bool:
    return reading.operation is not None and evidence.accepts(reading.operation)


def _usable(entry: object, evidence: Evidence) -> str:
    models = evidence.api.profile.models
    name = at(entry, models.id)
    if not isinstance(name, str) or not _allowed(entry, models):
        return ""
    for_vectors = models.embedding_pattern and re.search(models.embedding_pattern, name)
    return "" if for_vectors or name in _changed(evidence) else name


def _allowed(entry: object, models: Models) -> bool:
    said = [(at(entry, pointer), wanted) for pointer, wanted in models.usable_when.items()]
    return all(value is MISSING or value is None or value == wanted for value, wanted in said)


def _changed(evidence: Evidence) -> Collection[str]:
    """Return the models that a request meant to change: they may have been off when they were asked."""
    changes = [r for r in evidence.readings if r.operation and r.operation.effect == "configure"]
    return {value for reading in changes for value in reading.path_parameters.values()}


def _listings(evidence: Evidence) -> list[Reading]:
    listing = evidence.api.profile.models.operation
    return [
        r
        for r in evidence.readings
        if r.operation and r.operation.id == listing and isinstance(r.answer, dict) and r.succeeded
    ]


def _entries(evidence: Evidence) -> list[object]:
    items = evidence.api.profile.models.items
    lists = [at(reading.answer, items) for reading in _listings(evidence)]
    return [entry for entries in lists if isinstance(entries, list) for entry in entries]
