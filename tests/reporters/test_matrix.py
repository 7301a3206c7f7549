"""The matrix shows reports side by side, as a page and as Markdown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pagesamples import Reader, requirement

from conformance.report import Finding, Result, Verdict
from conformance.reporters import json_report
from conformance.reporters.matrix import document, markdown
from conformance.reporters.matrix.table import ABSENT, table
from conformance.storedreport import read

SHOWN = "[...document.querySelectorAll('.line')].filter(r => !r.hidden).map(r => r.firstElementChild.firstChild.data)"


@pytest.fixture
def stored(tmp_path):
    """Write reports and read them back, as the command does."""

    def keep(*reports):
        runs = []
        for number, report in enumerate(reports):
            path = tmp_path / f"{number}.json"
            path.write_text(json_report.text([report]), encoding="utf-8")
            runs += read(path)
        return runs

    return keep


@pytest.fixture
def two(report, stored):
    """A report, and a later one: one row mended, one broken, one gone, one new."""
    mended = Result(requirement("stream.done"), Verdict.PASS, judged=3)
    worse = Result(requirement("stream.framing"), Verdict.FAIL, "", (Finding("a | b <i>"), Finding("c")), 9)
    new = Result(requirement("zeta.new", "should"), Verdict.PASS, judged=1)
    later = replace(report, results=(mended, worse, *report.results[2:-1], new), target="https://b.example/v1")
    return table(stored(report, later))


def test_rows_are_those_of_all_reports(two):
    """A requirement that one report lacks has a row, and says that it is lacking there."""
    lines = {line.id: line for section in two.sections for line in section.lines}
    assert [cell.verdict for cell in lines["stream.done"].cells] == ["fail", "pass"]
    assert [cell.verdict for cell in lines["zeta.new"].cells] == [ABSENT, "pass"]
    assert [cell.verdict for cell in lines["auth.challenge"].cells] == ["note", ABSENT]
    assert (two.differing, two.size) == (4, 11)


def test_totals_have_denominators(two):
    """Each column says how many of how many are kept, and what became of the others."""
    assert two.columns[0].totals[0] == ("must", "1 of 7 kept, 1 error, 1 fail, 1 warn, 2 untested, 1 not-applicable")
    assert two.columns[1].totals[2] == ("may", "none")
    stream = next(section for section in two.sections if section.name == "stream")
    assert [stream.kept(0), stream.kept(1)] == ["1 of 2", "1 of 2"]


def test_cell_says_why(two):
    """A cell opens to what was found, or to why it was not judged; verdicts are told in words."""
    page = Reader(document.text(two))
    said = " ".join("".join(page.said).split())
    assert "✗ fail" in said
    assert "a | b <i> (and 1 more)" in said
    assert "? untested" in said
    assert "rate limited" in said
    assert "not in this report" in said
    assert "i" not in [tag for tag, _ in page.tags]


def test_markdown_has_a_row_a_requirement(two):
    """Every row of a table has as many cells as its head, and nothing in it is markup."""
    lines = markdown.text(two).splitlines()
    rows = [line.replace(r"\|", "") for line in lines if line.startswith("|")]
    assert {row.count("|") for row in rows} == {4, 5}
    assert "| stream.framing | must | ✓ pass | ✗ fail |" in lines
    assert r"| zeta.new | should | not in this report | ✓ pass |" in lines
    assert "4 of 11 requirements differ." in lines


def test_hostile_names_are_harmless(report, hostile, stored):
    """A target's name is no markup in the page, and breaks no table."""
    shown = table(stored(replace(report, target=hostile.replace("\ud800", "") + "|")))
    assert [tag for tag, _ in Reader(document.text(shown)).tags].count("script") == 1
    written = markdown.text(shown)
    assert "<script" not in written.replace(r"\<script", "")
    assert "\x1b" not in written


def test_page_works_in_chromium(browser, tmp_path, two):
    """Differences, words and folded groups narrow the rows; nothing is loaded."""
    page = tmp_path / "matrix.html"
    page.write_text(document.text(two), encoding="utf-8")
    browser.troubles.clear()
    browser.open(page)
    assert len(browser.run(SHOWN)) == 11
    browser.run("document.getElementById('differing').click()")
    assert [id_.strip() for id_ in browser.run(SHOWN)] == [
        "stream.done",
        "stream.framing",
        "auth.challenge",
        "zeta.new",
    ]
    assert browser.run("document.getElementById('shown').textContent") == "4 of 11 rows"
    browser.run("document.querySelector('.section button').click()")
    assert [id_.strip() for id_ in browser.run(SHOWN)] == ["auth.challenge", "zeta.new"]
    assert browser.run("getComputedStyle(document.querySelector('thead th')).position") == "sticky"
    assert browser.troubles == []
