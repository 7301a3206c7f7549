"""Judges whether credentials are demanded, taken in every documented way, and kept to themselves."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from conformance.exchange.model import INVALID_CREDENTIAL
from conformance.exchange.redaction import echoes
from conformance.judges.outcome import Kept, NotApplicable, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import MISSING, at, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Operation, Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

_DIGESTS = tuple(
    hashlib.new(name, INVALID_CREDENTIAL.encode(), usedforsecurity=False).hexdigest()
    for name in ("md5", "sha1", "sha256", "sha512")
)
"""What servers print of a key that they do not want to print (the public wrong one)."""


@judge
def credential_demanded(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A request that lacks nothing but a valid credential is refused.

    Parameters: `shown` says which requests are meant (`none`, `invalid`), `statuses` which statuses refuse them,
    `code` the error code that such a refusal carries.
    """
    for reading in evidence.of(row):
        if reading.credential == row.params["shown"] and reading.sound and not reading.missing_companions:
            yield _demanded(row, evidence, reading)


def _demanded(row: Requirement, evidence: Evidence, reading: Reading) -> Outcome:
    wanted, operation = row.params.get("statuses", (401, 403)), reading.operation
    if operation is None or reading.limited:
        return Unjudged(f"not judged: status {reading.status}")
    if reading.status in wanted and not _distinguishes(evidence, operation):
        return Unjudged(f"a valid credential is refused at {operation.path} as well")
    if reading.refused and reading.status not in {*wanted, 401, 403} and not evidence.accepts(operation):
        return Unjudged(f"no documented request to {operation.path} is accepted")
    what = "no credential" if reading.credential == "none" else "a wrong credential"
    if reading.status not in wanted:
        expected = f"status {' or '.join(map(str, wanted))}"
        return reading.finding(
            f"{operation.method} {operation.path} with {what} is not refused as such",
            expected,
            f"status {reading.status}",
            "status",
        )
    pointer = evidence.api.profile.error.get("code", "")
    code = at(reading.answer, pointer) if pointer else MISSING
    if "code" in row.params and code is not MISSING and code != row.params["code"]:
        return reading.finding(
            f"the refusal of {what} carries another code", row.params["code"], shown(code), f"body {pointer}"
        )
    return Kept(reading.exchange.id)


def _distinguishes(evidence: Evidence, operation: Operation) -> bool:
    """Tell whether a valid credential fares better: at this operation, or anywhere if it was not asked there."""
    asked = [r for r in evidence.proper(operation) if not r.limited]
    if not asked:
        return any(map(evidence.accepts, evidence.api.operations))
    return any(r.status not in {401, 403} for r in asked)


@judge
def credential_way(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """The credential is taken when it stands in one certain header alone.

    Parameters: `header` is that header. A refusal counts only where the operation takes the credential in another way.
    """
    header = row.params["header"]
    for reading in evidence.of(row):
        if reading.proper and _ways(reading) == [header.lower()] and "scheme-case" not in reading.features:
            yield _taken(evidence, reading, header)


def _ways(reading: Reading) -> list[str]:
    ways = reading.api.profile.credentials
    return [way.header.lower() for way in ways if reading.exchange.request.header(way.header)]


def _taken(evidence: Evidence, reading: Reading, header: str) -> Outcome:
    operation = reading.operation
    if reading.succeeded:
        return Kept(reading.exchange.id)
    if operation is None or reading.status not in {401, 403}:
        return Unjudged(f"not judged: status {reading.status}")
    if not evidence.accepts(operation):
        return Unjudged(f"no documented request to {operation.path} is accepted")
    return reading.finding(
        f"{operation.method} {operation.path} does not take the credential in {header} alone",
        f"a success status ({', '.join(operation.success)})",
        f"status {reading.status}",
        f"request header {header}",
    )


@judge
def challenges(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A 401 says in `WWW-Authenticate` how to authenticate."""
    refused = [reading for reading in evidence.of(row) if reading.status == 401]
    if not refused:
        yield NotApplicable("nothing was answered with 401")
    for reading in refused:
        if (reading.header("www-authenticate") or "").strip():
            yield Kept(reading.exchange.id)
        else:
            yield reading.finding(
                "a 401 comes without a challenge", "WWW-Authenticate", "", "response header WWW-Authenticate"
            )


@judge
def credential_kept_private(_row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """No response repeats the credential that its request presents, or a digest of the wrong one."""
    for reading in evidence.readings:
        if not reading.answered or not _ways(reading):
            continue
        places = echoes(reading.exchange)
        what = "the wrong credential" if reading.credential == "invalid" else "the credential"
        for place in places:
            yield reading.finding(f"the response repeats {what}", "nothing of the credential", what, place)
        if reading.credential == "invalid" and any(digest.encode() in reading.body.lower() for digest in _DIGESTS):
            yield reading.finding("the response shows a digest of the credential", "nothing of it", "a digest", "body")
        elif not places:
            yield Kept(reading.exchange.id)


@judge
def companion_demanded(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A request that lacks nothing but a header which must accompany the credential is refused with 4xx."""
    for reading in evidence.of(row):
        operation = reading.operation
        if operation is None or reading.credential != "valid" or not reading.sound or not reading.missing_companions:
            continue
        names = ", ".join(reading.missing_companions)
        if reading.limited or not evidence.accepts(operation):
            yield Unjudged(f"no documented request to {operation.path} is accepted")
        elif reading.refused:
            yield Kept(reading.exchange.id)
        else:
            yield reading.finding(
                f"{operation.method} {operation.path} without {names} is not refused",
                "status 4xx",
                f"status {reading.status}",
                f"request header {names}",
            )


@judge
def asks_for_everything(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """An operation is refused without the credential, and without each header that accompanies it."""
    for reading in evidence.of(row):
        lacking = list(reading.missing_companions)
        if reading.credential != "valid":
            lacking.append(evidence.api.profile.credentials[0].header)
        if reading.operation is None or not lacking or not reading.sound or reading.credential == "unknown":
            continue
        if reading.succeeded:
            what = "a wrong credential" if reading.credential == "invalid" else f"no {', '.join(lacking)}"
            yield reading.finding(
                f"{reading.operation.path} answers with {what}", "status 4xx", f"status {reading.status}"
            )
        elif reading.refused and evidence.accepts(reading.operation):
            yield Kept(reading.exchange.id)
