"""Capabilities and levels are told with their denominators, in a terminal and as JSON of the schema."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import date

import jsonschema_rs
import pytest
from rich.console import Console

from conformance.contract.load import data
from conformance.report import Verdict
from conformance.reporters.json_report import document
from conformance.reporters.terminal import render
from conformance.reporters.terminal_scores import share
from conformance.scored import LevelScore, Offer, Reached, Score


@pytest.fixture
def scored(report):
    """A report with a capability that is there, one that is declared and not, one that nothing tells of."""
    offers = (
        Offer("streaming", "Streams.", declared=False, offered=True),
        Offer("tools", "Calls tools.", declared=True, offered=False, reason="every request with tools is refused"),
        Offer("rerank", "Ranks.", declared=False, offered=None, reason="the optional group is off"),
    )
    levels = (
        LevelScore("core", Reached.REACHED, ("stream.framing",)),
        LevelScore("streaming", Reached.NOT_REACHED, ("stream.done", "stream.framing"), ("stream.done",)),
        LevelScore("errors", Reached.INCONCLUSIVE, tuple("abcde"), (), tuple("abcde")),
        LevelScore("tools", Reached.NOT_OFFERED, ("x.y",)),
    )
    rows = tuple(
        replace(r, requirement=replace(r.requirement, capability="streaming")) if r.requirement.group == "stream" else r
        for r in report.results
    )
    later = (rows[-1],)
    score = Score("cloud-temple-2026-11", date(2026, 11, 21), levels, "core")
    return replace(report, results=rows[:-1], unscored=later, offers=offers, score=score)


def test_json_says_all_of_it(scored):
    """The document is of the schema; each total has its denominator, and no number stands for all."""
    found = document([scored])
    schema = json.loads((data("specs") / "report.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)

    assert [f"{e.instance_path}: {e.message}" for e in validator.iter_errors(found)] == []
    streaming, tools, rerank = found["capabilities"]
    assert (streaming["offered"], tools["offered"], rerank["offered"]) == (True, False, None)
    assert (tools["declared"], tools["reason"]) == (True, "every request with tools is refused")
    assert streaming["totals"]["must"] == {**dict.fromkeys(map(str, Verdict), 0), "total": 2, "fail": 1, "pass": 1}
    assert found["set"]["levels"]["streaming"]["totals"]["must"]["total"] == 2
    assert found["set"]["levels"]["errors"]["requirements"] == 5
    assert [row["id"] for row in found["set"]["not_scored"]] == ["auth.challenge"]
    assert "auth.challenge" not in {row["id"] for row in found["requirements"]}


def test_terminal_says_what_is_reached_and_why_not(scored):
    """The terminal has a row a capability, the levels that are reached, and what keeps the run from the others."""
    console = Console(file=io.StringIO(), width=120)
    render(scored, console)
    text = console.file.getvalue()

    assert ["tools", "no (declared)", "-", "every request with tools is refused"] in [
        re.split(r"  +", line.strip()) for line in text.splitlines()
    ]
    assert "1 of 2 kept, 1 broken, 0 not applicable" in text
    assert "cloud-temple-2026-11, scored core: levels reached: core\n" in text
    assert "  streaming not-reached: broken: stream.done\n" in text
    assert "  errors inconclusive: not judged: a, b, c and 2 more\n" in text
    assert "  tools not-offered: none of its musts applies\n" in text
    assert "1 requirement not scored: beyond cloud-temple-2026-11/core\n" in text
    assert "must 1 of 6 kept" in text


def test_a_share_names_its_denominator(results):
    """What does not apply is no part of what is kept, and is counted beside it."""
    assert share(results) == "1 of 9 kept, 3 broken, 4 untested, 1 noted, 1 not applicable"
    assert share([r for r in results if r.verdict is Verdict.PASS]) == "1 of 1 kept, 0 not applicable"
