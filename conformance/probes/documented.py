"""The plainest request that the documents promise to answer, for any operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.probes.asking import ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Operation
    from conformance.probes.call import Call
    from conformance.probes.target import Target

WRITABLE = ("chat", "completion", "embedding", "configure-model", "configure-balancing")
"""Kinds of operations with a body that is known how to write."""


def plainly(target: Target, operation: Operation, *, tokens: int | None = None, **how: Any) -> Call:  # noqa: ANN401
    """Return the plain request to an operation: the target's model, the documents' own values for the rest.

    `tokens` is the cap on output tokens; `how` is passed on to `Target.call`.
    """
    return target.call(
        operation,
        _body(target, operation, tokens),
        path=dict.fromkeys(_path_parameters(operation), target.model),
        query=dict(_query(target, operation)),
        **how,
    )


def plain_operations(target: Target) -> list[Operation]:
    """Return the operations that may be sent and have a plain request; optional groups are left out."""
    return [o for o in target.operations if not o.optional and (not o.has_body or o.kind in WRITABLE)]


def _body(target: Target, operation: Operation, tokens: int | None) -> dict[str, Any] | None:
    if not operation.has_body:
        return None
    if operation.effect == "configure":
        return _documented(target, operation)
    return ask(target, operation, tokens=tokens)


def _documented(target: Target, operation: Operation) -> dict[str, Any]:
    said = target.api.openapi["paths"][operation.path][operation.method.lower()]["requestBody"]
    examples = said["content"]["application/json"].get("examples", {})
    first: dict[str, Any] = next(iter(examples.values()), {})
    return dict(target.api.resolve(first).get("value", {}))


def _path_parameters(operation: Operation) -> list[str]:
    return list(operation.pattern.groupindex)


def _query(target: Target, operation: Operation) -> Iterator[tuple[str, str]]:
    said = target.api.openapi["paths"][operation.path][operation.method.lower()].get("parameters", ())
    for parameter in map(target.api.resolve, said):
        if parameter.get("in") == "query" and parameter.get("required"):
            yield parameter["name"], str(parameter["example"])
