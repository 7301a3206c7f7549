"""The command `serve`: the reference server, faithful or deviating."""

from __future__ import annotations

import click

from conformance.commands.trouble import end, usage
from conformance.contract.load import api_ids
from conformance.reference.deviations.registry import catalogue
from conformance.reference.server import DEFAULT_KEY, Settings
from conformance.reference.server import serve as serve_forever
from conformance.report import Exit
from conformance.usage import known_api, sendable


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
        chosen = tuple(known_api(name).id for name in dict.fromkeys(apis)) or api_ids()
        key = sendable(api_key, "--api-key") if api_key is not None else DEFAULT_KEY
    try:
        _concern(deviations, chosen)
        settings = Settings(chosen, key, latency / 1000, tokens_per_second, deviations)
        serve_forever(settings, port, announce=click.echo)
    except ValueError as trouble:
        raise end(str(trouble), Exit.USAGE) from trouble
    except OSError as trouble:
        raise end(str(trouble), Exit.USAGE) from trouble
    return Exit.CONFORMANT


def _concern(deviations: tuple[str, ...], apis: tuple[str, ...]) -> None:
    """Find out whether each deviation concerns an API that is served.

    Raises:
        ValueError: one does not.
    """
    for name in deviations:
        deviation = catalogue().get(name)
        if deviation and not set(deviation.apis) & set(apis):
            raise ValueError(f"the deviation {name!r} concerns only {', '.join(deviation.apis)}")
