"""Requests to other base URLs than the documented one, or with optional headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.probes.asking import ask
from conformance.probes.documented import plainly
from conformance.probes.registry import probe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Operation
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

UNVERSIONED, VERSIONED = "/api/llm", "/api/v1/llm"
UNKNOWN_BASES = ("999999999", "not-an-integer")
"""What stands where the base URL ends with the number of a deployment."""

FREE_TEXT = "llm-conformance"
"""A value of an optional header that means nothing to the target."""


@probe()
def versioned_base(target: Target) -> Calls:
    """Reads the models and the health under the versioned base path."""
    if target.base_url.endswith(UNVERSIONED):
        base = target.base_url.removesuffix(UNVERSIONED) + VERSIONED
        for operation in target.of_kind("models", "health"):
            yield plainly(target, operation, base_url=base)


@probe()
def unknown_deployment(target: Target) -> Calls:
    """Lists the models of deployments that do not exist."""
    before, _, last = target.base_url.rpartition("/")
    if last.isdigit():
        for name in UNKNOWN_BASES:
            for operation in target.of_kind("models"):
                yield plainly(target, operation, base_url=f"{before}/{name}")


@probe()
def optional_header(target: Target) -> Calls:
    """Sends each documented optional header: with the value of the documents, and with one that means nothing."""
    for operation in target.of_kind("chat"):
        for name, example in _optional_headers(target, operation):
            for value in (example, FREE_TEXT):
                yield target.call(operation, ask(target, operation), headers=((name, value),))


def _optional_headers(target: Target, operation: Operation) -> Iterator[tuple[str, str]]:
    said = target.api.openapi["paths"][operation.path][operation.method.lower()].get("parameters", ())
    for parameter in map(target.api.resolve, said):
        if parameter.get("in") == "header" and not parameter.get("required"):
            yield parameter["name"], str(parameter["example"])
