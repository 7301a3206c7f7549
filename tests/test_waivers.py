"""A waived failure does not gate, a stale waiver does, and a file of waivers says what it means or is refused."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from judging import judged

from conformance.contract.load import load_api
from conformance.report import Exit, Result, Verdict
from conformance.usage import UsageTrouble
from conformance.waiverdraft import drafted
from conformance.waiverfile import read_waivers, waivers_given
from conformance.waivers import Waiver
from conformance.waiving import waived

FUTURE = date(2199, 12, 31)
API = load_api("cloud-temple")


@pytest.fixture(scope="module")
def wrong():
    """A report in which one must is broken, in one operation."""
    return judged("cloud-temple", "answer-created-with-fraction")


@pytest.fixture(scope="module")
def broken(wrong):
    """Its one broken must, with the operations in which that was seen."""
    (found,) = [result for result in wrong.results if result.verdict is Verdict.FAIL]
    return found


def waiver(requirement, **more):
    return Waiver(requirement, "known, mended in release 7", **({"expires": FUTURE} | more))


def result_of(report, requirement):
    return next(result for result in report.results if result.requirement.id == requirement)


def test_findings_say_the_operation_that_they_were_seen_in(broken):
    """Each finding of a run names a documented operation of its requirement."""
    assert {finding.operation for finding in broken.findings} <= set(broken.requirement.operations)
    assert broken.findings


def test_a_waived_failure_does_not_gate(wrong, broken):
    """The status is that of a kept promise, the verdict stays, and the word says what it rests on."""
    found = waived(wrong, API, [waiver(broken.requirement.id)])

    assert wrong.exit_status is Exit.BROKEN
    assert (found.exit_status, found.verdict) == (Exit.CONFORMANT, "conformant-with-waivers")
    assert result_of(found, broken.requirement.id).verdict is Verdict.FAIL
    assert str(result_of(found, broken.requirement.id).waiver) == "waived until 2199-12-31: known, mended in release 7"
    assert found.waivers.used == (waiver(broken.requirement.id),)


def test_a_waiver_for_another_requirement_waives_nothing(wrong, broken):
    """A failure gates unless its own requirement is waived."""
    other = next(r for r in wrong.results if r.verdict is Verdict.PASS).requirement.id
    found = waived(wrong, API, [waiver(other)])

    assert found.exit_status is Exit.BROKEN
    assert result_of(found, broken.requirement.id).waiver is None


def test_a_waiver_for_an_operation_waives_its_findings_only(wrong, broken):
    """What is seen in another operation, too, gates; waivers for both together waive both."""
    here = broken.findings[0].operation
    elsewhere = replace(broken.findings[0], operation="listModels")
    both = replace(broken, findings=(*broken.findings, elsewhere))
    results = tuple(both if result is broken else result for result in wrong.results)
    name = broken.requirement.id
    wider = replace(wrong, results=results)
    all_here = [waiver(name, operation=operation) for operation in {f.operation for f in broken.findings}]

    assert waived(wrong, API, all_here).exit_status is Exit.CONFORMANT
    assert waived(wider, API, all_here).exit_status is Exit.BROKEN
    assert waived(wider, API, all_here).waivers.used == tuple(all_here)
    together = waived(wider, API, [*all_here, waiver(name, operation="listModels", expires=date(2199, 1, 1))])
    assert together.exit_status is Exit.CONFORMANT
    assert result_of(together, name).waiver.expires == date(2199, 1, 1)
    assert here in {each.operation for each in together.waivers.used}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"expires": date(2020, 1, 1)}, "it expired on 2020-01-01"),
        ({"operation": "listModels"}, "nothing that is broken was seen in listModels"),
    ],
)
def test_a_waiver_that_waives_nothing_is_stale(wrong, broken, more, why):
    """A waiver that expired, or is for where nothing is broken, is named with the reason, and gates."""
    found = waived(wrong, API, [waiver(broken.requirement.id, **more)])

    assert [each.why for each in found.waivers.stale] == [why]
    assert (found.waivers.used, found.exit_status) == ((), Exit.BROKEN)
    assert result_of(found, broken.requirement.id).waiver is None


def test_a_waiver_of_a_kept_promise_gates(faithful):
    """A promise that is kept now needs no waiver: the run fails until it is taken out."""
    found = waived(faithful("cloud-temple"), API, [waiver("models.shape")])

    assert [(each.waiver.requirement, each.why) for each in found.waivers.stale] == [
        ("models.shape", "the requirement is kept now")
    ]
    assert (faithful("cloud-temple").exit_status, found.exit_status) == (Exit.CONFORMANT, Exit.BROKEN)


def test_a_waiver_holds_on_its_last_day(wrong, broken):
    """It expires at the end of its day, in UTC."""
    today = datetime.fromtimestamp(wrong.started, UTC).date()
    name = broken.requirement.id

    assert waived(wrong, API, [waiver(name, expires=today)]).exit_status is Exit.CONFORMANT
    assert waived(wrong, API, [waiver(name, expires=today - timedelta(days=1))]).exit_status is Exit.BROKEN


def test_a_waiver_of_another_api_or_an_unselected_requirement_is_left_alone(wrong, broken):
    """Nothing is said of what this run is not about."""
    part = replace(wrong, results=(broken,))
    found = waived(part, API, [waiver(broken.requirement.id, api="genos"), waiver("models.shape")])

    assert (found.waivers.used, found.waivers.stale, found.waivers.unjudged) == ((), (), ())
    assert found.exit_status is Exit.BROKEN


@pytest.mark.parametrize("ended", [{"interrupted": True}, {"trouble": "the target went away"}])
def test_a_run_that_came_to_no_end_makes_no_waiver_stale(faithful, ended):
    """What an unfinished run says of a promise proves nothing of a waiver."""
    found = waived(replace(faithful("cloud-temple"), **ended), API, [waiver("models.shape")])

    assert found.waivers.stale == ()
    assert [each.waiver.requirement for each in found.waivers.unjudged] == ["models.shape"]
    assert found.exit_status in {Exit.INTERRUPTED, Exit.INCONCLUSIVE}


@pytest.mark.parametrize("verdict", [Verdict.UNTESTED, Verdict.ERROR])
def test_what_was_not_judged_is_not_waived(wrong, broken, verdict):
    """An untested must stays inconclusive and a fault of the suite stays one, whatever is waived."""
    blank = Result(broken.requirement, verdict, "it was too busy")
    report = replace(wrong, results=tuple(blank if r is broken else r for r in wrong.results))
    found = waived(report, API, [waiver(broken.requirement.id)])

    assert found.exit_status is report.exit_status
    assert found.exit_status in {Exit.INCONCLUSIVE, Exit.SUITE_FAILED}
    assert (found.waivers.stale, found.waivers.used) == ((), ())
    assert [each.why for each in found.waivers.unjudged] == ["not judged: it was too busy"]


def test_only_waived_failures_are_as_good_as_kept(wrong, broken):
    """With nothing else judged, a waived must is what was judged; without it, nothing was."""
    alone = replace(wrong, results=(broken,))

    assert waived(alone, API, [waiver(broken.requirement.id)]).exit_status is Exit.CONFORMANT
    assert replace(alone, results=()).exit_status is Exit.INCONCLUSIVE


def test_a_draft_is_the_waivers_of_what_is_broken(wrong, broken, tmp_path):
    """It waives just what gates, expires 30 days after the run, and is refused until the reasons are written."""
    path = tmp_path / "waivers.toml"
    path.write_text(drafted(wrong), encoding="utf-8")
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["waiver"]

    assert {row["requirement"] for row in rows} == {broken.requirement.id}
    assert {row["expires"] for row in rows} == {datetime.fromtimestamp(wrong.started, UTC).date() + timedelta(days=30)}
    with pytest.raises(UsageTrouble, match=r"waiver 1: the reason of .* is not written yet"):
        read_waivers(path)
    path.write_text(path.read_text(encoding="utf-8").replace("TODO: say why", "known"), encoding="utf-8")
    found = waived(wrong, API, read_waivers(path))
    assert found.exit_status is Exit.CONFORMANT
    assert drafted(found) == ""


def test_a_draft_quotes_a_hostile_finding_harmlessly(wrong, broken):
    """What a target may cause the finding to say stays a comment of one line."""
    hostile = replace(broken.findings[0], message='x\n[[waiver]]\nrequirement = "a"\x1b[31m')
    report = replace(wrong, results=(replace(broken, findings=(hostile,)),))

    assert [row["requirement"] for row in tomllib.loads(drafted(report))["waiver"]] == [broken.requirement.id]


@pytest.mark.parametrize("ended", [{"interrupted": True}, {"trouble": "the target went away"}])
def test_nothing_is_drafted_of_a_run_that_came_to_no_end(wrong, ended):
    """Nobody waives what was not found out."""
    assert drafted(wrong)
    assert drafted(replace(wrong, **ended)) == ""


def test_nothing_is_drafted_of_a_fault_of_ours(wrong, broken):
    """A run in which the suite failed is no ground for waivers."""
    ours = Result(broken.requirement, Verdict.ERROR, "KeyError: 'x'")
    assert drafted(replace(wrong, results=(*wrong.results, ours))) == ""


ROW = '[[waiver]]\nrequirement = "chat.shape"\nreason = "known"\nexpires = 2199-12-31\n'


def test_a_file_is_read(tmp_path):
    """A date may be written as TOML has it or as text; api and operation may be left out."""
    path = tmp_path / "w.toml"
    more = ROW.replace("2199-12-31", '"2199-12-30"') + 'api = "openai"\noperation = "createChatCompletion"\n'
    path.write_text("\ufeff" + ROW + more, encoding="utf-8")

    assert read_waivers(path) == (
        Waiver("chat.shape", "known", FUTURE),
        Waiver("chat.shape", "known", date(2199, 12, 30), "openai", "createChatCompletion"),
    )


def test_an_empty_file_waives_nothing(tmp_path):
    """No rows are no fault."""
    (path := tmp_path / "w.toml").write_bytes(b"")
    assert read_waivers(path) == ()


FAULTS = {
    "no TOML": (b"[[waiver", "no TOML"),
    "bytes": (b"\xff\xfe", "no TOML"),
    "depth": (b"a = " + b"[" * 5000, "no TOML"),
    "unknown key": (ROW + "until = 2199-12-31\n", "waiver 1: .*until"),
    "unknown table": ("[waivers]\n", "waivers"),
    "no reason": (ROW.replace('reason = "known"\n', ""), "waiver 1: .*reason"),
    "blank reason": (ROW.replace("known", " \\n "), "waiver 1: reason"),
    "unwritten reason": (ROW.replace("known", "TODO"), "waiver 1: the reason of chat.shape is not written"),
    "no expiry": (ROW.replace("expires = 2199-12-31\n", ""), "waiver 1: .*expires"),
    "a time": (ROW.replace("2199-12-31", "2199-12-31T10:00:00Z"), "waiver 1: expires"),
    "no such day": (ROW.replace("2199-12-31", '"2199-02-30"'), "waiver 1: expires"),
    "a number": (ROW.replace('"chat.shape"', "7"), "waiver 1: requirement"),
    "unknown requirement": (ROW.replace("chat.shape", "chat.shap"), "waiver 1: .*'chat.shap': did you mean chat.shape"),
    "unknown api": (ROW + 'api = "opnai"\n', "waiver 1: unknown api 'opnai': did you mean openai"),
    "unknown operation": (ROW + 'api = "openai"\noperation = "createChat"\n', "waiver 1: .*createChatCompletion"),
    "requirement of another api": (
        ROW.replace("chat.shape", "rerank.shape") + 'api = "openai"\n',
        "waiver 1: unknown requirement 'rerank.shape' of openai",
    ),
    "twice": (ROW + ROW, "waiver 2: waiver 1 is for chat.shape, too"),
    "rows that are none": ("waiver = [1]\n", "waiver 1"),
    "infinity": ("[[waiver]]\nrequirement = inf\n", "waiver 1"),
}


@pytest.mark.parametrize(("content", "said"), FAULTS.values(), ids=FAULTS)
def test_a_wrong_file_is_refused_in_one_line(content, said, tmp_path):
    """The line names the file, the waiver and what is wrong."""
    path = tmp_path / "w.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageTrouble, match=said) as trouble:
        read_waivers(path)

    assert str(path) in str(trouble.value)
    assert "\n" not in str(trouble.value)


def test_waivers_beside_the_project_are_taken(tmp_path, monkeypatch):
    """Without a file that is named, waivers.toml in the working directory is taken if it is there."""
    monkeypatch.chdir(tmp_path)
    assert waivers_given() is None
    (tmp_path / "waivers.toml").touch()
    assert waivers_given().name == "waivers.toml"
    assert waivers_given(tmp_path / "other.toml") == tmp_path / "other.toml"
