"""A badge says what the report says, and is green only where all is kept."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from pagesamples import requirement

from conformance.report import Result, Verdict
from conformance.reporters import json_report
from conformance.reporters.badge import badge, endpoint, svg
from conformance.storedreport import read


@pytest.fixture
def badge_of(report, tmp_path):
    """Make the badge of a run with rows of these verdicts (all must but warn)."""

    def make(*verdicts, label="", **more):
        rows = tuple(
            Result(requirement(f"a.r{n}", "should" if v is Verdict.WARN else "must"), v) for n, v in enumerate(verdicts)
        )
        path = tmp_path / "report.json"
        path.write_text(json_report.text([replace(report, results=rows, **more)]), encoding="utf-8")
        return badge(read(path), label)

    return make


PASS, FAIL, WARN, UNTESTED = Verdict.PASS, Verdict.FAIL, Verdict.WARN, Verdict.UNTESTED
ABSENT, ERROR = Verdict.NOT_APPLICABLE, Verdict.ERROR


@pytest.mark.parametrize(
    ("verdicts", "more", "message", "color"),
    [
        ((PASS, PASS), {}, "conformant 2/2 must", "brightgreen"),
        ((PASS, ABSENT), {}, "conformant 1/1 must (1 not applicable)", "brightgreen"),
        ((PASS, FAIL, UNTESTED), {}, "not conformant: 1 of 3 must broken", "red"),
        ((PASS, WARN), {"strict": True}, "not conformant: 1 of 2 broken (strict)", "red"),
        ((PASS, UNTESTED), {}, "inconclusive: 1 of 2 must untested", "lightgrey"),
        ((UNTESTED, UNTESTED), {}, "inconclusive: nothing tested", "lightgrey"),
        ((ABSENT, ABSENT), {}, "inconclusive: nothing tested", "lightgrey"),
        ((), {}, "inconclusive: nothing tested", "lightgrey"),
        ((PASS,), {"trouble": "no answer"}, "inconclusive: not all was sent", "lightgrey"),
        ((PASS, ERROR), {}, "unknown: the suite itself failed", "lightgrey"),
        ((PASS,), {"interrupted": True}, "interrupted: 1 of 1 must kept until then", "lightgrey"),
    ],
)
def test_badge_says_the_verdict(badge_of, verdicts, more, message, color):
    """The message has its denominator; what was not tested is never green."""
    made = badge_of(*verdicts, **more)
    assert (made.label, made.message, made.color) == ("cloud-temple", message, color)


def test_several_runs_are_one_badge(report, tmp_path):
    """Where one of several runs is broken, the badge is."""
    good, bad = (replace(report, results=(Result(requirement("a.a"), verdict),)) for verdict in (PASS, FAIL))
    path = tmp_path / "report.json"
    path.write_text(json_report.text([good, bad]), encoding="utf-8")
    made = badge(read(path))
    assert (made.label, made.message) == ("2 LLM APIs", "not conformant: 1 of 2 must broken")


def test_endpoint_is_what_shields_reads(badge_of):
    """The file has the members of the endpoint schema, version 1."""
    found = json.loads(endpoint(badge_of(PASS, label="chat")))
    assert found == {"schemaVersion": 1, "label": "chat", "message": "conformant 1/1 must", "color": "brightgreen"}


def test_image_says_itself(badge_of):
    """The image is well-formed, has a title and a role, and a hostile label is text."""
    image = ET.fromstring(svg(badge_of(PASS, label="<b>&\"'\x1b" + "x" * 500)))
    space = "{http://www.w3.org/2000/svg}"
    assert image.get("role") == "img"
    assert image.find(f"{space}title").text == image.get("aria-label")
    assert image.get("aria-label").startswith("<b>&\"'\\x1bxxx")
    assert image.get("aria-label").endswith("conformant 1/1 must")
    assert image.find(f".//{space}b") is None


def test_image_is_drawn_by_chromium(browser, tmp_path, badge_of):
    """Chromium takes the image for one, as wide as it says, and its texts fit their halves."""
    path = tmp_path / "badge.svg"
    path.write_text(svg(badge_of(PASS)), encoding="utf-8")
    browser.open(path)
    assert browser.run("document.documentElement.tagName") == "svg"
    width = browser.run("document.documentElement.width.baseVal.value")
    ends = "[...document.querySelectorAll('text')].map(t => t.getBBox()).map(box => [box.x, box.x + box.width])"
    (_, label_ends), (message_begins, message_ends) = browser.run(ends)
    assert label_ends < message_begins
    assert message_ends < width
