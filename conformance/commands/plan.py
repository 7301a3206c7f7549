"""The command `plan`: says what a run would send at most."""

from __future__ import annotations

from typing import Any

import click

from conformance.commands.run import limits
from conformance.commands.trouble import usage
from conformance.contract.load import api_ids
from conformance.probes.plan import plan as costs_of
from conformance.probes.target import Target
from conformance.report import Exit
from conformance.run import probes_for, selection
from conformance.usage import base_url, groups, known_api


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
        costs = costs_of(target, probes_for(api, rows))
        requests, tokens = sum(c.requests for c in costs), sum(c.output_tokens for c in costs)
        thinking = sum(c.thinking_tokens for c in costs)
        click.echo(
            f"{api.id}: at most {requests} requests, {tokens} output tokens ({thinking} more of a model that thinks)"
        )
        for cost in costs:
            click.echo(f"  {cost.probe:<36} {cost.requests:>4} requests {cost.output_tokens:>6} tokens")
    click.echo(
        f"a run stops at {bounds.requests} requests, {bounds.output_tokens} output tokens, {bounds.seconds:g} seconds"
    )
    return Exit.CONFORMANT
