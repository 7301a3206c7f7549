"""Judges of what is legal in an event stream and trips clients: what they find, and what they leave alone."""

from __future__ import annotations

import pytest
from streaming import DONE, chunk, event, outcomes, spoken, stream

from conformance.report import Finding

TEXT = spoken("one", ", two")
HAZARDS = (
    "stream_known_lines",
    "stream_blocks_have_data",
    "stream_without_comments",
    "stream_ended_by_line_feeds",
    "stream_data_on_one_line",
    "stream_without_separators",
    "stream_lines_short",
    "stream_of_data_only",
)


def blamed(*events):
    return {name for name in HAZARDS if any(isinstance(each, Finding) for each in outcomes(name, stream(*events)))}


@pytest.mark.parametrize(
    "legal",
    [
        [*TEXT, DONE],
        [*TEXT, DONE, b"\n\n"],
        [b"\n\n", *TEXT, DONE],
        [b"\xef\xbb\xbf", *TEXT, DONE],
        [chunk({"content": "a: b\nretry: 1\n: c"}), DONE],
        [*(event(each).replace(b"\n", b"\r") for each in TEXT), DONE],
        [*TEXT, DONE, b"id: 1\n\n"],
        [*TEXT, b"x-note: 1\n", b"date: 2026-11-21\n", b"x-error-count: 0\n", b"data-source: [1]\n\n", DONE],
    ],
    ids=["plain", "blank-end", "blank-start", "bom", "text-like-lines", "bare-cr", "after-done", "notes"],
)
def test_plain_streams_have_no_hazard(legal):
    """A stream of nothing but data has no hazard, whatever its text says and whatever another promise judges."""
    assert blamed(*legal) - {"stream_of_data_only"} == set()


@pytest.mark.parametrize(
    ("events", "names"),
    [
        ([*TEXT, b'{"error": {"message": "x"}}\n', DONE], {"stream_known_lines"}),
        ([*TEXT, b"error: x\n\n", DONE], {"stream_known_lines"}),
        ([*TEXT, b"Internal Server Error\n\n", DONE], {"stream_known_lines"}),
        ([*TEXT, b"dta: x\n\n", DONE], {"stream_known_lines"}),
        ([*TEXT, b" data: x\n\n", DONE], {"stream_known_lines"}),
        ([*TEXT, b'result: {"id": 1}\n\n', DONE], {"stream_known_lines"}),
        ([*TEXT, b"[DONE]\n\n", DONE], {"stream_known_lines"}),
        ([b"retry: 5\n\n", *TEXT, DONE], {"stream_blocks_have_data"}),
        ([b"event: message\n\n", *TEXT, DONE], {"stream_blocks_have_data"}),
        ([b"id: 1\n" + event(TEXT[0]), *TEXT[1:], DONE], {"stream_of_data_only"}),
        ([b"id: 1\n" + event(TEXT[0]), b"\n", *TEXT[1:], DONE], {"stream_of_data_only", "stream_blocks_have_data"}),
        ([b"id: \x00\n\n", *TEXT, DONE], set()),
        ([b"retry: soon\n\n", *TEXT, DONE], set()),
        ([b": ping\n\n", *TEXT, DONE], {"stream_without_comments"}),
        ([b"data: {\ndata: }\n\n", DONE], {"stream_data_on_one_line"}),
        ([b"data: {\ndata: \n\n", DONE], set()),
        ([chunk({"content": "a\u2028b"}), DONE], {"stream_without_separators"}),
        ([chunk({"content": "a" * 70_000}), DONE], {"stream_lines_short"}),
        ([event(TEXT[0]).replace(b"\n", b"\r\n"), DONE], {"stream_ended_by_line_feeds"}),
    ],
)
def test_each_hazard_has_its_name(events, names):
    """A hazard is found under its own name, and under no other."""
    assert blamed(*events) == names


@pytest.mark.parametrize("about", ["event", "retry", "id"])
def test_blocks_without_data_are_put_down_to_what_makes_them(about):
    """A row is about the fields that it names: an event field takes the blame alone."""
    blocks = {"event": b"event: x\nid: 1\nretry: 2\n\n", "retry": b"retry: 2\nid: 1\n\n", "id": b"id: 1\n\n"}
    found = {
        name
        for name in ("event", "retry", "id")
        if isinstance(
            outcomes("stream_blocks_have_data", stream(blocks[about], *TEXT, DONE), set_by=[name])[0], Finding
        )
    }
    assert about in found
    assert about != "event" or "retry" not in found


@pytest.mark.parametrize("name", HAZARDS)
@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b":\n\n", b"data", b"id\n\nevent\n\n", b"data: [DONE]\n\n"])
def test_any_bytes_are_judged(name, body):
    """No bytes make a judge raise, and a stream without events is not judged."""
    found = outcomes(name, stream(body))
    assert len(found) == 1
