"""The command at its efforts: what is generated, how it is reported, what of it is asked for."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings

STANDARD = ("--effort", "standard")
PART = "generated.createChatCompletion.valid"


@pytest.fixture(scope="module")
def deviating():
    with ReferenceServer(Settings(apis=("genos",), deviations=("thai-fails",))) as server:
        yield server.url("genos")


def test_generated_fault_is_reported(process, deviating):
    """A fault that only generated requests show fails the run, with a small request and commands that show it again."""
    ended = process("run", "--api", "genos", "-u", deviating, *STANDARD, "-k", PART, key=DEFAULT_KEY)
    assert ended.status == 1
    assert "standard effort: " in ended.out
    drawn = ended.report["generated"]
    assert drawn["effort"] == "standard"
    assert len(drawn["digest"]) == 64
    assert "schemathesis" in drawn["generators"]
    (part,) = drawn["parts"]
    assert (part["operation"], part["kind"], part["verdict"]) == ("createChatCompletion", "valid", "fail")
    assert "robustness.no-5xx" in part["broken"]
    found = {row["id"]: row["findings"] for row in ended.report["requirements"]}["robustness.no-5xx"]
    assert found[0]["exchange"] in part["shrunk"]
    assert "llm-conformance replay robustness.no-5xx@" in found[0]["replay"]
    cases = {case.get("name"): case for case in ET.parse(ended.folder / "junit.xml").iter("testcase")}
    assert cases[PART].find("failure") is not None


def test_each_part_is_an_item(process, deviating):
    """Each operation and kind of case is an item of its own, which pytest's -k selects."""
    ended = process(
        "run",
        "--api",
        "genos",
        "-u",
        deviating,
        "--effort",
        "standard",
        "-k",
        "generated and sequence",
        key=DEFAULT_KEY,
    )
    names = [case.get("name") for case in ET.parse(ended.folder / "junit.xml").iter("testcase")]
    assert names == ["generated.createChatCompletion.sequence"]
    assert [part["kind"] for part in ended.report["generated"]["parts"]] == ["sequence"]


def test_smoke_generates_nothing(process, deviating):
    """At the least effort there is no item and no request of generated traffic."""
    ended = process("run", "--api", "genos", "-u", deviating, "-k", "chat.shape", key=DEFAULT_KEY)
    assert ended.status == 0
    assert ended.report["generated"] == {"effort": "smoke", "digest": None, "generators": None, "parts": []}
    assert ended.report["spent"]["requests"] < 30


def test_failures_are_saved_and_found_again(process, deviating, tmp_path):
    """What failed is kept where the user says, and a later run sends it again at any effort."""
    where = ("run", "--api", "genos", "-u", deviating, "--save-failures", str(tmp_path / "kept"))
    assert process(*where, *STANDARD, "-k", PART, key=DEFAULT_KEY).status == 1
    kept = sorted((tmp_path / "kept" / "genos").glob("*.har"))
    assert any(path.name.startswith("robustness.no-5xx-") for path in kept)
    assert DEFAULT_KEY not in "".join(path.read_text(encoding="utf-8") for path in kept)


def test_plan_says_what_each_effort_sends(process):
    """The plan has a line for each effort, more for more."""
    ended = process("plan", "--api", "genos", *STANDARD)
    lines = [line for line in ended.out.splitlines() if "at most" in line]
    counts = [int(line.partition("at most ")[2].split()[0]) for line in lines]
    assert [line.lstrip("* ").split()[:2] for line in lines] == [
        ["genos", "smoke:"], ["genos", "standard:"], ["genos", "thorough:"]
    ]  # fmt: skip
    assert counts == sorted(set(counts))
    assert lines[1].startswith("* ")
    assert "requests more where cases fail" in lines[1]
    assert "createChatCompletion.valid" in ended.out


def test_plan_of_a_run_is_kept(process, deviating):
    """A run sends no more than its plan says."""
    plan = process("plan", "--api", "genos", *STANDARD).out
    (line,) = [line for line in plan.splitlines() if line.startswith("* ")]
    most = int(line.partition("at most ")[2].split()[0])
    more = int(line.rpartition("and ")[2].split()[0])
    ended = process("run", "--api", "genos", "-u", deviating, *STANDARD, key=DEFAULT_KEY)
    assert ended.report["spent"]["requests"] <= most + more


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
