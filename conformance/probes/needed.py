"""Finds the probes that requirements need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.probes.plan import plan
from conformance.probes.registry import catalogue

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from conformance.contract.model import Api, Requirement
    from conformance.probes.registry import Probe
    from conformance.probes.target import Target

_TOKENS = 100
"""Output tokens that weigh as much as a request."""


def probes_for(api: Api, selected: Collection[str]) -> list[Probe]:
    """Return the probes that the selected requirements, and those they need, are shown by."""
    wanted: set[str] = set()
    for row in api.requirements:
        if row.id in selected:
            wanted |= shown_by(api, row)
    return [probe for name, probe in catalogue().items() if name in wanted]


def shown_by(api: Api, row: Requirement) -> frozenset[str]:
    """Return the names of the probes that show a requirement, and those that it needs, directly or not."""
    found: dict[str, Requirement] = {}
    waiting = [row]
    while waiting:
        each = waiting.pop()
        if each.id not in found:
            found[each.id] = each
            waiting += [api.requirement(name) for name in each.needs]
    return frozenset(probe for each in found.values() for probe in each.probes)


def weights(target: Target, rows: Iterable[Requirement]) -> dict[str, float]:
    """Return what each probe of some requirements costs at most, in requests; output tokens are converted."""
    costs = plan(target, probes_for(target.api, {row.id for row in rows}))
    return {cost.probe: cost.requests + cost.output_tokens / _TOKENS for cost in costs}
