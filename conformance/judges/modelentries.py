"""Judges the models that a target lists one by one: whether each is there, and is what it is in the list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from conformance.exchange.model import NO_SUCH_MODEL
from conformance.judges.outcome import Kept, NotApplicable, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import MISSING, at, each, number, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

_DENIED = re.compile(rb"(?i)does(?: not|n['\xe2]\S{0,3}t) exist|not found|no such model|unknown model")
_WRONG_KIND = re.compile(rb"(?i)not (?:a|an) \w+ model|not supported|endpoint|did you mean")
_ABSOLUTE = re.compile(r"/.|[A-Za-z]:[\\/]|file:")
_SOON = 86_400.0
"""Seconds by which the clocks of the target and of the suite may differ."""


@judge
def listed_known(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that no answer to a request that names a listed model says that there is no such model."""
    for reading in evidence.readings:
        name = reading.word("model")
        lists = reading.operation is not None and reading.operation.id in row.operations
        if lists or reading.credential != "valid" or not isinstance(name, str) or name not in evidence.model_names:
            continue
        if _denies(reading):
            told = f"status {reading.status}: {shown(reading.body.decode(errors='replace'))}"
            yield reading.finding(
                f"a listed model is said not to exist: {shown(name)}", "a known model", told, "status"
            )
        elif reading.succeeded:
            yield Kept(reading.exchange.id)
    if not evidence.model_names:
        yield Unjudged("no model is listed")


def _denies(reading: Reading) -> bool:
    body = reading.body
    if reading.status not in {400, 404} or b"model" not in body.lower() or _WRONG_KIND.search(body):
        return False
    return b"model_not_found" in body or bool(_DENIED.search(body))


@judge
def listed_created(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that each model's time of creation lies before the answer, and is the same in every answer."""
    first: dict[str, float] = {}
    for reading, where, model in _models(row, evidence):
        name, created = at(model, "/id"), number(at(model, "/created"))
        if not isinstance(name, str) or created is None:
            continue
        started, place = reading.exchange.started, f"{where}/created"
        if started and created > started + _SOON:
            now = f"Unix time in seconds, at most {started:.0f}"
            yield reading.finding(f"{shown(name)} was made in the future", now, f"{created:.0f}", place)
        elif first.setdefault(name, created) != created:
            message = f"{shown(name)} was made at another time than before"
            yield reading.finding(message, f"{first[name]:.0f}", f"{created:.0f}", place)
        else:
            yield Kept(reading.exchange.id)


@judge
def listed_no_paths(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that no model's id is an absolute path in the file system of the server."""
    for reading, where, model in _models(row, evidence):
        name = at(model, "/id")
        if isinstance(name, str) and _ABSOLUTE.match(name):
            yield reading.finding("a model's id is a path on the server", "a name", shown(name), f"{where}/id")
        elif isinstance(name, str):
            yield Kept(reading.exchange.id)


def _models(row: Requirement, evidence: Evidence) -> Iterator[tuple[Reading, str, Any]]:
    """Yield each listed or retrieved model, with where it stands."""
    for reading in evidence.of(row):
        if reading.succeeded and reading.operation and reading.operation.kind == "models":
            yield from ((reading, where, model) for where, model in each(reading.answer, "/data/*"))
        elif reading.succeeded:
            yield reading, "", reading.answer


@judge
def model_retrieved(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a listed model can be retrieved under its id, and has this id there.

    Parameters: `written` says how the id stands in the path: `plain` (nothing in it needs encoding), `encoded`, or
    `raw` (a slash as it is).
    """
    reserved = [name for name in evidence.model_names if quote(name, safe="") != name]
    if row.params["written"] != "plain" and not reserved:
        yield NotApplicable("no listed model's id has reserved characters")
    for reading in evidence.readings:
        found = _retrieved(row, evidence, reading)
        if found is None or found[1] != row.params["written"] or not reading.answered or reading.limited:
            continue
        said = at(reading.answer, "/id")
        if not reading.succeeded:
            message = f"the listed model {shown(found[0])} cannot be retrieved"
            yield reading.finding(message, "a success status", f"status {reading.status}", "status")
        elif isinstance(said, str) and said != found[0]:
            yield reading.finding("another model is retrieved", shown(found[0]), shown(said), "/id")
        else:
            yield Kept(reading.exchange.id)


def _retrieved(row: Requirement, evidence: Evidence, reading: Reading) -> tuple[str, str] | None:
    """Return the listed model that a request retrieves, and how its id is written; None for any other request."""
    if reading.exchange.request.method != "GET" or reading.credential != "valid":
        return None
    whole = urlsplit(reading.exchange.request.url).path
    path = reading.path if reading.path is not None else whole
    for name in row.operations:
        before, _, after = evidence.api.operation(name).path.partition("{")
        start = path.find(before) if after else -1
        raw = path[start + len(before) :]
        if start < 0 or unquote(raw) not in evidence.model_names:
            continue
        if "/" in raw:
            return unquote(raw), "raw"
        return unquote(raw), "plain" if quote(unquote(raw), safe="") == unquote(raw) else "encoded"
    return None


@judge
def unknown_not_retrieved(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a model which does not exist is refused where it is retrieved; a server error is judged elsewhere."""
    for reading in evidence.of(row):
        if NO_SUCH_MODEL not in reading.path_parameters.values() or reading.credential != "valid":
            continue
        if reading.refused:
            yield Kept(reading.exchange.id)
        elif reading.succeeded:
            told = shown(None if reading.answer is MISSING else reading.answer)
            yield reading.finding("a model that does not exist is retrieved", "status 404", told, "status")
        else:
            yield Unjudged(f"not judged: status {reading.status}")
