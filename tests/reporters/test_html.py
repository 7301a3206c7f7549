"""The fragment that a row opens to shows the evidence, and nothing from the wire is markup in it."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.exchange.model import Ending, Exchange, Piece, Request, Response
from conformance.report import Finding
from conformance.reporters.html import CSS, exchange_html, finding_html

VOID = {"br", "hr", "img", "input", "link", "meta"}


class Reader(HTMLParser):
    """Keeps the tags and text of a fragment, and whether every tag is closed in turn."""

    def __init__(self, fragment):
        super().__init__()
        self.open, self.tags, self.text, self.balanced = [], [], [], True
        self.feed(fragment)
        self.close()
        self.balanced = self.balanced and not self.open

    def handle_starttag(self, tag, attrs):
        """Keep a tag with its attributes."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        """Close the innermost tag."""
        self.balanced = self.balanced and bool(self.open) and self.open.pop() == tag

    def handle_data(self, data):
        """Keep text."""
        self.text.append(data)


def exchange(hostile, body=b"{}"):
    return Exchange(
        "ex-0031",
        Request("POST", f"https://api.example/v1?{hostile}", (("X-Hostile", hostile),), b'{"a":[1]}'),
        Response(200, hostile, "HTTP/1.1", (("Content-Type", hostile),), (Piece(0.25, body), Piece(0.5, b""))),
        seconds=0.75,
    )


@pytest.fixture
def fragment(report, hostile):
    return finding_html(report.results[0], report, {"ex-0031": exchange(hostile, hostile.encode(errors="replace"))})


def test_nothing_from_the_wire_is_markup(fragment):
    found = Reader(fragment)
    assert found.balanced
    assert {tag for tag, _ in found.tags} == {"div", "dl", "dt", "dd", "section", "p", "pre", "details", "summary"}
    assert {name for _, attributes in found.tags for name in attributes} == {"class"}
    assert '<script>alert("1")</script>' in "".join(found.text)


def test_controls_are_made_visible(fragment):
    assert all(char.isprintable() or char in "\n\t" for char in fragment)
    assert "\\x1b[31m\\x9b2J\\u202e" in fragment


def test_the_fragment_says_all_of_the_requirement_and_its_findings(report, fragment):
    text = "".join(Reader(fragment).text)
    requirement, finding = report.results[0].requirement, report.results[0].findings[0]
    for part in (requirement.id, requirement.statement, requirement.source, requirement.basis, *requirement.operations):
        assert part in text
    for part in (finding.message, finding.where, finding.curl, report.target, "fail, judged in 3 exchanges"):
        assert part in text


def test_a_run_that_left_a_folder_says_how_to_look_again(report, fragment):
    """The command that replays a finding stands beside its curl line; without a folder there is none."""
    found = "".join(Reader(finding_html(report.results[0], report, {}, Path("reports/it's"))).text)
    assert found.count("llm-conformance replay stream.done@ex-0031 --report") == 5
    assert """'reports/it'"'"'s'""" in found
    assert "replay" not in fragment


def test_an_exchange_is_shown_once_with_both_heads_bodies_and_times(fragment):
    text = "".join(Reader(fragment).text)
    assert fragment.count("<details>") == 1
    assert "POST https://api.example/v1?" in text
    assert '{\n  "a": [\n    1\n  ]\n}' in text
    assert "complete after 0.750 s" in text
    assert "2, the first after 0.250 s, the last after 0.500 s" in text


def test_a_verdict_without_findings_has_its_reason(report):
    assert "rate limited" in finding_html(report.results[5], report, {})


def test_findings_beyond_the_twentieth_are_counted(report):
    many = replace(report.results[0], findings=(Finding("again"),) * 23)
    found = finding_html(many, report, {})
    assert found.count("<dd>again</dd>") == 20
    assert "and 3 more" in found


def test_long_bodies_are_shortened(hostile):
    found = exchange_html(exchange(hostile, b"x" * 1_000_000))
    assert len(found) < 20_000
    assert "more characters" in found


def test_an_exchange_without_a_response_says_how_it_ended():
    found = exchange_html(Exchange("ex-1", Request("GET", "http://h/"), None, Ending.REFUSED, "no route", seconds=0.1))
    assert "no response, refused after 0.100 s" in found
    assert "no route" in found


def test_the_style_does_not_leave_the_fragments():
    selectors = [line for line in CSS.splitlines() if line.rstrip().endswith("{") or "{" in line]
    assert selectors
    assert all(line.startswith(".llmc") for line in selectors)


@given(st.binary(max_size=60), st.text(max_size=30))
def test_any_exchange_makes_balanced_markup(body, text):
    found = Reader(exchange_html(exchange(text, body)))
    assert found.balanced
    assert {tag for tag, _ in found.tags} <= {"details", "summary", "pre", "dl", "dt", "dd"}
