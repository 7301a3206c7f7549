"""Reads reports that were stored as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

from conformance.contract.documents import document_problem
from conformance.contract.model import Level
from conformance.exchange.visible import visible
from conformance.report import FORMAT, Exit, Finding, Verdict
from conformance.usage import UsageTrouble

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MOST = 200
"""Characters of a reason that are shown."""


@dataclass(frozen=True)
class StoredRequirement:
    """What a stored report says of one requirement.

    `waived` says until when and why its failure does not gate, in words; empty where it is not waived.
    """

    id: str
    level: Level
    verdict: Verdict
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    waived: str = ""
    statement: str = ""


@dataclass(frozen=True)
class Stored:
    """One run of a stored report; `document` is all that the file says of it, `format` included.

    `specification` and `digest` (of what was drawn) are SHA-256 in hexadecimal, empty where the report has none.
    """

    api: str
    target: str
    verdict: str
    exit_status: Exit
    seed: int
    suite_version: str
    effort: str
    requirements: Mapping[str, StoredRequirement]
    specification: str = ""
    digest: str = ""
    document: Mapping[str, Any] = field(default_factory=dict)


def read(path: Path) -> list[Stored]:
    """Read the runs of a stored report: one, or as many as APIs were judged.

    Raises:
        UsageTrouble: the file cannot be read, or is not of `specs/report.schema.json`.
    """
    document = _document(path)
    if problem := document_problem("report", document):
        where = f" at {problem.where}" if problem.where else ""
        raise UsageTrouble(f"{path} is no report of this version{where}: {visible(problem.message, most=_MOST)}")
    runs = document.get("runs", [document])
    if not runs:
        raise UsageTrouble(f"{path} holds no run")
    try:
        return [of_document({"format": FORMAT} | run) for run in runs]
    except UsageTrouble as trouble:
        raise UsageTrouble(f"{path} is no report: {trouble}") from trouble


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"), parse_constant=_no_number)
    except OSError as error:
        raise UsageTrouble(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageTrouble(f"{path} is no report: not JSON: {visible(str(error), most=_MOST)}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UsageTrouble(f"{path} is no report: its format is not {FORMAT}")
    return document


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number (RFC 8259)")


def of_document(said: dict[str, Any]) -> Stored:
    """Return what the document of one run says, which is of `specs/report.schema.json`.

    Raises:
        UsageTrouble: it has a requirement twice.
    """
    rows = [_requirement(row) for row in said["requirements"]]
    requirements = {row.id: row for row in rows}
    if len(requirements) < len(rows):
        twice = next(row.id for index, row in enumerate(rows) if row.id in {each.id for each in rows[:index]})
        raise UsageTrouble(f"{said['api']} has {twice} twice")
    return Stored(
        api=said["api"],
        target=said["target"],
        verdict=said["verdict"],
        exit_status=Exit(said["exit_status"]),
        seed=said["seed"],
        suite_version=said["suite_version"],
        effort=said["generated"]["effort"],
        requirements=MappingProxyType(requirements),
        specification=said.get("specification") or "",
        digest=said["generated"]["digest"] or "",
        document=MappingProxyType(said),
    )


def _requirement(said: dict[str, Any]) -> StoredRequirement:
    waiver = said.get("waiver")
    return StoredRequirement(
        id=said["id"],
        level=Level(said["level"]),
        verdict=Verdict(said["verdict"]),
        reason=said["reason"] or "",
        findings=tuple(map(_finding, said["findings"])),
        waived=f"waived until {waiver['expires']}: {waiver['reason']}" if waiver else "",
        statement=said["statement"],
    )


def _finding(said: dict[str, Any]) -> Finding:
    texts = {name: said[name] or "" for name in ("message", "expected", "actual", "where", "exchange", "curl")}
    return Finding(level=Level(said["level"]), operation=said.get("operation") or "", **texts)
