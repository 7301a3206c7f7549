"""The command `serve`: the reference server, faithful or deviating, or recordings played back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from conformance.commands.trouble import end, usage
from conformance.contract.load import api_ids
from conformance.exchange.har import HarError
from conformance.reference.deviations.registry import concern
from conformance.reference.playback.pace import pace
from conformance.reference.playback.reading import base_paths, shelf
from conformance.reference.playback.server import Playing
from conformance.reference.playback.server import serve as play_forever
from conformance.reference.server import DEFAULT_KEY, Settings
from conformance.reference.server import serve as serve_forever
from conformance.report import Exit
from conformance.transport.collect import is_loopback
from conformance.usage import UsageTrouble, known_api, sendable

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.reference.playback.shelf import Shelf, Unmatched

_OF_THE_SERVER = {
    "apis": "--api",
    "deviations": "--deviate",
    "latency": "--latency",
    "tokens_per_second": "--tokens-per-second",
}
_OF_RECORDINGS = {"timing": "--timing", "split": "--split", "base_path": "--base-path"}


def serve(
    *,
    apis: tuple[str, ...],
    port: int,
    host: str,
    deviations: tuple[str, ...],
    latency: float,
    tokens_per_second: float,
    api_key: str | None,
    places: tuple[Path, ...] = (),
    timing: str | None = None,
    split: str | None = None,
    base_path: str | None = None,
) -> Exit:
    """Serve until interrupted; returns the exit status."""
    with usage():
        _fitting(recordings=bool(places))
        key = sendable(api_key, "--api-key") if api_key is not None else None
        chosen = tuple(known_api(name).id for name in dict.fromkeys(apis)) or api_ids()
    _warn(host, public=key is None)
    try:
        if places:
            playing = Playing(pace(timing or "recorded"), bool(split), key, _tell)
            return _play(shelf(places, base_path), playing, port, host)
        concern(deviations, chosen)
        settings = Settings(chosen, key or DEFAULT_KEY, latency / 1000, tokens_per_second, deviations)
        serve_forever(settings, port, host, announce=click.echo)
    except (ValueError, HarError, OSError) as trouble:
        raise end(str(trouble), Exit.USAGE) from trouble
    return Exit.CONFORMANT


def _warn(host: str, *, public: bool) -> None:
    """Say so where other machines can reach the server."""
    if not is_loopback(f"//[{host}]" if ":" in host else f"//{host}"):
        key = ", and its key is public: --api-key sets another" if public else ""
        click.echo(f"llm-conformance: whoever reaches {host} can use this server{key}", err=True)


def _tell(miss: Unmatched) -> None:
    click.echo(miss.message, err=True)


def _fitting(*, recordings: bool) -> None:
    """Find out whether what was said fits what is served.

    Raises:
        UsageTrouble: it does not.
    """
    context = click.get_current_context()
    said = {
        name for name in context.params if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    }
    for name, option in (_OF_THE_SERVER if recordings else _OF_RECORDINGS).items():
        if name in said and recordings:
            raise UsageTrouble(f"{option} is for the reference server; --fixtures plays what was recorded")
        if name in said:
            raise UsageTrouble(f"{option} is for recordings: name them with --fixtures")


def _play(recorded: Shelf, playing: Playing, port: int, host: str) -> Exit:
    """Play recordings until interrupted, then say how many of them were asked for."""
    many = len(recorded.recordings)

    def announce(address: str) -> None:
        bases = base_paths(recorded.recordings)
        often = {base: found for base, found in bases.items() if found > 1}  # a run asks below wrong ones, too
        for base, found in (often or bases or {"": many}).items():
            click.echo(f"{found} recordings  {address}{base}")

    play_forever(recorded, playing, port, announce, host)
    click.echo(f"played {len(recorded.played)} of {many} recordings; requests that none answers: {recorded.unmatched}")
    return Exit.CONFORMANT
