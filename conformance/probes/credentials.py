"""Requests with no credential, a wrong one, and the valid one in every documented way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.probes.documented import plain_operations, plainly
from conformance.probes.registry import probe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Credential, Operation
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

LEAKED = 1
"""Output tokens asked of a request that is to be refused: what a target costs that answers it all the same."""


@probe()
def credential_missing(target: Target) -> Calls:
    """Asks every operation without a credential."""
    for operation in plain_operations(target):
        yield plainly(target, operation, tokens=LEAKED, credential=())


@probe()
def credential_wrong(target: Target) -> Calls:
    """Asks with a credential that nobody has, and some operations in the other documented ways."""
    first, *others = target.api.profile.credentials
    for operation in plain_operations(target):
        if not operation.errors_like:
            yield plainly(target, operation, tokens=LEAKED, credential=target.credential(first, valid=False))
    for way in others:
        for operation in _one_each(target):
            yield plainly(target, operation, tokens=LEAKED, credential=target.credential(way, valid=False))


@probe()
def credential_ways(target: Target) -> Calls:
    """Presents the valid credential in every other documented way, and in all of them at once."""
    first, *others = target.api.profile.credentials
    for way in others:
        for operation in plain_operations(target):
            yield plainly(target, operation, credential=target.credential(way))
    if others:
        for operation in _one_each(target):
            both = (header for way in (first, *others) for header in target.credential(way))
            yield plainly(target, operation, credential=tuple(both))


@probe()
def credential_scheme(target: Target) -> Calls:
    """Writes the name of the authentication scheme in lower case."""
    for way in _with_scheme(target):
        for operation in _one_each(target)[:1]:
            lower = replace(way, scheme=way.scheme.lower())
            yield plainly(target, operation, credential=target.credential(lower))


@probe()
def companion_missing(target: Target) -> Calls:
    """Leaves out each header that must accompany the credential."""
    for companion in target.api.profile.companions:
        for operation in plain_operations(target):
            yield plainly(target, operation, tokens=LEAKED, without=companion.header)


def _with_scheme(target: Target) -> Iterator[Credential]:
    return (way for way in target.api.profile.credentials if way.scheme)


def _one_each(target: Target) -> list[Operation]:
    """Return the first operation that reads and the first that generates."""
    found: dict[str, Operation] = {}
    for operation in plain_operations(target):
        if operation.effect != "configure":
            found.setdefault(operation.effect, operation)
    return list(found.values())
