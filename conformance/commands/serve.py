"""The command `serve`: the reference server, faithful or deviating."""

from __future__ import annotations

import click

from conformance.commands.trouble import end, usage
from conformance.contract.load import api_ids
from conformance.reference.server import DEFAULT_KEY, Settings
from conformance.reference.server import serve as serve_forever
from conformance.report import Exit
from conformance.usage import known_api


def serve(
    *,
    apis: tuple[str, ...],
    port: int,
    deviations: tuple[str, ...],
    latency: float,
    tokens_per_second: float,
    api_key: str | None,
) -> Exit:
    """Serve until interrupted; returns the exit status."""
    with usage():
        chosen = tuple(known_api(name).id for name in apis) or api_ids()
    try:
        settings = Settings(chosen, api_key or DEFAULT_KEY, latency / 1000, tokens_per_second, deviations)
        serve_forever(settings, port, announce=click.echo)
    except ValueError as trouble:
        raise end(str(trouble), Exit.USAGE) from trouble
    except OSError as trouble:
        raise end(f"cannot serve on port {port}: {trouble.strerror or trouble}", Exit.USAGE) from trouble
    return Exit.CONFORMANT
