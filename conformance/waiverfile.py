"""Reads waivers from a file."""

from __future__ import annotations

import tomllib
from datetime import date, time
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.contract.documents import document_problem
from conformance.contract.load import api_ids
from conformance.exchange.visible import visible
from conformance.usage import UsageTrouble, known_api
from conformance.waivers import Waiver

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from conformance.contract.model import Api

UNSAID = "TODO"
"""How a reason begins that nobody has written yet."""
_DEFAULT = Path("waivers.toml")
_MOST = 200
"""Characters of a fault that are shown."""


def waivers_given(named: Path | None = None) -> Path | None:
    """Return the file that a run takes its waivers from: the one that is named, else `waivers.toml` if it is there."""
    return named or (_DEFAULT if _DEFAULT.exists() else None)


def read_waivers(path: Path) -> tuple[Waiver, ...]:
    """Read waivers from a TOML file.

    Raises:
        UsageTrouble: the file cannot be read or is not of `specs/waivers.schema.json`; a waiver names what is not
            there, gives no reason, or is there twice.
    """
    document = _document(path)
    if problem := document_problem("waivers", document):
        raise UsageTrouble(f"{path}: {_place(problem.where)}{visible(problem.message, most=_MOST)}")
    found: dict[tuple[str, str, str], int] = {}
    waivers = []
    for number, said in enumerate(document.get("waiver", ()), 1):
        try:
            waiver = _waiver(said)
        except UsageTrouble as trouble:
            raise UsageTrouble(f"{path}: waiver {number}: {trouble}") from trouble
        key = waiver.requirement, waiver.api, waiver.operation
        if key in found:
            raise UsageTrouble(f"{path}: waiver {number}: waiver {found[key]} is for {waiver.scope}, too")
        found[key] = number
        waivers.append(waiver)
    return tuple(waivers)


def _document(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageTrouble(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageTrouble(f"{path} is no TOML: {visible(str(error), most=_MOST)}") from error
    written: dict[str, Any] = _as_json(document)
    return written


def _as_json(value: Any) -> Any:  # noqa: ANN401 - whatever TOML holds
    """Return a TOML value as JSON has it: dates and times as text."""
    if isinstance(value, dict):
        return {name: _as_json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_as_json(each) for each in value]
    return value.isoformat() if isinstance(value, date | time) else value


def _place(where: str) -> str:
    """Say a JSON pointer into the file in its words."""
    words = where.split("/")[1:]
    if len(words) > 1 and words[0] == "waiver" and words[1].isdecimal():
        return ": ".join([f"waiver {int(words[1]) + 1}", *words[2:]]) + ": "
    return ": ".join([*words, ""])


def _waiver(said: dict[str, str]) -> Waiver:
    apis = [known_api(said["api"])] if "api" in said else [known_api(name) for name in api_ids()]
    about = [api for api in apis if any(row.id == said["requirement"] for row in api.requirements)]
    if not about:
        names = {row.id for api in apis for row in api.requirements}
        raise UsageTrouble(_unknown("requirement", said["requirement"], names, apis))
    operations = {operation.id for api in about for operation in api.operations}
    if "operation" in said and said["operation"] not in operations:
        raise UsageTrouble(_unknown("operation", said["operation"], operations, about))
    reason = " ".join(said["reason"].split())
    if reason.upper().startswith(UNSAID):
        raise UsageTrouble(f"the reason of {said['requirement']} is not written yet: say why it is waived")
    expires = date.fromisoformat(said["expires"])
    return Waiver(said["requirement"], reason, expires, said.get("api", ""), said.get("operation", ""))


def _unknown(kind: str, name: str, names: Iterable[str], apis: Sequence[Api]) -> str:
    near = get_close_matches(name, sorted(names), 3)
    there = (
        "see `llm-conformance list requirements`" if kind == "requirement" else f"there is {', '.join(sorted(names))}"
    )
    hint = f"did you mean {' or '.join(near)}?" if near else there
    where = f" of {apis[0].id}" if len(apis) == 1 else ""
    return f"unknown {kind} {visible(name, most=_MOST)!r}{where}: {hint}"
