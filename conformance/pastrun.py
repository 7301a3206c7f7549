"""Reads back what a run left in its folder: what it found, and the exchanges that show it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.contract.capabilities import declared
from conformance.contract.model import Level
from conformance.exchange.har import HarError, read
from conformance.report import FORMAT, Finding
from conformance.usage import UsageTrouble, base_url, known_api

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.contract.model import Api, Requirement
    from conformance.exchange.model import Exchange

_REPORT, _RECORDING = "report.json", "exchanges.har"


@dataclass(frozen=True)
class Case:
    """One finding of a past run, with the requirement that it breaks."""

    requirement: Requirement
    finding: Finding

    @property
    def name(self) -> str:
        """What a user calls it: `REQUIREMENT@EXCHANGE`."""
        return f"{self.requirement.id}@{self.finding.exchange}"


@dataclass(frozen=True)
class PastRun:
    """A run that is over: its API, its target's base URL, what it found, every exchange in order.

    `seed` and `suite_version` are those of the run, as far as its report says them.
    """

    folder: Path
    api: Api
    base_url: str
    cases: tuple[Case, ...]
    exchanges: tuple[Exchange, ...]
    seed: int | None = None
    suite_version: str = ""

    def named(self, words: Sequence[str]) -> list[Case]:
        """Return the findings that words name: `REQUIREMENT@EXCHANGE`, a requirement, or an exchange.

        Raises:
            UsageTrouble: a word names none, or one whose exchange was not recorded.
        """
        chosen = {case.name: case for word in words for case in self._named(word)}
        there = {exchange.id for exchange in self.exchanges}
        for case in chosen.values():
            if case.finding.exchange not in there:
                raise UsageTrouble(f"{self.folder / _RECORDING} has no exchange {case.finding.exchange!r}")
        return list(chosen.values())

    def _named(self, word: str) -> list[Case]:
        found = [c for c in self.cases if word in {c.name, c.requirement.id, c.finding.exchange}]
        if found:
            return found
        words = dict.fromkeys(w for c in self.cases for w in (c.name, c.requirement.id, c.finding.exchange))
        near = get_close_matches(word, words, 3) or [case.name for case in self.cases[:3]]
        hint = f"there is {', '.join(near)}" if near else "it found nothing"
        raise UsageTrouble(f"{self.folder} has no finding {word!r}: {hint}")


def past_run(place: Path | None = None) -> PastRun:
    """Read a run's folder, named by itself or by its report; without one, the newest below `reports`.

    Raises:
        UsageTrouble: there is none, or it cannot be read.
    """
    path = place or _newest(Path("reports"))
    file = path / _REPORT if path.is_dir() else path
    said = _report(file)
    api = known_api(_text(said.get("api")))
    aim = _text(said.get("target"))
    try:
        exchanges = read(file.with_name(_RECORDING))
    except HarError as error:
        raise UsageTrouble(str(error)) from error
    seed = said.get("seed")
    return PastRun(
        folder=file.parent,
        api=api,
        base_url=base_url(aim),
        cases=tuple(_cases(api, said)),
        exchanges=exchanges,
        seed=seed if isinstance(seed, int) else None,
        suite_version=_text(said.get("suite_version")),
    )


def _newest(reports: Path) -> Path:
    try:
        found = [(file.stat().st_mtime, str(file), file) for file in reports.glob(f"*/{_REPORT}")]
    except OSError as error:
        raise UsageTrouble(f"cannot read {reports}: {error.strerror}") from error
    if not found:
        raise UsageTrouble(f"there is no report below {reports}: name the folder of a run with --report")
    return max(found)[2].parent


def _report(file: Path) -> dict[str, Any]:
    try:
        said = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageTrouble(f"cannot read {file}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageTrouble(f"{file} is no report: not JSON: {error}") from error
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise UsageTrouble(f"{file} is no report: its format is not {FORMAT}")
    if "runs" in said:
        raise UsageTrouble(f"{file} holds several runs: name the folder of one")
    return said


def _cases(api: Api, said: dict[str, Any]) -> list[Case]:
    """Return the findings that lie in an exchange, one a requirement and exchange, the first."""
    claims = {capability.name for capability in api.capabilities}
    known = {row.id: row for row in declared(api, claims).requirements}
    cases: dict[str, Case] = {}
    for result in _objects(said.get("requirements")):
        row = known.get(_text(result.get("id")))
        for each in _objects(result.get("findings")):
            finding = _finding(each)
            if row and finding.exchange:
                case = Case(row, finding)
                cases.setdefault(case.name, case)
    return list(cases.values())


def _finding(said: dict[str, Any]) -> Finding:
    level = _text(said.get("level"))
    return Finding(
        message=_text(said.get("message")),
        expected=_text(said.get("expected")),
        actual=_text(said.get("actual")),
        where=_text(said.get("where")),
        exchange=_text(said.get("exchange")),
        level=Level(level) if level in set(Level) else None,
        curl=_text(said.get("curl")),
    )


def _objects(found: object) -> list[dict[str, Any]]:
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _text(found: object) -> str:
    return found if isinstance(found, str) else ""
