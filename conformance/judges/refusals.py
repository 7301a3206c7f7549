"""Judges whether requests that are wrong in one way are refused, each with the status that fits."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.contract.model import Level
from conformance.exchange.model import NO_SUCH_PATH
from conformance.judges import faults
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import at, number, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Operation, Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

CHANGING = frozenset({"PUT", "PATCH", "DELETE"})
NOT_IMPLEMENTED = 501


@judge
def refuses_malformed(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A body that cannot be parsed as JSON is refused with 4xx."""
    for reading in evidence.of(row):
        if faults.well_headed(reading) and faults.malformed(reading):
            yield refused(reading, evidence, "a body that is no JSON text")


@judge
def refuses_missing(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A request without one required field is refused with 4xx.

    Parameters: `firm` names the fields whose absence must be refused; of others it is only recommended.
    """
    firm = set(row.params.get("firm", ()))
    for reading in evidence.of(row):
        if faults.well_headed(reading) and (names := faults.missing(reading, evidence)):
            level = None if names & firm else Level.SHOULD
            yield refused(reading, evidence, f"a request without {' or '.join(sorted(names))}", level)


@judge
def refuses_unknown_model(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A request for a model that does not exist is refused with 4xx."""
    for reading in evidence.of(row):
        if reading.credential == "valid" and faults.unknown_model(reading, evidence):
            yield refused(reading, evidence, "a model that does not exist")


@judge
def refuses_out_of_range(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A number outside its documented range is refused with 4xx.

    Parameters: `word` is the profile's word for the field, `minimum` and `maximum` are its range.
    """
    word, low, high = str(row.params["word"]), row.params["minimum"], row.params["maximum"]
    for reading in evidence.of(row):
        said = number(reading.word(word))
        if said is None or low <= said <= high or not faults.well_headed(reading):
            continue
        if "huge-number" in reading.features:  # it may be no number to a target at all (RFC 8259 § 6)
            continue
        if reading.operation and faults.righted(reading, evidence, reading.operation.request[word]):
            yield refused(reading, evidence, f"a {word} of {shown(reading.word(word))}")


@judge
def refuses_unknown_role(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A message whose role is none of the documented ones is refused with 4xx.

    Parameters: `roles` are the documented roles.
    """
    for reading in evidence.of(row):
        messages = reading.word("messages")
        if not isinstance(messages, list) or not faults.well_headed(reading):
            continue
        said = [at(message, "/role") for message in messages]
        unknown = [role for role in said if isinstance(role, str) and role not in row.params["roles"]]
        if unknown and reading.operation and faults.righted(reading, evidence, reading.operation.request["messages"]):
            yield refused(reading, evidence, f"a message of the role {shown(unknown[0])}")


def refused(reading: Reading, evidence: Evidence, what: str, level: Level | None = None) -> Outcome:
    """Return what an answer to a wrong request amounts to; a refusal counts only where right ones are accepted."""
    operation = reading.operation
    if operation is None or not evidence.accepts(operation):
        return Unjudged(f"no documented request was accepted at {operation.path if operation else reading.path}")
    if reading.limited or reading.status == NOT_IMPLEMENTED:
        return Unjudged(f"not judged: status {reading.status}")
    if reading.refused:
        return Kept(reading.exchange.id)
    return reading.finding(f"{what} is not refused", "a 4xx status", f"status {reading.status}", "status", level)


@judge
def refuses_method(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A changing method that a documented path does not have gets 405 with `Allow`, or 404."""
    for reading in evidence.readings:
        if reading.operation or reading.exchange.request.method.upper() not in CHANGING:
            continue
        owner = _owner(reading, row, evidence)
        if owner is None or not reading.answered or reading.credential != "valid":
            continue
        if not evidence.accepts(owner):
            yield Unjudged(f"no documented request was accepted at {owner.path}")
        elif reading.limited or reading.status == NOT_IMPLEMENTED:
            yield Unjudged(f"not judged: status {reading.status}")
        else:
            yield _method_refused(reading)


def _owner(reading: Reading, row: Requirement, evidence: Evidence) -> Operation | None:
    known = (evidence.api.operation(name) for name in row.operations)
    path = urlsplit(reading.exchange.request.url).path
    below = reading.path if reading.path is not None else path
    return next((o for o in known if o.method == "POST" and o.parameters(below) is not None), None)


def _method_refused(reading: Reading) -> Outcome:
    method = reading.exchange.request.method
    if reading.status == 405 and reading.header("allow") is None:
        return reading.finding(
            f"405 to {method} does not say which methods the path has",
            "a header Allow (RFC 9110 § 15.5.6)",
            "no header Allow",
            "header allow",
        )
    if reading.status in {404, 405}:
        return Kept(reading.exchange.id)
    return reading.finding(
        f"{method} on a path that does not have it is not refused as such",
        "status 405 (or 404)",
        f"status {reading.status}",
        "status",
    )


@judge
def refuses_unknown_path(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A path outside the API gets 404 with a JSON body."""
    for reading in evidence.readings:
        if reading.operation or not reading.answered or reading.credential != "valid":
            continue
        if not urlsplit(reading.exchange.request.url).path.endswith(f"/{NO_SUCH_PATH}"):
            continue
        if not any(evidence.accepts(evidence.api.operation(name)) for name in row.operations):
            yield Unjudged("no documented request was accepted")
        elif reading.limited:
            yield Unjudged(f"not judged: status {reading.status}")
        else:
            yield _path_refused(reading)


def _path_refused(reading: Reading) -> Outcome:
    if reading.status != 404:
        return reading.finding("an unknown path is answered", "status 404", f"status {reading.status}", "status")
    if reading.exchange.request.method != "HEAD" and reading.whole and not reading.answer_text.ok:
        found = shown(reading.body[:200].decode(errors="replace"))
        return reading.finding(
            "the 404 of an unknown path is no JSON", "a JSON body, as of other errors", found, "body"
        )
    return Kept(reading.exchange.id)
