"""Reads `specs/`: the only place that does."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from conformance.contract.capabilities import assigned, vocabulary
from conformance.contract.model import (
    Api,
    Caps,
    Companion,
    Credential,
    Level,
    Models,
    Operation,
    Profile,
    Requirement,
)
from conformance.contract.schema import Schemas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SELECTORS: dict[str, Callable[[Operation], bool]] = {
    "@all": lambda o: not o.optional,
    "@body": lambda o: o.has_body and not o.optional,
    "@read": lambda o: o.effect == "read" and not o.optional,
    "@generate": lambda o: o.effect == "generate" and not o.optional,
    "@chat": lambda o: o.kind == "chat" and not o.optional,
    "@completion": lambda o: o.kind == "completion" and not o.optional,
    "@embedding": lambda o: o.kind == "embedding" and not o.optional,
    "@models": lambda o: o.kind in {"models", "model"} and not o.optional,
    "@streaming": lambda o: o.streams != "never" and not o.optional,
}
"""What a row may write instead of operation ids."""

_ROW = {
    "id",
    "level",
    "basis",
    "source",
    "statement",
    "operations",
    "judge",
    "probes",
    "needs",
    "optional",
    "doubt",
    "excluded",
    "reading",
    "bugs",
    "words",
    "except_operations",
    "capability",
}


class SpecError(Exception):
    """A file of `specs/` cannot be read or does not say what it must; the message names file and fault."""


def data(kind: str) -> Path:
    """Return the folder of shipped data (`specs` or `fixtures`), in a wheel as in a checkout."""
    shipped = Path(str(files("conformance"))) / kind
    return shipped if shipped.is_dir() else Path(__file__).resolve().parents[2] / kind


def api_ids(specs: Path | None = None) -> tuple[str, ...]:
    """Return the ids of the documented APIs, sorted.

    Raises:
        SpecError: the folder of specifications cannot be read.
    """
    root = specs or data("specs")
    try:
        return tuple(sorted(p.parent.name for p in root.glob("*/profile.toml")))
    except OSError as error:
        raise SpecError(f"{root}: {error.strerror}") from error


@cache
def load_api(api_id: str, specs: Path | None = None) -> Api:
    """Read one API's specification, requirements and profile.

    Raises:
        SpecError: a file is missing, unreadable or inconsistent.
    """
    root = specs or data("specs")
    folder = root / api_id
    openapi = _yaml(folder / "openapi.yaml")
    facts = _toml(folder / "profile.toml")
    rows = _toml(folder / "requirements.toml")
    common = [row for path in sorted((root / "common").glob("*.toml")) for row in _toml(path).get("requirement", ())]
    try:
        formats = {name: _format(root, name, taken) for name, taken in rows.get("formats", {}).items()}
        operations = tuple(_operations(openapi, facts.get("operations", {})))
        known = vocabulary(_toml(root / "capabilities.toml")["capability"], operations)
        requirements = assigned(_requirements(common, list(chain(*formats.values())), rows, operations), known)
        schemas = Schemas(openapi)
        described = [name for name in formats if (root / name / "openapi.yaml").is_file()]
        references = {name: schemas if name == api_id else load_api(name, specs).schemas for name in described}
        profile = _profile(api_id, openapi, facts)
        return Api(api_id, openapi, operations, requirements, profile, schemas, references, known)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise SpecError(f"{folder}: {reason}") from error


def _operations(openapi: Mapping[str, Any], facts: Mapping[str, Any]) -> list[Operation]:
    found = []
    for path, item in openapi["paths"].items():
        for method, said in item.items():
            if not isinstance(said, dict) or "operationId" not in said:
                continue
            name = said["operationId"]
            success = tuple(status for status in said["responses"] if status.startswith("2"))
            found.append(
                Operation(
                    id=name,
                    method=method.upper(),
                    path=path,
                    has_body="requestBody" in said,
                    success=success,
                    **facts[name] | {"mistyped": tuple(facts[name].get("mistyped", ()))},
                )
            )
    unknown = set(facts) - {operation.id for operation in found}
    if unknown:
        raise ValueError(f"profile.toml names unknown operations: {', '.join(sorted(unknown))}")
    return found


def _format(root: Path, name: str, taken: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a format that an API's documents name, none stronger than they make it."""
    rows = [dict(row) for path in sorted((root / "common" / name).glob("*.toml")) for row in _toml(path)["requirement"]]
    if not rows:
        raise ValueError(f"requirements.toml names the unknown format {name}")
    known = {row["id"] for row in rows}
    left = {pattern: {row for row in known if fnmatchcase(row, pattern)} for pattern in taken.get("without", ())}
    if unknown := [pattern for pattern, found in left.items() if not found]:
        raise ValueError(f"requirements.toml leaves out unknown rows of {name}: {', '.join(unknown)}")
    strongest = Level(taken["level"])
    return [
        row | {"level": max(Level(row["level"]), strongest, key=lambda level: level.rank)}
        for row in rows
        if row["id"] not in set().union(*left.values())
    ]


def _requirements(
    common: list[dict[str, Any]],
    formats: list[dict[str, Any]],
    own: Mapping[str, Any],
    operations: tuple[Operation, ...],
) -> list[Requirement]:
    changes: Mapping[str, Mapping[str, Any]] = own.get("common", {})
    shared = [row["id"] for row in [*common, *formats]]
    unknown = [pattern for pattern in changes if not any(fnmatchcase(name, pattern) for name in shared)]
    if unknown:
        raise ValueError(f"requirements.toml changes unknown common rows: {', '.join(unknown)}")
    rows = [_changed(row, changes) for row in common] + list(own.get("requirement", ()))
    found = [_requirement(row, operations) for row in rows]
    found += _of_formats([_changed(row, changes) for row in formats], {row.id for row in found}, operations)
    names = [requirement.id for requirement in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"requirement ids occur twice: {', '.join(twice)}")
    return found


def _of_formats(rows: list[dict[str, Any]], own: set[str], operations: tuple[Operation, ...]) -> Iterator[Requirement]:
    """Yield the rows of formats that concern any of the operations."""
    concerned = [row for row in (_requirement(row, operations) for row in rows) if row.operations or row.excluded]
    known = own | {row.id for row in concerned}
    for row in concerned:
        yield replace(row, needs=tuple(name for name in row.needs if name in known))


def _changed(row: Mapping[str, Any], changes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    changed = dict(row)
    for pattern, change in changes.items():  # later patterns win, so a file writes the general one first
        if fnmatchcase(row["id"], pattern):
            changed |= change
            if pattern != row["id"]:  # what is said of many rows makes none of them stronger
                changed["level"] = max(changed["level"], row["level"], key=lambda level: Level(level).rank)
    return changed


def _requirement(row: Mapping[str, Any], operations: tuple[Operation, ...]) -> Requirement:
    known = {operation.id for operation in operations}
    chosen: list[str] = []
    for word in row.get("operations", ()):
        if word in SELECTORS:
            chosen += [o.id for o in operations if SELECTORS[word](o) and o.id not in chosen]
        elif word in known:
            chosen.append(word)
        else:
            raise ValueError(f"requirement {row['id']} names the unknown operation {word}")
    without = set(row.get("except_operations", ()))
    without |= {o.id for o in operations if not set(row.get("words", ())) <= set(o.request)}
    return Requirement(
        id=row["id"],
        level=Level(row["level"]),
        basis=row["basis"],
        source=row["source"],
        statement=row["statement"],
        operations=tuple(name for name in chosen if name not in without),
        judge=row.get("judge", ""),
        params={key: value for key, value in row.items() if key not in _ROW},
        probes=tuple(row.get("probes", ())),
        needs=tuple(row.get("needs", ())),
        optional=row.get("optional", ""),
        doubt=row.get("doubt", ""),
        excluded=row.get("excluded", ""),
        reading=row.get("reading", ""),
        bugs=tuple(row.get("bugs", ())),
        words=tuple(row.get("words", ())),
        capability=row.get("capability", ""),
    )


def _profile(api_id: str, openapi: Mapping[str, Any], facts: Mapping[str, Any]) -> Profile:
    models = dict(facts.get("models", {}))
    for name in ("also", "candidates"):
        models[name] = tuple(models.get(name, ()))
    return Profile(
        api=api_id,
        title=openapi["info"]["title"],
        base_url=facts["base_url"],
        base_path=facts["base_path"],
        key_env=facts["key_env"],
        credentials=tuple(Credential(**way) for way in facts["credential"]),
        companions=tuple(Companion(**header) for header in facts.get("companion", ())),
        models=Models(**models),
        caps=Caps(**facts.get("caps", {})),
        error=facts.get("error", {}),
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{path}: not TOML: {error}") from error


def _yaml(path: Path) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        found = yaml.load(_text(path), Loader=loader)  # noqa: S506 - one of the two safe loaders
        return dict(json.loads(json.dumps(found)))
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise SpecError(f"{path}: not a YAML document: {' '.join(str(error).split())}") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
