"""The page of a run says what the report says, marks the place, and nothing from the wire is markup in it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pagesamples import Reader, exchange, hostile_page

from conformance.exchange.model import Exchange, Piece, Request, Response
from conformance.reporters.json_report import run_document
from conformance.reporters.page.arrivals import WIDTH, arrivals
from conformance.reporters.page.document import text
from conformance.reporters.page.panels import panels

STREAM = b'data: {"a":1}\n\ndata: {"choices":[{"delta":{"x":null}}]}\n\ndata: [DONE]\n\n'


def marked(shown, where):
    return [line.text.strip() for panel in panels(shown, where) for line in panel.lines if line.marked]


@pytest.mark.parametrize(
    ("where", "lines"),
    [
        ("status", ["HTTP/1.1 200 OK"]),
        ("header Content-Type", ["Content-Type: application/json"]),
        ("header x-a", ["X-A: b"]),
        ("response header x-a", ["X-A: b"]),
        ("response header Retry-After", ["HTTP/1.1 200 OK"]),
        ("request header accept", ["Accept: */*"]),
        ("request header x-workspace-id", ["POST https://api.example/v1/chat"]),
        ("response body, byte 3", ['{"usage":{"total":3},"choices":[{"index":0},{"index":0}]}']),
        ("/usage/total", ['"total": 3']),
        ("/usage", ['"usage": {', '"total": 3', "},"]),
        ("body /usage/total", ['"total": 3']),
        ("/choices/*/index", ['"index": 0', '"index": 0']),
        ("/usage/missing/deep", ['"usage": {']),
        ("requestBody /model", ['"model": "m"']),
        ("a place that nobody knows", []),
        ("", []),
    ],
)
def test_place_is_marked(where, lines):
    """The lines that a finding is about are marked; of what is missing, what lacks it."""
    assert marked(exchange(), where) == lines


def test_place_in_a_stream_is_marked():
    """An event is marked whole, or the value in its data; other events are not."""
    stream = exchange(STREAM, "text/event-stream")
    assert marked(stream, "event 2 /choices/0/delta/x") == ['"x": null']
    assert marked(stream, "event 3") == ["data: [DONE]"]
    assert marked(stream, "last event") == ["data: [DONE]"]
    assert marked(stream, "end of the stream") == ["data: [DONE]"]
    assert marked(stream, "byte 20") == ['data: {"choices":[{"delta":{"x":null}}]}']
    assert marked(stream, "event 9") == []


@pytest.mark.parametrize(
    ("where", "title"),
    [
        ("body", "Response body"),
        ("choice 0, deltas", "Response body"),
        ("event 9", "Response body"),
        ("requestBody", "Request body"),
        ("status", ""),
        ("ending", ""),
        ("", ""),
    ],
)
def test_panel_is_spotted_where_no_line_can_be_marked(where, title):
    """Where a place is somewhere in a body, the body is told apart; it is not folded away."""
    assert [panel.title for panel in panels(exchange(), where) if panel.spotted] == [title] * bool(title)
    assert not any(panel.folded for panel in panels(exchange(), where) if panel.spotted)


def test_long_bodies_are_cut_around_the_mark():
    """Of a long body, its beginning and what is around the mark are shown, with how much is left out."""
    body = b"[" + b",".join(b"%d" % n for n in range(5000)) + b"]"
    long = replace(exchange(), response=Response(200, headers=(), pieces=(Piece(0.1, body),)))
    (answer,) = [panel for panel in panels(long, "/3000") if panel.title == "Response body"]
    assert [line.text.strip() for line in answer.lines if line.marked] == ["3000,"]
    assert len(answer.lines) < 100
    assert sum(int(re.search(r"\d+", line.text)[0]) for line in answer.lines if line.gap) + 72 == 5002


@given(st.text(), st.binary(max_size=300))
def test_panels_never_raise(where, body):
    """Whatever a finding names and whatever the body is, there are panels."""
    for media in ("text/event-stream", "application/json"):
        assert panels(exchange(body, media), where)
        assert panels(exchange(body, media), f"event 1 /{where}")


def test_deep_bodies_are_shown_raw():
    """A body that is nested deeper than can be laid out is shown as it came."""
    deep = b"[" * 100_000 + b"]" * 100_000
    shown = replace(exchange(), response=Response(200, pieces=(Piece(0.0, deep),)))
    assert panels(shown, "/0/0")[-1].lines[0].text.startswith("[[[[")


def test_arrivals_are_plotted_over_time():
    """A tick stands where its piece arrived; what was not timed has no plot."""
    pieces = (Piece(0.0, b"a"), Piece(5.0, b"bbbb"), Piece(10.0, b""))
    timed = Exchange("x", Request("GET", "http://a"), Response(200, pieces=pieces), seconds=10.0)
    plot = arrivals(timed)
    assert [tick.x for tick in plot.ticks] == [0.0, pytest.approx(WIDTH / 2, abs=2), WIDTH]
    assert plot.ticks[1].height > plot.ticks[0].height
    assert plot.words == "3 pieces of 5 bytes in all, the first after 0.000 s, the last after 10.000 s of 10.000 s"
    assert arrivals(replace(timed, timed=False)) is None
    many = replace(timed, response=Response(200, pieces=tuple(Piece(n / 9999, b"x") for n in range(9999))))
    assert len(arrivals(many).ticks) <= 400


def test_nothing_from_the_wire_is_markup(report, hostile):
    """Hostile texts add no tag, no handler and no invisible character, and are there to be read."""
    page = Reader(hostile_page(report, hostile))
    names = [tag for tag, _ in page.tags]
    assert names.count("script") == 1
    assert names.count("style") == 1
    assert not {"b", "img", "iframe", "link", "object"} & set(names) - {"b"}
    assert not [attrs for _, attrs in page.tags if any(name.startswith("on") or name == "style" for name in attrs)]
    said = "".join(page.said)
    assert not {"\u2028", "\u202e", "\x1b", "\x9b"} & set(said)
    assert "</script><script>x</script>" in said
    assert r"\u202e" in said
    assert "{{ 7 * 7 }}" in said


def test_policy_allows_what_is_in_the_page_only(report):
    """The policy names no source but the digests of the page's own style and script."""
    page = text(run_document(report), {})
    (policy,) = [attrs["content"] for tag, attrs in Reader(page).tags if attrs.get("http-equiv")]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "http" not in policy.replace("https:", "")


def test_page_says_what_the_report_says(drawn):
    """Each requirement, its verdict and reason, the totals, and what was generated are on the page."""
    page = Reader(text(run_document(drawn), {"ex-0031": exchange()}, ("report.json",)))
    said = " ".join("".join(page.said).split())
    names = {attrs.get("aria-label") for tag, attrs in page.tags if tag == "a"}
    for result in drawn.results:
        assert f"{result.requirement.id}: {result.verdict}" in names
        assert result.requirement.statement in said
    assert "1 of 7 must kept" in said
    assert "rate limited" in said
    assert "12 of 60" in said
    assert "the budget is spent" in said
    ids = [attrs["id"] for _, attrs in page.tags if attrs.get("id")]
    assert len(ids) == len(set(ids))
    assert {attrs["href"][1:] for tag, attrs in page.tags if tag == "a" and attrs["href"].startswith("#")} <= set(ids)


def test_long_lines_are_not_offered_to_be_copied(report):
    """A command that is too long to show whole is named, so that nobody copies half of it."""
    broken = report.results[0]
    long = replace(broken, findings=(replace(broken.findings[0], curl="curl " + "x" * 30_000),))
    page = text(run_document(replace(report, results=(long,))), {})
    assert "the line has 30005 characters" in page
    assert "xxxxx" not in page
