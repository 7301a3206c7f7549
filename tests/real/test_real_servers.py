"""Servers of other makes are judged, and every finding is one that was verified by hand."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import servers
import writing

from conformance.generation.effort import Effort
from conformance.report import Verdict
from conformance.run import execute
from conformance.settings import runs

FOLDER = Path(__file__).parent
KNOWN = tomllib.loads((FOLDER / "verified.toml").read_text(encoding="utf-8"))["server"]
BROKEN = {Verdict.FAIL, Verdict.WARN}


@pytest.fixture(scope="module")
def pages():
    """Collects a page for each server whose findings are all verified, and writes the document once there are all."""
    found: dict[str, str] = {}
    yield found
    if found.keys() == servers.SERVERS.keys():
        target = FOLDER.parents[1] / "docs" / "real-servers.md"
        target.parent.mkdir(exist_ok=True)
        target.write_text(writing.document(found), encoding="utf-8")


@pytest.mark.parametrize("name", servers.SERVERS)
def test_every_finding_was_verified(name, pages, tmp_path):
    """A server breaks exactly the requirements whose findings were verified, each for a written reason."""
    with (
        servers.SERVERS[name](tmp_path) as (url, key),
        runs(["openai"], target=url, key=key, effort=Effort.STANDARD) as (run,),
    ):
        report, exchanges = execute(run, {row.id for row in run.api.requirements})
    known = {each["requirement"]: each for each in KNOWN[name]}
    by_chance = {each for each in known if known[each].get("by_chance")}
    found = {r.requirement.id: str(r.verdict) for r in report.results if r.verdict in BROKEN}

    assert report.trouble == ""
    assert {r.requirement.id for r in report.results if r.verdict is Verdict.ERROR} == set()
    assert found == {each: known[each]["verdict"] for each in known if each in found or each not in by_chance}
    pages[name] = writing.page(servers.versioned(name), report, exchanges, known)
