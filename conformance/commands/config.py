"""The command `config`: says which options are in force, and where each comes from."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from conformance.commands.configured import FOUND, SECRET, Configured
from conformance.commands.trouble import usage
from conformance.contract.load import api_ids
from conformance.exchange.visible import visible
from conformance.report import Exit
from conformance.settings import DEFAULT_KEY_ENV
from conformance.usage import base_url, known_api

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.configuration import Configuration

_HIDDEN = "…"


def config() -> Exit:
    """Print every option that `run` would take as a line of TOML; a key, or the value of a header, never."""
    context = click.get_current_context()
    found: Configuration = context.meta[FOUND]
    click.echo(f"# {found.path}" if found.path else "# no configuration file")
    with usage():
        lines = [*_lines(context, found), *_keys(context.params)]
    for line, origin in lines:
        click.echo(f"{visible(line):<48}  # {visible(origin)}")
    return Exit.CONFORMANT


def _lines(context: click.Context, found: Configuration) -> Iterator[tuple[str, str]]:
    command = context.command
    assert isinstance(command, Configured)
    for name, option in command.settable.items():
        value = _shown(name, context.params[str(option.name)])
        if value is not None:
            yield f"{name} = {json.dumps(value, ensure_ascii=False)}", _origin(context, option, name, found)


def _shown(name: str, value: Any) -> Any:  # noqa: ANN401 - of any option
    if name == "header":
        return [f"{header.partition(':')[0]}: {_HIDDEN}" for header in value] or None
    if name == "target" and value is not None:
        return base_url(value)
    if isinstance(value, Path):
        return str(value)
    return None if value in (None, (), "") else value


def _origin(context: click.Context, option: click.Option, name: str, found: Configuration) -> str:
    source = context.get_parameter_source(str(option.name))
    if source is click.core.ParameterSource.COMMANDLINE:
        return "the command line"
    if source is click.core.ParameterSource.ENVIRONMENT:
        return str(option.envvar)
    if source is click.core.ParameterSource.DEFAULT_MAP:
        return found.origin(name)
    return "default"


def _keys(said: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Say of each API where its key would come from."""
    if said["target"] is None:
        return
    for api in map(known_api, said["apis"] or api_ids()):
        names = [said["api_key_env"]] if said["api_key_env"] else [DEFAULT_KEY_ENV, api.profile.key_env]
        there = next((name for name in names if os.environ.get(name)), "")
        if said[SECRET] is not None:
            there = "--api-key"
        yield f"# the key of {api.id}", f"from {there}" if there else f"not set: {' or '.join(names)}"
