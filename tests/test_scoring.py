"""A run is scored by a dated set: its levels are reached, missed or open, and what is beyond it counts nowhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from judging import judged_claiming

from conformance.claims import apis_of, claimed, scope_called
from conformance.contract.load import load_api
from conformance.contract.sets import RequirementSet, Scope, digest
from conformance.judges.verdicts import WITHHELD, Circumstances
from conformance.report import Drawing, Exit, Finding, Generated, Report, Result, Spent, Verdict
from conformance.reporters.json_report import document
from conformance.scored import Reached
from conformance.scoring import finished, score
from conformance.settings import runs
from conformance.usage import UsageTrouble

API = load_api("openai")
CORE = ("chat.offered", "chat.shape", "chat.length-reason")
ERRORS = ("errors.shape", "errors.status")
SET = RequirementSet(
    "openai-2000-01",
    "openai",
    date(2000, 1, 1),
    {"core": CORE, "errors": ERRORS},
    {name: digest(API.requirement(name)) for name in (*CORE, *ERRORS)},
)


def results(**verdicts: Verdict) -> list[Result]:
    """Return results that pass, but for those named (with two underscores for the dot, one for a dash)."""
    said = {name.replace("__", ".").replace("_", "-"): verdict for name, verdict in verdicts.items()}
    return [Result(API.requirement(name), said.get(name, Verdict.PASS)) for name in (*CORE, *ERRORS)]


def levels(found: list[Result], chosen: RequirementSet = SET) -> dict[str, Reached]:
    return {level.name: level.verdict for level in score(found, API, chosen).levels}


REACHED, MISSED, OPEN = Reached.REACHED, Reached.NOT_REACHED, Reached.INCONCLUSIVE


@pytest.mark.parametrize(
    ("found", "core", "errors"),
    [
        (results(), REACHED, REACHED),
        (results(chat__shape=Verdict.FAIL), MISSED, REACHED),
        (results(chat__length_reason=Verdict.WARN), REACHED, REACHED),
        (results(chat__shape=Verdict.WARN), REACHED, REACHED),
        (results(chat__shape=Verdict.UNTESTED), OPEN, REACHED),
        (results(chat__shape=Verdict.ERROR), OPEN, REACHED),
        (results(chat__shape=Verdict.UNTESTED, chat__offered=Verdict.FAIL), MISSED, REACHED),
        (results(chat__shape=Verdict.NOT_APPLICABLE), REACHED, REACHED),
        (results()[:1], OPEN, OPEN),
        (
            results(errors__shape=Verdict.NOT_APPLICABLE, errors__status=Verdict.NOT_APPLICABLE),
            REACHED,
            Reached.NOT_OFFERED,
        ),
        ([], OPEN, OPEN),
    ],
)
def test_a_level_is_reached_where_each_must_is_kept_and_one_was_judged(found, core, errors):
    """A broken must misses a level, one that was not judged leaves it open, what is not offered does neither."""
    assert levels(found) == {
        "core": core,
        "errors": errors,
        "full": MISSED if MISSED in {core, errors} else OPEN if OPEN in {core, errors} else REACHED,
    }


@pytest.mark.parametrize("reason", WITHHELD)
def test_what_a_flag_withheld_was_not_judged(reason):
    """That a run was not allowed to look leaves a level open: it is no sign that nothing is offered."""
    found = [
        replace(r, verdict=Verdict.NOT_APPLICABLE, reason=f"{reason}; --x") if r.requirement.id == "chat.shape" else r
        for r in results()
    ]
    assert levels(found)["core"] is OPEN


def test_a_row_that_changed_since_counts_for_no_older_set():
    """A row that means something else than it did is not judged by what it means today."""
    older = replace(SET, digests=SET.digests | {"chat.shape": "0" * 16})
    assert levels(results(), older)["core"] is OPEN
    assert levels(results(chat__shape=Verdict.FAIL), older)["core"] is OPEN
    assert score(results(), API, older).levels[0].unjudged == ("chat.shape",)


def report(found: list[Result], **more) -> Report:
    return Report("openai", "x", "http://127.0.0.1:1/v1", "0", 0.0, Spent(), 0, tuple(found), **more)


def test_what_is_beyond_the_scope_counts_nowhere():
    """A set without a row runs it, and lists it as not scored: neither verdict nor totals know it."""
    found = results(errors__shape=Verdict.FAIL)
    whole = finished(report(found), API, (), Circumstances())
    core = finished(report(found), API, (), Circumstances(), scope=Scope(SET, "core"))

    assert (whole.exit_status, core.exit_status) == (Exit.BROKEN, Exit.CONFORMANT)
    assert [r.requirement.id for r in core.results] == list(CORE)
    assert [r.requirement.id for r in core.unscored] == list(ERRORS)
    said = document([core])
    assert said["totals"]["must"]["total"] == 2
    assert said["set"]["scored"] == "core"
    assert said["set"]["levels"]["errors"]["verdict"] == "not-reached"
    assert said["set"]["levels"]["errors"]["broken"] == ["errors.shape"]
    assert [(row["id"], row["verdict"]) for row in said["set"]["not_scored"]] == [
        ("errors.shape", "fail"),
        ("errors.status", "pass"),
    ]


def test_generated_cases_are_not_broken_by_what_is_not_scored():
    """A part of what was generated that breaks nothing that counts is kept, or untested where it was cut."""
    parts = (
        Generated("createChatCompletion", "valid", 9, 9, Verdict.FAIL, ("errors.shape",)),
        Generated("createChatCompletion", "invalid", 9, 3, Verdict.FAIL, ("errors.shape",), reason="cut"),
        Generated("createChatCompletion", "sequence", 9, 9, Verdict.FAIL, ("errors.shape", "chat.shape")),
    )
    found = results(errors__shape=Verdict.FAIL, chat__shape=Verdict.FAIL)
    drawn = report(found, drawing=Drawing("standard", "0" * 64, "x", parts))
    core = finished(drawn, API, (), Circumstances(), scope=Scope(SET, "core"))

    assert [(part.verdict, part.broken) for part in core.drawing.parts] == [
        (Verdict.PASS, ()),
        (Verdict.UNTESTED, ()),
        (Verdict.FAIL, ("chat.shape",)),
    ]


def test_a_run_scores_a_level_of_a_shipped_set():
    """A broken stream does not keep a target from the level core, and keeps it from streaming and full."""
    core = judged_claiming("openai", [], "stream-without-done", set_name="openai-2026-11/core")
    full = judged_claiming("openai", [], "stream-without-done", set_name="openai-2026-11")

    assert (core.exit_status, full.exit_status) == (Exit.CONFORMANT, Exit.BROKEN)
    assert {level.name: level.verdict for level in core.score.levels}["streaming"] is MISSED
    assert "core" in core.score.reached
    assert "full" not in full.score.reached
    assert full.unscored == ()
    assert {r.requirement.id for r in core.unscored} & {r.requirement.id for r in core.results} == set()


def test_a_declared_capability_counts_in_its_level_and_in_full():
    """What is declared and missing misses the level of that capability and full, and no other."""
    found = judged_claiming("openai", ["tools"], "legal-tools-refused", set_name="openai-2026-11")
    missed = {level.name: level.broken for level in found.score.levels if level.verdict is MISSED}
    assert missed == {"tools": ("capability.tools",), "full": ("capability.tools",)}

    core = judged_claiming("openai", ["tools"], "legal-tools-refused", set_name="openai-2026-11/core")
    assert core.exit_status is Exit.CONFORMANT


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("openai-2026-1", "did you mean openai-2026-11"),
        ("zz", "llm-conformance list sets"),
        ("openai-2026-11/cor", "has no level 'cor': there are core, streaming"),
        ("", "unknown set ''"),
    ],
)
def test_an_unknown_set_is_one_line(text, said):
    """A set or level that is not there says what is."""
    with pytest.raises(UsageTrouble, match=said):
        scope_called(text)


def test_a_set_is_of_one_api():
    """A set chooses its API, and no other may be named beside it."""
    scope = scope_called("genos-2026-11/core")
    assert apis_of(scope, ()) == apis_of(scope, ["genos"]) == ("genos",)
    assert apis_of(None, ["openai"]) == ["openai"]
    with pytest.raises(UsageTrouble, match="is of genos: it scores no other API"):
        apis_of(scope, ["genos", "openai"])


@pytest.mark.parametrize(
    ("api", "offers", "said"),
    [
        ("openai", ["tool"], "did you mean tools"),
        ("openai", ["tools,zz"], "unknown capability 'zz': see choices, "),
        ("openai", ["rerank"], "unknown capability 'rerank'"),
        ("cloud-temple", ["rerank"], "without --with cloud-temple:reference"),
        ("multi-llm", ["configuration"], "without --allow-configure"),
    ],
)
def test_a_claim_that_cannot_be_tested_is_one_line(api, offers, said):
    """An unknown capability, or one that the run's flags keep from being found, is the user's to mend."""
    with runs([api], target="http://127.0.0.1:1/x", key="k") as found, pytest.raises(UsageTrouble, match=said):
        claimed(found, offers)


def test_a_claim_names_the_exchange_that_refuses_it():
    """What is missing is said with what was refused, in words that fit the report of an undeclared one, too."""
    refused = judged_claiming("openai", ["tools"], "legal-tools-refused")
    (finding,) = next(r for r in refused.results if r.requirement.id == "capability.tools").findings

    assert isinstance(finding, Finding)
    assert finding.actual == "status 400"
    offer = next(o for o in refused.offers if o.name == "tools")
    assert offer.reason == "every request with tools is refused (status 400)"
