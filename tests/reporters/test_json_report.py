"""The JSON report says everything of a run, as its schema describes it."""

from __future__ import annotations

import copy
import json
import shlex
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest

from conformance.contract.load import data
from conformance.contract.model import Level, Requirement
from conformance.report import Exit, Finding, Result, Verdict, worst
from conformance.reporters.json_report import document, text


@pytest.fixture(scope="module")
def schema():
    return json.loads((data("specs") / "report.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def valid(schema):
    jsonschema_rs.meta.validate(schema)
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid


def test_a_run_is_written_whole(report):
    found = document([report])
    rows, readings = found.pop("requirements"), found.pop("readings")
    same = {name: found[name] for name in ("verdict", "exit_status", "totals")}
    assert readings == {"strict": same, "interop": same}
    assert found == {
        "format": "llm-conformance/report/1",
        "api": "cloud-temple",
        "title": "LLM as a Service",
        "target": "https://api.example/v1",
        "suite_version": "0.1.0",
        "started": "2026-09-21T14:13:20Z",
        "verdict": "suite-error",
        "exit_status": 4,
        "strict": False,
        "interrupted": False,
        "trouble": None,
        "lost": [],
        "spent": {"requests": 61, "output_tokens": 812, "seconds": 3.142},
        "seed": 7,
        "specification": None,
        "waivers": {"used": [], "stale": [], "unjudged": []},
        "repeated": {"runs": 1, "broken": {}},
        "generated": {"effort": "smoke", "digest": None, "generators": None, "parts": []},
        "shard": None,
        "capabilities": [],
        "set": None,
        "totals": {
            "must": {
                "total": 7,
                "error": 1,
                "fail": 1,
                "warn": 1,
                "untested": 2,
                "not-applicable": 1,
                "note": 0,
                "pass": 1,
            },
            "should": {
                "total": 2,
                "error": 0,
                "fail": 0,
                "warn": 1,
                "untested": 1,
                "not-applicable": 0,
                "note": 0,
                "pass": 0,
            },
            "may": {
                "total": 1,
                "error": 0,
                "fail": 0,
                "warn": 0,
                "untested": 0,
                "not-applicable": 0,
                "note": 1,
                "pass": 0,
            },
        },
    }
    assert [row["id"] for row in rows] == [result.requirement.id for result in report.results]


def test_a_requirement_is_written_with_its_findings(report, hostile):
    row = document([report])["requirements"][0]
    findings = row.pop("findings")
    assert row == {
        "id": "stream.done",
        "level": "must",
        "verdict": "fail",
        "reason": None,
        "judged": 3,
        "waiver": None,
        "basis": "example",
        "source": "000.txt, Antwort",
        "statement": "The promise called stream.done is kept.",
        "doubt": None,
        "operations": ["createChatCompletion"],
        "reading": None,
        "bugs": [],
        "capability": None,
    }
    assert len(findings) == 5
    assert findings[0] == {
        "level": "must",
        "message": "the last event is not [DONE]",
        "expected": "[DONE]",
        "actual": hostile,
        "where": "event 7",
        "exchange": "ex-0031",
        "operation": None,
        "curl": report.results[0].findings[0].curl,
        "replay": None,
    }


def test_each_finding_of_a_written_run_has_the_command_that_replays_it(report, valid):
    """It can be pasted into a POSIX shell, and stands only where there is something to replay."""
    found = document([report, report], [Path("reports/a b"), Path("reports/c")])
    lines = [[f["replay"] for row in run["requirements"] for f in row["findings"]] for run in found["runs"]]

    assert valid(found)
    assert lines[0][0] == "llm-conformance replay stream.done@ex-0031 --report 'reports/a b'"
    assert shlex.split(lines[0][0])[-1] == "reports/a b"
    assert lines[1][0].endswith("--report reports/c")
    assert lines[0][5] is None  # a finding whose request is not known cannot be replayed


def test_each_reading_has_its_own_verdict(report, valid):
    letter = Requirement(
        "chat.refusal", Level.MUST, "stated", "x", "A thing.", reading="strict", bugs=("res-refusal-field",)
    )
    kept = Requirement("chat.shape", Level.MUST, "stated", "x", "A thing.")
    fault = Finding("the key is missing")
    results = (Result(letter, Verdict.FAIL, "", (fault,), 1), Result(kept, Verdict.PASS, judged=1))
    found = document([replace(report, results=results)])

    assert found["verdict"] == "not-conformant"
    assert {name: reading["verdict"] for name, reading in found["readings"].items()} == {
        "strict": "not-conformant",
        "interop": "conformant",
    }
    assert found["readings"]["interop"]["totals"]["must"]["total"] == 1
    assert (found["requirements"][0]["reading"], found["requirements"][0]["bugs"]) == ("strict", ["res-refusal-field"])
    assert valid(found)


def test_a_weaker_finding_has_its_own_level(report):
    assert document([report])["requirements"][2]["findings"][0]["level"] == "should"


def test_the_text_is_the_document_and_always_has_a_utf_8_form(report):
    assert json.loads(text([report]).encode()) == document([report])
    assert text([report]).endswith("}\n")


def test_several_reports_are_runs_and_the_worst_status_counts(report):
    passed = replace(report, api="genos", results=(Result(report.results[1].requirement, Verdict.PASS),))
    broken = replace(report, results=report.results[:2])
    untested = replace(report, results=report.results[5:6])
    found = document([passed, broken])
    assert list(found) == ["format", "exit_status", "runs"]
    assert (found["exit_status"], [run["api"] for run in found["runs"]]) == (1, ["genos", "cloud-temple"])
    assert worst(each.exit_status for each in [passed]) is Exit.CONFORMANT
    assert worst(each.exit_status for each in [passed, untested]) is Exit.INCONCLUSIVE
    assert worst(each.exit_status for each in [untested, broken]) is Exit.BROKEN
    assert worst(each.exit_status for each in [broken, report]) is Exit.SUITE_FAILED
    assert worst(each.exit_status for each in [report, replace(passed, interrupted=True)]) is Exit.INTERRUPTED
    assert worst(each.exit_status for each in []) is Exit.INCONCLUSIVE


def test_every_document_is_of_the_schema(report, valid):
    empty = replace(report, results=(), trouble="connection refused", interrupted=True)
    assert valid(document([report]))
    assert valid(document([empty]))
    assert valid(document([report, empty]))
    assert valid(document([]))


def test_the_schema_refuses_what_is_added_missing_or_of_another_kind(report, valid):
    def changed(change):
        found = copy.deepcopy(document([report]))
        change(found)
        return found

    changes = [
        lambda d: d.update(extra=1),
        lambda d: d.pop("api"),
        lambda d: d.update(format="llm-conformance/report/2"),
        lambda d: d.update(exit_status=5),
        lambda d: d.update(started="yesterday"),
        lambda d: d["totals"]["must"].update(extra=1),
        lambda d: d["spent"].update(requests=-1),
        lambda d: d["requirements"][0].update(verdict="ok"),
        lambda d: d["requirements"][0].pop("reason"),
        lambda d: d["requirements"][0]["findings"][0].update(extra=1),
        lambda d: d["requirements"][0]["findings"][0].pop("curl"),
        lambda d: d["requirements"][0]["findings"][0].pop("replay"),
        lambda d: d.update(runs=[]),
    ]
    assert [i for i, change in enumerate(changes) if valid(changed(change))] == []
    runs = document([report, report])
    runs["runs"][0]["format"] = "llm-conformance/report/1"
    assert not valid(runs)


def test_what_was_generated_is_written(drawn, valid):
    """Each part says what was drawn and sent, what it broke, and why not all was sent; the file is of the schema."""
    found = document([drawn])
    assert valid(found)
    assert found["generated"]["digest"] == "0123456789abcdef" * 4
    right, invalid, ours = found["generated"]["parts"]
    assert (right["broken"], right["shrunk"], right["reason"]) == (["stream.done"], ["shrunk.chat.valid.3.9"], None)
    assert (invalid["cases"], invalid["sent"], invalid["verdict"]) == (60, 12, "untested")
    assert ours["verdict"] == "error"
