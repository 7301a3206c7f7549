"""Judges what a target answers beside its base URL: under another version, or for another deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.judges.outcome import Kept, NotApplicable, Unjudged
from conformance.judges.reading import Reading
from conformance.judges.registry import judge
from conformance.judges.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Operation, Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome


@judge
def same_under_version(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Operations answer under a versioned base path as they do under the documented one.

    Parameters: `base` is the documented end of the base path, `versioned` what stands in its place.
    """
    base, versioned = row.params["base"], row.params["versioned"]
    if evidence.base_url and not evidence.base_url.endswith(base):
        yield NotApplicable(f"the base URL does not end in {base}")
        return
    other = evidence.base_url.removesuffix(base) + versioned if evidence.base_url else ""
    for plain in evidence.readings:
        there = Reading(plain.exchange, evidence.api, other)
        within = f"{versioned}/" in urlsplit(plain.exchange.request.url).path and there.answered and there.proper
        if within and there.operation and there.operation.id in row.operations:
            yield _alike(evidence, there, there.operation)


def _alike(evidence: Evidence, there: Reading, operation: Operation) -> Outcome:
    known = [r for r in evidence.proper(operation) if r.succeeded and r.exchange.id != there.exchange.id]
    if there.limited or not known:
        return Unjudged(f"{operation.path} gives no answer to compare with")
    if not there.succeeded:
        message = f"{operation.path} does not answer under the versioned base path"
        return there.finding(message, f"status {known[0].status}", f"status {there.status}", "status")
    missing = _names(known[0].answer) - _names(there.answer)
    if missing:
        message = f"{operation.path} answers otherwise under the versioned base path"
        return there.finding(
            message, shown(sorted(_names(known[0].answer))), f"no {', '.join(sorted(missing))}", "body"
        )
    return Kept(there.exchange.id)


def _names(value: object) -> set[str]:
    return set(value) if isinstance(value, dict) else set()


@judge
def unknown_deployment_refused(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A request to a deployment that does not exist is refused with 4xx.

    The last segment of the base URL names the deployment, an integer.
    """
    before, _, own = evidence.base_url.rpartition("/")
    if not own.isdigit():
        yield NotApplicable("the base URL does not end in the number of a deployment")
        return
    for reading in evidence.readings:
        path, start = urlsplit(reading.exchange.request.url).path, f"{urlsplit(before).path}/"
        name = path.removeprefix(start).partition("/")[0]
        if not path.startswith(start) or name in {own, ""} or not reading.answered:
            continue
        there = Reading(reading.exchange, evidence.api, f"{before}/{name}")
        if there.proper and there.operation and there.operation.id in row.operations:
            yield _refused(evidence, there, there.operation, name)


def _refused(evidence: Evidence, there: Reading, operation: Operation, name: str) -> Outcome:
    if there.limited or not evidence.accepts(operation):
        return Unjudged(f"no documented request to {operation.path} is accepted")
    if there.refused:
        return Kept(there.exchange.id)
    message = f"the deployment {shown(name)} does not exist and is not refused"
    return there.finding(message, "status 4xx (404 best)", f"status {there.status}", "status")
