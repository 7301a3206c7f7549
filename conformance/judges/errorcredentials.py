"""Judges how a target words the refusal of a credential, and whether all ways to an operation demand one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.judges.errorformats import error_object
from conformance.judges.outcome import Kept, NotApplicable, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Operation, Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

_SLASHES = re.compile(r"/{2,}")
_PERMISSION = re.compile(rb"(?i)permission|scope|role|restricted|forbidden|not allowed|organization|project")
"""Words of a refusal that is about what a key may do, not about how it was presented."""


@judge
def unauthorised_status(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A missing or wrong credential is refused with 401 rather than 403 (RFC 9110 § 15.5.2, § 15.5.4)."""
    refused = [
        r for r in evidence.of(row) if r.credential in {"none", "invalid"} and r.sound and r.status in {401, 403}
    ]
    if not refused:
        yield NotApplicable("no credential was refused")
    for reading in refused:
        if reading.status == 401:
            yield Kept(reading.exchange.id)
        else:
            what = "no credential" if reading.credential == "none" else "a wrong credential"
            yield reading.finding(f"{what} is called forbidden", "status 401", "status 403", "status")


@judge
def wrong_key_code(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """The refusal of a wrong credential carries a certain error code.

    Parameters: `code` is that code.
    """
    for reading in evidence.of(row):
        error = error_object(reading.answer)
        if reading.credential != "invalid" or reading.status not in {401, 403} or not reading.whole:
            continue
        if error is None:
            yield NotApplicable("the refusal is not in OpenAI's envelope")
        elif error.get("code") == row.params["code"]:
            yield Kept(reading.exchange.id)
        else:
            said = shown(error.get("code"))
            yield reading.finding(
                "a wrong key is refused with another code", repr(row.params["code"]), said, "/error/code"
            )


@judge
def credential_known_everywhere(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A credential that one operation takes is known to every other.

    A 401 that speaks of permissions is about what the key may do.
    """
    for name in row.operations:
        operation = evidence.api.operation(name)
        asked = [r for r in evidence.proper(operation) if not r.limited]
        if not asked:
            continue
        if any(reading.status != 401 for reading in asked):
            yield Kept(asked[0].exchange.id)
        elif not any(map(evidence.accepts, evidence.api.operations)):
            yield Unjudged("the credential is accepted nowhere")
        elif _PERMISSION.search(asked[0].body):
            yield Unjudged(f"the credential may have no permission for {operation.path}")
        else:
            yield _unknown(asked[0], operation)


def _unknown(reading: Reading, operation: Operation) -> Outcome:
    way = reading.api.profile.credentials[0]
    return reading.finding(
        f"{operation.method} {operation.path} does not know the credential that other operations take",
        f"a success status with {way.header}: {way.scheme} …".replace(":  …", ": …"),
        "status 401",
        "status",
    )


@judge
def no_way_around(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Where a path with doubled slashes leads to an operation, it demands the credential as well."""
    for reading in evidence.readings:
        owner = _meant(reading, row, evidence)
        if owner is None or not reading.answered or reading.credential in {"valid", "unknown"}:
            continue
        if reading.limited or not evidence.accepts(owner):
            yield Unjudged(f"no documented request to {owner.path} is accepted")
        elif reading.succeeded and (reading.is_stream or isinstance(reading.answer, dict | list)):
            message = f"a doubled slash leads to {owner.method} {owner.path} without a credential"
            yield reading.finding(message, "status 401 or 404", f"status {reading.status}", "status")
        else:
            yield Kept(reading.exchange.id)


def _meant(reading: Reading, row: Requirement, evidence: Evidence) -> Operation | None:
    """Return the operation that a path with doubled slashes spells, None for every other path."""
    path = reading.path if reading.path is not None else urlsplit(reading.exchange.request.url).path
    method, single = reading.exchange.request.method.upper(), _SLASHES.sub("/", path)
    known = (evidence.api.operation(name) for name in row.operations)
    doubled = single != path
    return next((o for o in known if doubled and o.method == method and o.parameters(single) is not None), None)
