"""Judges the shipped recordings: stored bytes get the verdicts that are expected of them."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from conformance.contract.load import api_ids, data, load_api
from conformance.exchange.har import read
from conformance.recorded import judge_recorded
from conformance.report import Verdict

if TYPE_CHECKING:
    from pathlib import Path

BROKEN = {Verdict.FAIL, Verdict.WARN}


def _recordings() -> list[Path]:
    return [path for api in api_ids() for path in sorted((data("fixtures") / api).glob("*.har"))]


def _expected(path: Path) -> dict[str, Any]:
    facts: dict[str, Any] = tomllib.loads((path.parent / "expected.toml").read_text(encoding="utf-8"))
    return dict(facts[path.stem])


@pytest.mark.parametrize("path", _recordings(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_recording_gets_the_expected_verdicts(path: Path) -> None:
    """A recording breaks what is expected of it, nothing else, and shows what it is kept for."""
    expected = _expected(path)
    report = judge_recorded(load_api(path.parent.name), read(path))
    broken = {r.requirement.id: "; ".join(f.message for f in r.findings) for r in report.results if r.verdict in BROKEN}
    kept = {r.requirement.id for r in report.results if r.verdict is Verdict.PASS}

    assert set(broken) == set(expected.get("breaks", ())), broken
    assert set(expected["keeps"]) <= kept, set(expected["keeps"]) - kept


@pytest.mark.parametrize("path", sorted((data("fixtures") / "wild").glob("*.har")), ids=lambda path: path.stem)
def test_known_bug_is_found_in_stored_bytes(path: Path) -> None:
    """A recording of a known bug class breaks what is expected of it, and nothing else."""
    expected = _expected(path)
    report = judge_recorded(load_api(expected["api"]), read(path), base_url=expected.get("target", ""))
    broken = {r.requirement.id: "; ".join(f.message for f in r.findings) for r in report.results if r.verdict in BROKEN}

    assert set(broken) == set(expected["breaks"]), broken
