"""A stored report is read back as it was written, and what is none ends in one line."""

from __future__ import annotations

import json

import pytest
from judging import judged

from conformance.report import Exit, Verdict
from conformance.reporters.json_report import document, text
from conformance.storedreport import read
from conformance.usage import UsageTrouble


@pytest.fixture(scope="module")
def genos():
    return judged("genos", "chat-without-choices")


@pytest.fixture
def stored(tmp_path):
    """Write something as a report; returns where."""

    def write(content):
        path = tmp_path / "report.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    return write


def test_a_report_is_read_as_it_was_written(genos, stored):
    """API, target, verdict, seed, version, effort, verdicts with findings, and the raw document are there."""
    (found,) = read(stored(text([genos]).encode()))

    assert (found.api, found.target, found.verdict, found.exit_status) == (
        "genos",
        genos.target,
        "not-conformant",
        Exit.BROKEN,
    )
    assert (found.seed, found.suite_version, found.effort) == (genos.seed, genos.suite_version, "smoke")
    assert found.specification == genos.specification
    assert {row.id: row.verdict for row in found.requirements.values()} == {
        result.requirement.id: result.verdict for result in genos.results
    }
    broken = found.requirements["chat.shape"]
    (result,) = [result for result in genos.results if result.requirement.id == "chat.shape"]
    assert (broken.verdict, broken.level) == (Verdict.FAIL, result.requirement.level)
    assert [(f.message, f.where, f.exchange, f.curl) for f in broken.findings] == [
        (f.message, f.where, f.exchange, f.curl) for f in result.findings
    ]
    assert dict(found.document) == document([genos])


def test_each_run_of_several_is_read(genos, faithful, stored):
    """A report of several APIs is read as one run each, each with the format."""
    found = read(stored(text([genos, faithful("openai")]).encode()))

    assert [(run.api, run.exit_status) for run in found] == [("genos", Exit.BROKEN), ("openai", Exit.CONFORMANT)]
    assert {run.document["format"] for run in found} == {"llm-conformance/report/1"}


def test_text_that_has_no_utf_8_is_read(genos, stored):
    """Half a surrogate pair, as a hostile target may cause it, is read as it was written."""
    said = document([genos])
    said["requirements"][0]["reason"] = "\ud800"
    (found,) = read(stored(said))

    assert found.requirements[said["requirements"][0]["id"]].reason == "\ud800"


NONE = {
    "nothing": b"",
    "bytes": b"\xff\xfe\x00",
    "no JSON number": b'{"format": "llm-conformance/report/1", "seed": NaN}',
    "depth": b"[" * 100_000,
    "a list": [],
    "another format": {"format": "llm-conformance/report/9"},
    "no member": {"format": "llm-conformance/report/1"},
    "no run": {"format": "llm-conformance/report/1", "exit_status": 0, "runs": []},
    "a wrong type": {"format": "llm-conformance/report/1", "exit_status": 0, "runs": [7]},
    "a name that is no text": b'{"format": "llm-conformance/report/1", "\\ud800": 1}',
}


@pytest.mark.parametrize("content", NONE.values(), ids=NONE)
def test_what_is_no_report_is_said_in_one_line(content, stored):
    """Whatever the file holds, one line names it and what is wrong."""
    path = stored(content)
    with pytest.raises(UsageTrouble) as trouble:
        read(path)

    assert str(path) in str(trouble.value)
    assert "\n" not in str(trouble.value)


def test_a_missing_file_is_said_in_one_line(tmp_path):
    """A file that is not there is named."""
    with pytest.raises(UsageTrouble, match=r"cannot read .*gone.json: No such file"):
        read(tmp_path / "gone.json")


@pytest.mark.parametrize(
    ("member", "value"),
    [("api", 7), ("requirements", {}), ("exit_status", 9), ("started", "yesterday"), ("generated", None), ("new", 1)],
)
def test_a_member_of_a_wrong_type_is_named(member, value, genos, stored):
    """A report that its schema does not describe is refused, with the place."""
    with pytest.raises(UsageTrouble, match=member):
        read(stored(document([genos]) | {member: value}))


def test_a_requirement_that_is_there_twice_is_refused(genos, stored):
    """Of two verdicts on one requirement neither is taken."""
    said = document([genos])
    said["requirements"].append(said["requirements"][3])
    with pytest.raises(UsageTrouble, match=f"genos has {said['requirements'][3]['id']} twice"):
        read(stored(said))
