"""Reads the file that a project keeps its options in."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from conformance.contract.documents import document_problem
from conformance.usage import UsageTrouble

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

NAME = "llm-conformance.toml"
_PROJECT = "pyproject.toml"
_TABLE = "llm-conformance"
_PROFILES = "profile"
_KEYS = ("api-key", "api_key", "key")
_CREDENTIALS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-goog-api-key"})
"""Header fields that carry a credential, in lower case."""


@dataclass(frozen=True)
class Configuration:
    """The options that a file sets, by the long names of the command's options; `path` is None where there is no file.

    `profiled` are the names of those that its profile sets.
    """

    path: Path | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    profile: str = ""
    profiled: frozenset[str] = frozenset()

    def origin(self, name: str) -> str:
        """Return where the value of an option stands."""
        return f"{self.path} [{_PROFILES}.{self.profile}]" if name in self.profiled else str(self.path)


def find(folder: Path) -> Path | None:
    """Return the nearest configuration of a folder, looking no higher than the root of its repository.

    Outside a repository only the folder itself is looked at.

    Raises:
        UsageTrouble: a `pyproject.toml` on the way cannot be read.
    """
    around = [folder, *folder.parents]
    root = next((at for at, each in enumerate(around) if (each / ".git").exists()), 0)
    for each in around[: root + 1]:
        if (each / NAME).is_file():
            return each / NAME
        project = each / _PROJECT
        if project.is_file() and _tool(_toml(project)) is not None:
            return project
    return None


def read(path: Path, options: Collection[str], profile: str | None = None) -> Configuration:
    """Return what a file sets, and over it what a profile of it does.

    `options` are the known names. `path` is `llm-conformance.toml`, a file of its form, or a `pyproject.toml`.

    Raises:
        UsageTrouble: the file cannot be read, sets what is not known or of another type, or a key.
    """
    content = _toml(path)
    found = _tool(content) if path.name == _PROJECT else content
    if found is None:
        raise UsageTrouble(f"{path} has no table [tool.{_TABLE}]")
    profiles = found.pop(_PROFILES, {})
    if not isinstance(profiles, dict) or not all(isinstance(each, dict) for each in profiles.values()):
        raise UsageTrouble(f"{path}: {_PROFILES} is no table of tables: write [{_PROFILES}.NAME]")
    for name, values in {"": found, **{f"{_PROFILES}.{name}.": each for name, each in profiles.items()}}.items():
        _check(path, name, values, options)
    if profile is None:
        return Configuration(path, found)
    if profile not in profiles:
        there = f"there are {', '.join(profiles)}" if profiles else "there are none"
        raise UsageTrouble(f"{path} has no profile {profile!r}: {there}")
    chosen = profiles[profile]
    return Configuration(path, found | chosen, profile, frozenset(chosen))


def _check(path: Path, place: str, values: Mapping[str, Any], options: Collection[str]) -> None:
    """Find out whether all that is set can be set.

    Raises:
        UsageTrouble: it cannot.
    """
    for name in values:
        if name in _KEYS:
            raise UsageTrouble(f"{path}: {place}{name}: a key is not kept in a file; name its variable by api-key-env")
        if name not in options:
            near = get_close_matches(name.replace("_", "-"), options, 1)
            hint = f"did you mean {near[0]}?" if near else "`llm-conformance config` lists what there is"
            raise UsageTrouble(f"{path}: unknown key {place}{name}: {hint}")
    if problem := document_problem("config", dict(values)):
        where = ".".join(filter(None, problem.where.split("/"))) or "it"
        raise UsageTrouble(f"{path}: {place}{where}: expected {problem.expected}, found {problem.actual}")
    headers = values.get("header", ())
    for header in [headers] if isinstance(headers, str) else headers:
        if header.partition(":")[0].strip().lower() in _CREDENTIALS:
            raise UsageTrouble(f"{path}: {place}header: a credential is not kept in a file; name it by api-key-env")


def _tool(content: Mapping[str, Any]) -> dict[str, Any] | None:
    tool = content.get("tool")
    found = tool.get(_TABLE) if isinstance(tool, dict) else None
    return found if isinstance(found, dict) else None


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageTrouble(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # no UTF-8, no TOML, or nested too deep
        raise UsageTrouble(f"{path} is not TOML: {error}") from error
