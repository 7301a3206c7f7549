"""Two reports are compared requirement by requirement; regressions fail, what cannot be compared is never green."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from types import MappingProxyType

import jsonschema_rs
import pytest
from judging import judged

from conformance.comparison import Kind, compare, compare_runs
from conformance.contract.load import data
from conformance.contract.model import Level
from conformance.report import Exit, Finding, Verdict
from conformance.reporters.comparison import comparison_document, render_comparison
from conformance.reporters.console import Console
from conformance.reporters.json_report import run_document, written
from conformance.storedreport import Stored, StoredRequirement, of_document
from conformance.usage import UsageTrouble

HOSTILE = "\x1b[31m[bold]" + "x" * 5000


def row(name: str, verdict: str, level: str = "must", **more) -> StoredRequirement:
    return StoredRequirement(name, Level(level), Verdict(verdict), **more)


def stored(*rows: StoredRequirement, parts=(), **more) -> Stored:
    said = {
        "api": "openai",
        "target": "https://api.example/v1",
        "verdict": "conformant",
        "exit_status": Exit.CONFORMANT,
        "seed": 0,
        "suite_version": "0.1.0",
        "effort": "smoke",
        "requirements": MappingProxyType({each.id: each for each in (row("a.kept", "pass"), *rows)}),
        "document": {"generated": {"parts": list(parts)}, "trouble": None},
    }
    return Stored(**(said | more))


def kinds(old: Stored, new: Stored) -> dict[str, str]:
    return {change.id: str(change.kind) for change in compare_runs(old, new).changes}


BECAME = [
    ("pass", "fail", Kind.REGRESSION, Exit.BROKEN),
    ("pass", "pass", None, Exit.CONFORMANT),
    ("pass", "untested", Kind.UNTESTED, Exit.INCONCLUSIVE),
    ("pass", "not-applicable", Kind.UNTESTED, Exit.INCONCLUSIVE),
    ("pass", "error", Kind.UNTESTED, Exit.INCONCLUSIVE),
    ("pass", None, Kind.UNTESTED, Exit.INCONCLUSIVE),
    ("fail", "pass", Kind.FIXED, Exit.CONFORMANT),
    ("fail", "fail", Kind.STILL_BROKEN, Exit.CONFORMANT),
    ("fail", "warn", Kind.STILL_BROKEN, Exit.CONFORMANT),
    ("fail", "untested", Kind.UNTESTED, Exit.INCONCLUSIVE),
    ("warn", "fail", Kind.REGRESSION, Exit.BROKEN),
    ("pass", "warn", Kind.REGRESSION, Exit.CONFORMANT),
    ("pass", "note", None, Exit.CONFORMANT),
    ("untested", "fail", Kind.NEW_BROKEN, Exit.CONFORMANT),
    ("untested", "untested", None, Exit.CONFORMANT),
    ("not-applicable", "pass", Kind.NEW_KEPT, Exit.CONFORMANT),
    (None, "fail", Kind.NEW_BROKEN, Exit.CONFORMANT),
    (None, "pass", Kind.NEW_KEPT, Exit.CONFORMANT),
    (None, "untested", None, Exit.CONFORMANT),
]


@pytest.mark.parametrize(("was", "now", "kind", "status"), BECAME)
def test_what_became_of_a_must(was, now, kind, status):
    """Each pair of verdicts has its kind and gives its exit status; None stands for a report that has no such row."""
    old = stored(*([row("a.b", was)] if was else []))
    new = stored(*([row("a.b", now)] if now else []))
    found = compare_runs(old, new)

    assert [change.kind for change in found.changes] == ([kind] if kind else [])
    assert found.exit_status is status


@pytest.mark.parametrize(("strict", "status"), [(False, Exit.CONFORMANT), (True, Exit.BROKEN)])
def test_a_should_fails_where_it_is_strict(strict, status):
    """The regression of a should is listed, and fails with --strict."""
    found = compare_runs(stored(row("a.b", "pass", "should")), stored(row("a.b", "warn", "should")), strict=strict)

    assert [change.kind for change in found.changes] == [Kind.REGRESSION]
    assert found.exit_status is status


def test_a_should_that_is_no_longer_tested_is_listed_only():
    """Only a must that is no longer tested makes it inconclusive."""
    found = compare_runs(stored(row("a.b", "pass", "should")), stored(row("a.b", "untested", "should")))

    assert (found.exit_status, [change.kind for change in found.changes]) == (Exit.CONFORMANT, [Kind.UNTESTED])


def test_a_level_that_was_raised_is_no_regression():
    """What was broken as a should, and is a must by now, was broken before."""
    found = compare_runs(stored(row("a.b", "warn", "should")), stored(row("a.b", "fail")))

    assert [change.kind for change in found.changes] == [Kind.STILL_BROKEN]


def test_a_waived_regression_does_not_gate():
    """It is listed with its waiver."""
    new = stored(row("a.b", "fail", waived="waived until 2199-12-31: known"))
    found = compare_runs(stored(row("a.b", "pass")), new)

    assert (found.exit_status, found.changes[0].waived) == (Exit.CONFORMANT, "waived until 2199-12-31: known")


def test_nothing_in_common_is_inconclusive():
    """Two reports of which nothing was judged in both compare to nothing."""
    old, new = stored(), stored()
    found = compare_runs(replace(old, requirements={}), new)

    assert (found.comparable, found.exit_status) == (0, Exit.INCONCLUSIVE)


@pytest.mark.parametrize(
    "ended",
    [
        {"exit_status": Exit.INTERRUPTED},
        {"exit_status": Exit.SUITE_FAILED},
        {"document": {"generated": {"parts": []}, "trouble": "the target went away"}},
    ],
)
def test_a_run_that_came_to_no_end_is_inconclusive(ended):
    """An unfinished new run is no proof that nothing regressed."""
    found = compare_runs(stored(), stored(**ended))

    assert found.ended
    assert found.exit_status is Exit.INCONCLUSIVE


def test_generated_traffic_that_is_no_longer_sent_is_inconclusive():
    """A part of the generated traffic that was judged, and is cut now, is named."""
    part = {"operation": "createChatCompletion", "kind": "valid", "verdict": "pass", "reason": None}
    cut = part | {"verdict": "untested", "reason": "the budget is spent"}
    found = compare_runs(stored(parts=[part]), stored(parts=[cut]))

    assert [(c.id, c.kind, c.reason) for c in found.changes] == [
        ("generated.createChatCompletion.valid", Kind.UNTESTED, "the budget is spent")
    ]
    assert found.exit_status is Exit.INCONCLUSIVE
    assert compare_runs(stored(parts=[part]), stored(effort="standard")).exit_status is Exit.CONFORMANT


def test_differences_of_the_runs_are_named():
    """Suite, specification, target, effort, seed and generated requests are said where they differ, else not."""
    new = stored(
        suite_version="0.2.0", specification="a" * 64, target="https://b", effort="standard", seed=7, digest="c" * 64
    )

    assert [each.name for each in compare_runs(stored(), new).differences] == [
        "suite",
        "specification",
        "target",
        "effort",
        "seed",
        "generated requests",
    ]
    assert compare_runs(stored(), stored()).differences == ()


def test_apis_are_matched():
    """Runs are compared by API; what only the old report has is inconclusive, what only the new one has is said."""
    genos = stored(api="genos")

    assert compare([stored(), genos], [genos, stored()]).exit_status is Exit.CONFORMANT
    lost = compare([stored(), genos], [stored()])
    assert (lost.unmatched, lost.exit_status) == (("genos",), Exit.INCONCLUSIVE)
    more = compare([stored()], [stored(), genos])
    assert (more.added, more.exit_status) == (("genos",), Exit.CONFORMANT)


def test_different_apis_are_refused():
    """Promises of different APIs do not compare, nor do two runs of one."""
    with pytest.raises(UsageTrouble, match="the old report is of openai, the new one of genos"):
        compare([stored()], [stored(api="genos")])
    with pytest.raises(UsageTrouble, match="the new report has an API twice"):
        compare([stored()], [stored(), stored()])


@pytest.fixture
def everything():
    """A comparison with every kind of change, and with hostile text."""
    pairs = [(was, now) for was, now, kind, _ in BECAME if kind]
    old = [row(f"a.b{n}", was) for n, (was, _) in enumerate(pairs) if was]
    hostile = Finding(HOSTILE)
    new = [row(f"a.b{n}", now, findings=(hostile,)) for n, (_, now) in enumerate(pairs) if now]
    return compare([stored(*old), stored(api="x")], [stored(*new, target="https://b", seed=1), stored(api="y")])


def test_it_is_printed_at_80_columns(everything):
    """Each kind has a head with its number, no line is wider, and text from the wire is harmless."""
    console = Console(file=io.StringIO(), width=80)
    render_comparison(everything, console)
    text = console.file.getvalue()

    for head in (
        "REGRESSION  3 ",
        "NO LONGER TESTED  5 ",
        "BROKEN, BUT NOT JUDGED BEFORE  2 ",
        "STILL BROKEN  2 ",
        "FIXED  1 ",
        "KEPT, BUT NOT JUDGED BEFORE  2 ",
        "the seed differs: 0 before, 1 now",
    ):
        assert head in text
    assert "openai: regressions (" in text
    assert "x: not compared, the new report does not have it" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text


def test_it_is_written_as_its_schema_says(everything):
    """The JSON document is of the schema that ships, and says which changes gate."""
    schema = json.loads((data("specs") / "comparison.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.meta.validate(schema)
    document = json.loads(written(comparison_document(everything)))
    jsonschema_rs.Draft202012Validator(schema).validate(document)

    (compared,) = document["compared"]
    assert {change["id"] for change in compared["changes"] if change["gates"]} == {"a.b0", "a.b9"}
    assert (document["exit_status"], document["unmatched"], document["added"]) == (1, ["x"], ["y"])


def test_runs_of_a_server_are_compared(faithful):
    """A real run against a server that breaks a promise regresses in just that; the other way round, it is fixed."""
    good, bad = (
        of_document(run_document(report))
        for report in (faithful("cloud-temple"), judged("cloud-temple", "answer-created-with-fraction"))
    )

    worse = compare_runs(good, bad)
    assert ([change.id for change in worse.gating], worse.exit_status) == (["chat.shape"], Exit.BROKEN)
    assert worse.differences == ()
    better = compare_runs(bad, good)
    assert [change.id for change in better.of(Kind.FIXED)] == ["chat.shape"]
    assert better.exit_status is Exit.CONFORMANT
    assert kinds(good, good) == {}
