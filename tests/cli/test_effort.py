"""The command at its efforts: what is generated, how it is reported, what of it is asked for."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings

STANDARD = ("--effort", "standard")
OPERATION = "createChatCompletion"


@pytest.fixture(scope="module")
def deviating():
    with ReferenceServer(Settings(apis=("genos",), deviations=("thai-fails",))) as server:
        yield server.url("genos")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def run(shared_process, deviating, kept):
    """A run of a target with a fault that only generated requests show, all of them sent."""
    return shared_process(
        "run", "--api", "genos", "-u", deviating, *STANDARD, "--save-failures", str(kept), key=DEFAULT_KEY
    )


def test_generated_fault_is_reported(run):
    """A fault that only generated requests show fails the run, with a small request and commands that show it again."""
    assert run.status == 1
    assert "standard effort: " in run.out
    drawn = run.report["generated"]
    assert drawn["effort"] == "standard"
    assert len(drawn["digest"]) == 64
    assert "schemathesis" in drawn["generators"]
    (part,) = [each for each in drawn["parts"] if each["kind"] == "valid" and each["operation"] == OPERATION]
    assert part["verdict"] == "fail"
    assert "robustness.no-5xx" in part["broken"]
    found = {row["id"]: row["findings"] for row in run.report["requirements"]}["robustness.no-5xx"]
    assert found[0]["exchange"] in part["shrunk"]
    assert "llm-conformance replay robustness.no-5xx@" in found[0]["replay"]
    cases = {case.get("name"): case for case in ET.parse(run.folder / "junit.xml").iter("testcase")}
    assert cases[f"generated.{OPERATION}.valid"].find("failure") is not None


def test_each_part_is_an_item(process, deviating):
    """Each operation and kind of case is an item of its own, which pytest's -k selects."""
    ended = process(
        "run", "--api", "genos", "-u", deviating, *STANDARD, "-k", "generated and sequence", key=DEFAULT_KEY
    )
    names = [case.get("name") for case in ET.parse(ended.folder / "junit.xml").iter("testcase")]
    assert names == [f"generated.{OPERATION}.sequence"]
    assert [part["kind"] for part in ended.report["generated"]["parts"]] == ["sequence"]


def test_smoke_generates_nothing(process, deviating):
    """At the least effort there is no item and no request of generated traffic."""
    ended = process("run", "--api", "genos", "-u", deviating, "-k", "chat.shape", key=DEFAULT_KEY)
    assert ended.status == 0
    assert ended.report["generated"] == {"effort": "smoke", "digest": None, "generators": None, "parts": []}
    assert ended.report["spent"]["requests"] < 30


def test_failures_are_saved(run, kept):
    """What failed is kept where the user says, without the credential."""
    assert run.status == 1
    files = sorted((kept / "genos").glob("*.har"))
    assert any(path.name.startswith("robustness.no-5xx-") for path in files)
    assert DEFAULT_KEY not in "".join(path.read_text(encoding="utf-8") for path in files)


@pytest.fixture(scope="module")
def plan(shared_process):
    """What the command says of a run beforehand."""
    return shared_process("plan", "--api", "genos", *STANDARD).out


def test_plan_says_what_each_effort_sends(plan):
    """The plan has a line for each effort, more for more."""
    lines = [line for line in plan.splitlines() if "at most" in line]
    counts = [int(line.partition("at most ")[2].split()[0]) for line in lines]
    assert [line.lstrip("* ").split()[:2] for line in lines] == [
        ["genos", "smoke:"], ["genos", "standard:"], ["genos", "thorough:"]
    ]  # fmt: skip
    assert counts == sorted(set(counts))
    assert lines[1].startswith("* ")
    assert "requests more where cases fail" in lines[1]
    assert f"{OPERATION}.valid" in plan


def test_plan_of_a_run_is_kept(plan, run):
    """A run sends no more than its plan says."""
    (line,) = [line for line in plan.splitlines() if line.startswith("* ")]
    most = int(line.partition("at most ")[2].split()[0])
    more = int(line.rpartition("and ")[2].split()[0])
    assert run.report["spent"]["requests"] <= most + more


def test_unknown_effort_is_refused(process):
    """An effort that there is not ends in one line."""
    ended = process("run", "--effort", "heroic")
    assert ended.status == 2
    assert "heroic" in ended.err


def test_report_says_what_was_not_sent(process):
    """Where the budget ends before the cases do, the run is inconclusive and says what was not sent, and why."""
    ended = process("run", "--api", "genos", "--max-requests", "150", *STANDARD)
    assert ended.status == 3
    assert "UNTESTED  generated" in ended.out
    assert "cases were sent: the budget of 150 requests is spent" in ended.out
