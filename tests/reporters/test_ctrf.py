"""The CTRF report is what the format's own schema describes.

`ctrf-schema-0.0.json` and its licence are from the package `ctrf` 0.3.0 (npm), the reference implementation.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import jsonschema_rs
import pytest

from conformance.report import Verdict
from conformance.reporters.ctrf import document, text
from conformance.waivers import Waiver


@pytest.fixture(scope="module")
def schema():
    found = json.loads(Path(__file__).with_name("ctrf-schema-0.0.json").read_text(encoding="utf-8"))
    return jsonschema_rs.Draft7Validator(found, validate_formats=True)


def test_reports_are_of_the_schema(schema, report, drawn, faithful):
    """One report, several, and what came from a hostile wire."""
    for reports in ([report], [drawn, report], [faithful("genos")], []):
        schema.validate(json.loads(text(reports)))
    assert not schema.is_valid({"reportFormat": "CTRF"})


def test_every_requirement_is_a_test(report):
    """Our verdict is the raw status; the counts are those of the tests."""
    found = document([report])["results"]
    by_name = {test["name"]: (test["status"], test["rawStatus"]) for test in found["tests"]}
    assert by_name["stream.done"] == ("failed", "fail")
    assert by_name["stream.framing"] == ("passed", "pass")
    assert by_name["chat.a"] == ("other", "warn")
    assert by_name["chat.b"] == ("failed", "error")
    assert by_name["auth.required"] == ("skipped", "untested")
    assert by_name["stats.shape"] == ("skipped", "not-applicable")
    assert by_name["auth.challenge"] == ("passed", "note")
    counts = {name: found["summary"][name] for name in ("tests", "passed", "failed", "skipped", "other", "pending")}
    assert counts == {"tests": 10, "passed": 2, "failed": 2, "skipped": 4, "other": 2, "pending": 0}
    assert found["extra"]["exit_status"] == 4


def test_a_strict_run_fails_what_a_should_breaks(report):
    """A broken should is failed in a strict run."""
    found = document([replace(report, strict=True)])["results"]["tests"]
    assert {test["name"]: test["status"] for test in found}["chat.a"] == "failed"


def test_a_waived_failure_is_skipped(report):
    """It says until when and why."""
    waiver = Waiver("stream.done", "known, ticket 7", date(2026, 12, 31))
    results = tuple(replace(r, waiver=waiver) if r.requirement.id == "stream.done" else r for r in report.results)
    (test,) = (
        t for t in document([replace(report, results=results)])["results"]["tests"] if t["name"] == "stream.done"
    )
    assert (test["status"], test["rawStatus"]) == ("skipped", "fail")
    assert test["message"].startswith("waived until 2026-12-31: known, ticket 7\n")


def test_generated_parts_are_tests(drawn):
    """Each kind of case of an operation is one."""
    found = {test["name"]: test for test in document([drawn])["results"]["tests"] if "generated" in test["tags"]}
    assert [test["status"] for test in found.values()] == ["failed", "skipped", "failed"]
    assert "breaks stream.done" in found["generated.createChatCompletion.valid"]["message"]


def test_ids_are_those_of_the_next_run(report):
    """A test has the same id in every run, so that histories can be drawn; the report has another."""
    later = replace(report, started=report.started + 60)
    one, two = document([report]), document([later])
    assert [t["id"] for t in one["results"]["tests"]] == [t["id"] for t in two["results"]["tests"]]
    assert one["reportId"] != two["reportId"]


def test_every_verdict_has_a_status(report):
    """No verdict is left out."""
    for verdict in Verdict:
        results = (replace(report.results[0], verdict=verdict),)
        assert document([replace(report, results=results)])["results"]["summary"]["tests"] == 1
