"""Turns what a user claims of a target, its capabilities or a set of requirements, into what runs judge."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from conformance.contract.capabilities import declared
from conformance.contract.sets import FULL, Scope, sets
from conformance.usage import UsageTrouble

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from conformance.contract.capabilities import Capability
    from conformance.run import Run


def scope_called(text: str) -> Scope:
    """Return the scope that `SET` or `SET/LEVEL` names.

    Raises:
        UsageTrouble: there is no such set, or it has no such level.
        SpecError: a set cannot be read.
    """
    name, _, level = text.partition("/")
    known = sets()
    if name not in known:
        raise UsageTrouble(f"unknown set {name!r}: {_hint(name, known, 'llm-conformance list sets')}")
    found = known[name]
    if level and level not in found.level_names:
        raise UsageTrouble(f"{name} has no level {level!r}: there are {', '.join(found.level_names)}")
    return Scope(found, level or FULL)


def apis_of(scope: Scope | None, apis: Sequence[str]) -> Sequence[str]:
    """Return the APIs to judge: those that are named, or that of the set.

    Raises:
        UsageTrouble: another API is named than the set is of.
    """
    if scope is None:
        return apis
    if {*apis} - {scope.set.api}:
        raise UsageTrouble(f"the set {scope.set.id} is of {scope.set.api}: it scores no other API")
    return (scope.set.api,)


def claimed(runs: Sequence[Run], offers: Iterable[str], scope: Scope | None = None) -> list[Run]:
    """Return the runs, each with a requirement more for each capability that is claimed, scored by the scope.

    `offers` are names of capabilities, or several with commas between them.

    Raises:
        UsageTrouble: none of the APIs has a capability, or the run may not find out whether it is there.
    """
    names = [name.strip() for text in offers for name in text.split(",") if name.strip()]
    known = {capability.name for run in runs for capability in run.api.capabilities}
    if unknown := next((name for name in names if name not in known), ""):
        raise UsageTrouble(f"unknown capability {unknown!r}: {_hint(unknown, known, ', '.join(sorted(known)))}")
    for run in runs:
        for capability in run.api.capabilities:
            if capability.name in names:
                _testable(run, capability)
    return [
        replace(run, target=replace(run.target, api=declared(run.api, names)), scope=scope or run.scope) for run in runs
    ]


def _testable(run: Run, capability: Capability) -> None:
    """See that the run may send what shows a capability: what is claimed and never tested would be green."""
    for name in capability.operations:
        operation = run.api.operation(name)
        if operation.optional and operation.optional not in run.target.optional:
            flag = f"--with {run.api.id}:{operation.optional}"
        elif operation.effect == "configure" and not run.target.configure:
            flag = "--allow-configure"
        else:
            continue
        raise UsageTrouble(f"whether {capability.name} is there cannot be found out without {flag}")


def _hint(name: str, known: Iterable[str], otherwise: str) -> str:
    near = get_close_matches(name, list(known), 1)
    return f"did you mean {near[0]}?" if near else f"see {otherwise}"
