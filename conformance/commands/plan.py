"""The command `plan`: says what a run would send at most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from conformance.commands.run import limits
from conformance.commands.trouble import usage
from conformance.contract.load import api_ids
from conformance.generation.effort import Effort
from conformance.generation.planning import SHRINKING
from conformance.generation.planning import costs_of as generated_costs
from conformance.probes.plan import plan as costs_of
from conformance.probes.target import Target
from conformance.report import Exit
from conformance.run import probes_for, selection
from conformance.usage import base_url, groups, known_api

if TYPE_CHECKING:
    from conformance.probes.plan import Cost


def plan(**said: Any) -> Exit:  # noqa: ANN401 - options as click gives them
    """Print the cost of each probe and in all; sends nothing."""
    with usage():
        apis = [known_api(name) for name in dict.fromkeys(said["apis"]) or api_ids()]
        optional = groups(said["optional"], apis)
        aim = base_url(said["target"]) if said["target"] is not None else ""
    offline = not aim
    bounds = limits(said)
    for api in apis:
        target = Target(
            api,
            aim or api.profile.base_url,
            "",
            model=said["model"] or "",
            configure=offline or said["allow_configure"],
            optional=optional | {o.optional for o in api.operations if offline and o.optional},
        )
        rows = {row.id for row in selection(api, said["level"])}
        fixed = costs_of(target, probes_for(api, rows))
        generated = {effort: _generated(target, effort, said["seed"]) for effort in Effort}
        for effort, costs in generated.items():
            mark = "*" if effort == said["effort"] else " "
            click.echo(f"{mark} {api.id} {effort}: {_in_all([*fixed, *costs])}")
        for cost in [*fixed, *generated[Effort(said["effort"])]]:
            click.echo(f"    {cost.probe:<36} {cost.requests:>4} requests {cost.output_tokens:>6} tokens")
    click.echo(
        f"a run stops at {bounds.requests} requests, {bounds.output_tokens} output tokens, {bounds.seconds:g} seconds"
    )
    return Exit.CONFORMANT


def _in_all(costs: list[Cost]) -> str:
    sent = [cost for cost in costs if cost.probe != SHRINKING]
    requests, tokens = sum(cost.requests for cost in sent), sum(cost.output_tokens for cost in sent)
    thinking = sum(cost.thinking_tokens for cost in sent)
    small = sum(cost.requests for cost in costs) - requests
    more = f", and {small} requests more where cases fail" if small else ""
    return f"at most {requests} requests, {tokens} output tokens ({thinking} more of a model that thinks){more}"


def _generated(target: Target, effort: Effort, seed: int) -> list[Cost]:
    if effort is Effort.SMOKE:
        return []
    from conformance.generation.corpus import corpus

    return generated_costs(corpus(target, effort, seed), target)
