"""What generated traffic costs at most, found by going through its cases without sending."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from conformance.probes.plan import Cost, rehearsed, supposed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.generation.cases import Corpus, Part
    from conformance.probes.target import Target

SHRINKING = "shrinking"
"""What the cost of making failing cases small is called; it is none where nothing fails."""


class InAll(NamedTuple):
    """What a run sends at most: requests, output tokens, those more that a model takes to think.

    `small` are the requests beside that make failing cases small.
    """

    requests: int
    output_tokens: int
    thinking_tokens: int
    small: int


def in_all(costs: Iterable[Cost]) -> InAll:
    """Add up the costs of a run."""
    each = list(costs)
    sent = [cost for cost in each if cost.probe != SHRINKING]
    return InAll(
        sum(cost.requests for cost in sent),
        sum(cost.output_tokens for cost in sent),
        sum(cost.thinking_tokens for cost in sent),
        sum(cost.requests for cost in each if cost.probe == SHRINKING),
    )


def costs_of(corpus: Corpus, target: Target) -> list[Cost]:
    """Return the cost of each part, and of making as many failing cases small as may be."""
    known = supposed(target)
    thinking = replace(known, thinks=True)
    found: dict[Part, Cost] = {}
    dearest = 0
    for case in corpus.cases:
        requests, tokens = rehearsed(case.start(known))
        _, more = rehearsed(case.start(thinking))
        part = found.get(case.part, Cost(".".join(case.part), 0, 0, 0))
        found[case.part] = Cost(
            part.probe, part.requests + requests, part.output_tokens + tokens, part.thinking_tokens + more - tokens
        )
        dearest = max(dearest, -(-tokens // max(1, requests)))
    most = min(corpus.quota.shrunk, len(corpus.cases)) * corpus.quota.shrinking
    return [*found.values(), Cost(SHRINKING, most, most * dearest, 0)] if found else []
