"""What a run would send at most, found by going through the probes without sending."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conformance.exchange.model import Ending, Exchange, Request
from conformance.probes.discovery import MOST_RETRIES, discover

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from conformance.probes.call import Call
    from conformance.probes.registry import Probe
    from conformance.probes.target import Target

_MODELS = ("model-0", "lab/model-1", "model-2", "model-3", "model-4")
"""More models than any probe asks one by one, and of every kind of name: what there is is not known beforehand."""
_ALIASES = ("alias-1", "alias-2")


@dataclass(frozen=True)
class Cost:
    """What a probe sends at most, retries of a busy target apart: requests and output tokens.

    `thinking_tokens` are the output tokens that a model which thinks may take beside.
    """

    probe: str
    requests: int
    output_tokens: int
    thinking_tokens: int


def plan(target: Target, probes: Iterable[Probe]) -> list[Cost]:
    """Return the cost of the discovery and of each probe; probes that send nothing here are left out."""
    known = supposed(target)
    asked = 1 if target.model else max(1, len(target.api.profile.models.candidates))
    requests, tokens = rehearsed(discover(known))
    if tokens:  # there is a chat, which may be refused for what the request says
        asked *= 1 + MOST_RETRIES
    costs = [Cost("discovery", requests + asked - 1, tokens * asked, 0)]
    for probe in probes:
        requests, tokens = rehearsed(probe.start(known))
        _, more = rehearsed(probe.start(replace(known, thinks=True)))
        if requests:
            costs.append(Cost(probe.name, requests + probe.polls, tokens, more - tokens))
    return costs


def supposed(target: Target) -> Target:
    """Return a target with more to ask than most have, where it is not known yet what it has."""
    return replace(
        target,
        model=target.model or "a-model",
        models=target.models or _MODELS,
        aliases=target.aliases or _ALIASES,
    )


def rehearsed(calls: Generator[Call, Exchange, Target | None]) -> tuple[int, int]:
    """Return how many requests and output tokens a probe asks for where nothing answers."""
    requests = tokens = 0
    try:
        call = next(calls)
        while True:
            requests, tokens = requests + 1, tokens + call.tokens
            call = calls.send(Exchange("", Request(call.method, call.url), ending=Ending.REFUSED))
    except StopIteration:
        return requests, tokens
