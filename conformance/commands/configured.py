"""Gives options the values of the environment and of the configuration file, below those of the command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.configuration import Configuration

PREFIX = "LLM_CONFORMANCE_"
SECRET = "api_key"  # noqa: S105 - the name of a parameter
"""The parameter that neither a file nor a variable of its own sets: the key is found by `--api-key-env`."""
OWN = ("config", "profile")
"""The parameters that say where options come from."""
FOUND = "conformance.configuration"
"""Where a click context keeps the configuration that was found."""
Body = TypeVar("Body", bound="Callable[..., Any]")


class Lines(click.types.StringParamType):
    """Text of which a variable holds several, one a line."""

    envvar_list_splitter = "\n"


class Configured(click.Command):
    """A command whose options may come from `LLM_CONFORMANCE_<OPTION>` and from a file."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - click's own
        super().__init__(*arguments, **named)
        for name, param in self.settable.items():
            param.envvar = param.envvar or PREFIX + name.upper().replace("-", "_")

    @property
    def settable(self) -> dict[str, click.Option]:
        """The options that a file may set, by their long names."""
        options = [each for each in self.params if isinstance(each, click.Option)]
        return {long_name(each): each for each in options if each.name not in {SECRET, *OWN, "help"}}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Find the file before anything else is looked at; help needs none."""
        options = args[: args.index("--")] if "--" in args else args
        if not ctx.resilient_parsing and not {"-h", "--help"} & set(options):
            said, _, _ = self.make_parser(ctx).parse_args(list(args))
            path, profile = (said.get(name) or os.environ.get(PREFIX + name.upper()) or None for name in OWN)
            found = _found(known(ctx), Path(path) if path else None, profile)
            ctx.meta[FOUND] = found
            ctx.default_map = _defaults(self, found)
        return super().parse_args(ctx, args)


def options(function: Body) -> Body:
    """Add the options that name the file and the profile of it."""
    profile = click.option("--profile", metavar="NAME", expose_value=False, help="Use [profile.NAME] of the file, too.")
    file = click.option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False),
        expose_value=False,
        metavar="FILE",
        help="Options as TOML; default: the nearest llm-conformance.toml or pyproject.toml.",
    )
    return file(profile(function))


def long_name(option: click.Option) -> str:
    """Return the name that an option has in a file: the long one, without dashes."""
    return next((each for each in option.opts if each.startswith("--")), option.opts[0]).lstrip("-")


def known(ctx: click.Context) -> set[str]:
    """Return the names that a file may use: those of all commands that read it."""
    group = ctx.parent.command if ctx.parent else ctx.command
    commands = group.commands.values() if isinstance(group, click.Group) else [group]
    return {name for command in commands if isinstance(command, Configured) for name in command.settable}


def _found(names: set[str], path: Path | None, profile: str | None) -> Configuration:
    from conformance.commands.trouble import usage
    from conformance.configuration import Configuration, find, read
    from conformance.usage import UsageTrouble

    with usage():
        there = path or find(Path.cwd())
        if there is not None:
            return read(there, sorted(names), profile)
        if profile is not None:
            raise UsageTrouble(f"there is no configuration that has a profile {profile!r}: name the file by --config")
    return Configuration()


def _defaults(command: Configured, found: Configuration) -> dict[str, Any]:
    """Return the values by parameter; paths are seen from the folder of the file."""
    values: dict[str, Any] = {}
    for name, option in command.settable.items():
        if name in found.values and found.path is not None:
            value = found.values[name]
            seen = _beside(found.path, value) if isinstance(option.type, click.Path) else value
            values[str(option.name)] = [seen] if option.multiple and isinstance(seen, str) else seen
    return values


def _beside(path: Path, value: str) -> str:
    folder = path.resolve().parent
    return value if folder == Path.cwd() else str(folder / value)
