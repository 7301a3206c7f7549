"""The gate as a user of CI knows it: waivers, a baseline, repetition, and what ends in one line."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest

from conformance.contract.load import data

if TYPE_CHECKING:
    from pathlib import Path

API = "cloud-temple"
FAULT = "chat-without-choices"
PART = ("-k", "shape")
"""A few requirements are enough."""


@pytest.fixture
def run(process, serving, tmp_path):
    """Run a part of the suite against a server that deviates as named; returns how it ended."""
    urls = {}

    def start(deviations, *words):
        url = urls.setdefault(deviations, None) or serving(API, *deviations)
        urls[deviations] = url
        report = tmp_path / "report.json"
        done = process("run", "--api", API, "-u", url, *PART, "--report-json", str(report), *words)
        return done, json.loads(report.read_text(encoding="utf-8"))

    return start


def newest(done) -> Path:
    return max(done.reports.iterdir(), key=lambda folder: folder.stat().st_mtime_ns)


def test_a_failure_is_drafted_waived_and_stale_once_it_is_mended(run, tmp_path):
    """The draft is refused until its reasons are written; then the failure is shown and does not gate, until kept."""
    file = tmp_path / "waivers.toml"
    done, found = run((FAULT,), "--write-waivers", str(file))
    assert (done.status, found["verdict"]) == (1, "not-conformant")
    assert f"waivers drafted: {file}" in done.out

    done, _ = run((FAULT,))
    assert done.status == 2
    assert done.err.count("\n") == 1
    assert "waivers.toml: waiver 1: the reason of chat.shape is not written yet" in done.err

    file.write_text(file.read_text(encoding="utf-8").replace("TODO: say why", "mended in release 7"), encoding="utf-8")
    done, found = run((FAULT,))
    assert (done.status, found["verdict"]) == (0, "conformant-with-waivers")
    (row,) = [row for row in found["requirements"] if row["verdict"] == "fail"]
    assert (row["id"], row["waiver"]["reason"]) == ("chat.shape", "mended in release 7")
    assert [each["requirement"] for each in found["waivers"]["used"]] == ["chat.shape"]
    assert "mended in release 7" in done.out
    assert "1 waived" in done.out
    cases = {case.get("name"): case for case in ET.parse(newest(done) / "junit.xml").iter("testcase")}
    assert cases["chat.shape"].find("failure") is None
    skipped = cases["chat.shape"].find("skipped")
    assert skipped.get("message", "").startswith("waived until 20")
    assert "mended in release 7" in (newest(done) / "report.html").read_text(encoding="utf-8")

    done, found = run(())
    assert (done.status, found["verdict"]) == (1, "not-conformant")
    assert [each["why"] for each in found["waivers"]["stale"]] == ["the requirement is kept now"]
    assert "STALE WAIVER  chat.shape" in done.out
    cases = {case.get("name"): case for case in ET.parse(newest(done) / "junit.xml").iter("testcase")}
    assert "the requirement is kept now" in cases["chat.shape"].find("failure").get("message", "")


def test_a_run_fails_for_regressions_only(run, said, tmp_path):
    """With a baseline, what was broken before passes, and what is broken since fails; `compare` says the same."""
    _, broken = run((FAULT,))
    baseline = tmp_path / "baseline.json"
    baseline.write_text(json.dumps(broken), encoding="utf-8")
    done, _ = run((FAULT,), "--baseline", str(baseline), "--repeat", "2")
    assert done.status == 0
    assert "STILL BROKEN  1 requirement" in done.out
    assert "2 runs of the same requests" in done.out
    assert f"{API}: not-conformant" in done.out

    done, kept = run((), "--baseline", str(baseline))
    assert done.status == 0
    good, changes = tmp_path / "good.json", tmp_path / "changes.json"
    good.write_text(json.dumps(kept), encoding="utf-8")
    done = said("compare", str(good), str(baseline), "--report-json", str(changes))
    assert done.status == 1
    assert "REGRESSION  1 requirement" in done.out
    schema = json.loads((data("specs") / "comparison.schema.json").read_text(encoding="utf-8"))
    document = json.loads(changes.read_text(encoding="utf-8"))
    jsonschema_rs.Draft202012Validator(schema).validate(document)
    assert [c["id"] for each in document["compared"] for c in each["changes"] if c["gates"]] == ["chat.shape"]
    assert said("compare", str(baseline), str(good)).status == 0
    done = said("compare", str(good), str(tmp_path / "gone.json"))
    assert (done.status, done.err.count("\n")) == (2, 1)


def test_what_cannot_gate_is_refused_before_anything_is_sent(process, tmp_path):
    """A missing file, a wrong baseline, a draft that would replace a file: one line and status 2."""
    (tmp_path / "there.toml").touch()
    (tmp_path / "none.json").write_text("{}", encoding="utf-8")
    for words, line in (
        (["--waivers", "gone.toml"], "cannot read gone.toml"),
        (["--write-waivers", "there.toml"], "there.toml is there"),
        (["--write-waivers", "there.toml/new.toml"], "cannot write there.toml/new.toml"),
        (["--baseline", "none.json"], "none.json is no report"),
    ):
        done = process("run", "--api", API, "-u", "http://127.0.0.1:9", *words)
        assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
        assert line in done.err
