"""The command `plan`: says what a run would send at most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from conformance.commands.said import limits
from conformance.commands.trouble import usage
from conformance.contract.load import api_ids
from conformance.generation.effort import Effort
from conformance.generation.planning import costs_of as generated_costs
from conformance.generation.planning import in_all
from conformance.probes.needed import probes_for
from conformance.probes.plan import plan as costs_of
from conformance.probes.target import Target
from conformance.report import Exit
from conformance.run import selection
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
        generated = _generated(target, said["seed"])
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
    most = in_all(costs)
    more = f", and {most.small} requests more where cases fail" if most.small else ""
    thinking = f"({most.thinking_tokens} more of a model that thinks)"
    return f"at most {most.requests} requests, {most.output_tokens} output tokens {thinking}{more}"


def _generated(target: Target, seed: int) -> dict[Effort, list[Cost]]:
    from conformance.generation.corpus import corpus
    from conformance.generation.documents import Source

    source = Source(target.api)
    return {effort: generated_costs(corpus(target, effort, seed, source), target) for effort in Effort}
