"""Dated sets of requirements: what a certificate of a date rests on."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from conformance.contract.load import SpecError, data

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from conformance.contract.model import Requirement

FULL = "full"
"""The level that is every requirement of a set."""
_DIGITS = 16


@dataclass(frozen=True)
class RequirementSet:
    """The requirements of one API as they were on a day.

    `levels` maps each level of certification to its requirements' ids; `digests` maps each requirement of the set to
    the digest of what it meant.
    """

    id: str
    api: str
    date: date
    levels: Mapping[str, tuple[str, ...]]
    digests: Mapping[str, str]

    def of(self, level: str) -> tuple[str, ...]:
        """Return the ids of the requirements of a level, `full` for all of them.

        Raises:
            KeyError: the set has no such level.
        """
        return tuple(self.digests) if level == FULL else self.levels[level]

    @property
    def level_names(self) -> tuple[str, ...]:
        """The names of its levels, `full` last."""
        return (*self.levels, FULL)


@dataclass(frozen=True)
class Scope:
    """What a run scores: a level of a set."""

    set: RequirementSet
    level: str = FULL

    @property
    def rows(self) -> tuple[str, ...]:
        """The ids of the requirements that count."""
        return self.set.of(self.level)


def digest(row: Requirement) -> str:
    """Return the digest of what a requirement means: its statement, its level, how it is judged and of what.

    The first 16 hexadecimal digits of the SHA-256 of these as JSON.
    """
    meaning = [row.id, row.statement, row.level, row.reading, row.judge, dict(row.params), list(row.operations)]
    text = json.dumps(meaning, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


@cache
def sets(specs: Path | None = None) -> dict[str, RequirementSet]:
    """Return every set by its id, those of an API in the order of their dates.

    Raises:
        SpecError: a file cannot be read.
    """
    found = []
    for path in sorted(((specs or data("specs")) / "sets").glob("*.toml")):
        try:
            found.append(_set(path.stem, tomllib.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise SpecError(f"{path}: {error}") from error
    return {each.id: each for each in sorted(found, key=lambda each: (each.api, each.date))}


def _set(name: str, said: Mapping[str, Any]) -> RequirementSet:
    if said["id"] != name:
        raise ValueError(f"its id is {said['id']}")
    levels = {level: tuple(ids) for level, ids in said["levels"].items()}
    unknown = {row for ids in levels.values() for row in ids} - set(said["digests"])
    if unknown:
        raise ValueError(f"it has no digest of {', '.join(sorted(unknown))}")
    return RequirementSet(name, said["api"], said["date"], levels, dict(said["digests"]))


def newest(api: str, specs: Path | None = None) -> RequirementSet | None:
    """Return an API's set of the latest date, None where it has none."""
    own = [each for each in sets(specs).values() if each.api == api]
    return own[-1] if own else None


def since(api: str, requirement: str, specs: Path | None = None) -> str:
    """Return the id of the first set that has a requirement, empty where none does."""
    return next((s.id for s in sets(specs).values() if s.api == api and requirement in s.digests), "")
