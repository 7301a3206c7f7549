"""The event-stream parser does what WHATWG HTML § 9.2.6 says, and tells what a client would drop."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conformance.exchange.eventstream import parse
from conformance.exchange.model import Piece

if TYPE_CHECKING:
    from conformance.exchange.eventstream import EventStream


def stream(data: bytes) -> EventStream:
    return parse([Piece(0.0, data)])


def seen(data: bytes) -> list[tuple[str, str, str]]:
    return [(event.type, event.data, event.id) for event in stream(data).events]


@pytest.mark.parametrize(
    ("data", "events"),
    [
        pytest.param(b"data: a\n\n", [("message", "a", "")], id="one event"),
        pytest.param(b"data: a\r\rdata: b\r\n\r\n", [("message", "a", ""), ("message", "b", "")], id="CR and CRLF"),
        pytest.param(b"data:a\n\n", [("message", "a", "")], id="no space"),
        pytest.param(b"data:  a\n\n", [("message", " a", "")], id="only one space goes"),
        pytest.param(b"data: a\ndata: b\n\n", [("message", "a\nb", "")], id="data lines are joined with LF"),
        pytest.param(b"data\n\n", [("message", "", "")], id="a data line without value dispatches an empty event"),
        pytest.param(b"data:\ndata:\n\n", [("message", "\n", "")], id="two of them make one LF"),
        pytest.param(b"event: x\nid: 1\nretry: 5\n\n", [], id="no data, no event"),
        pytest.param(b"event: x\n\ndata: a\n\n", [("message", "a", "")], id="the type is forgotten at a blank line"),
        pytest.param(b"event: x\ndata: a\n\ndata: b\n\n", [("x", "a", ""), ("message", "b", "")], id="a typed event"),
        pytest.param(b"id: 7\n\ndata: a\n\n", [("message", "a", "7")], id="the id stays"),
        pytest.param(
            b"id: 7\ndata: a\n\nid\ndata: b\n\n", [("message", "a", "7"), ("message", "b", "")], id="id reset"
        ),
        pytest.param(b"id: a\0b\ndata: a\n\n", [("message", "a", "")], id="an id with NUL is ignored"),
        pytest.param(b"\xef\xbb\xbfdata: a\n\n", [("message", "a", "")], id="one byte order mark is stripped"),
        pytest.param(b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", [], id="a second one is part of the field's name"),
        pytest.param(b"data: a\n", [], id="an event that is not ended is discarded"),
        pytest.param(b"data: a", [], id="a line that is not ended is discarded"),
        pytest.param(b": data: a\n\n", [], id="a comment"),
        pytest.param(b"Data: a\n\n", [], id="names are compared with case"),
        pytest.param(b" data: a\n\n", [], id="a space before the name makes another name"),
        pytest.param(b"data : a\n\n", [], id="a space after the name makes another name"),
        pytest.param("data: a\u2028b\x0bc\n\n".encode(), [("message", "a\u2028b\x0bc", "")], id="no other line ends"),
        pytest.param(b"data: \xff\n\n", [("message", "\ufffd", "")], id="invalid UTF-8 is replaced"),
        pytest.param(b"data: a\n\r\n", [("message", "a", "")], id="mixed line ends"),
        pytest.param(b"", [], id="nothing"),
    ],
)
def test_events_are_dispatched_as_the_standard_says(data, events):
    assert seen(data) == events


@pytest.mark.parametrize(
    ("value", "retry"), [(b"10", 10), (b"1x", None), (b"", None), ("٣".encode(), None), (b"9" * 5000, None)]
)
def test_retry_takes_ascii_digits_only(value, retry):
    assert stream(b"retry: " + value + b"\n\n").retry == retry


def test_what_a_client_drops_is_reported():
    found = stream(b": hi\nevent: x\nfoo: bar\nbaz\ndata:a\ndata: b\n\nid: 3\n\n\n: bye\n")
    assert found.comments == (" hi", " bye")
    assert [(f.name, f.value) for f in found.fields] == [("event", "x"), ("foo", "bar"), ("baz", ""), ("id", "3")]
    assert [f.name for f in found.unknown_fields] == ["foo", "baz"]
    assert found.data_without_space == 1
    assert found.dataless == 1
    assert found.undispatched == b": bye\n"
    assert not found.lost_event


@pytest.mark.parametrize(
    ("data", "rest", "lost"),
    [
        (b"data: a\n\n", b"", False),
        (b"data: a\n\n: ping\n", b": ping\n", False),
        (b"data: a\n\n: pi", b": pi", False),
        (b"data: a\n\nretry: 5\n", b"retry: 5\n", False),
        (b"data: a\n\ndata: b\n", b"data: b\n", True),
        (b"data: a\n\ndata\r", b"data\r", True),
        (b"data: a\n\nda", b"da", True),
        (b'{"error": 1}', b'{"error": 1}', True),
        (b"", b"", False),
    ],
)
def test_a_discarded_end_is_kept_and_judged_for_lost_data(data, rest, lost):
    assert (stream(data).undispatched, stream(data).lost_event) == (rest, lost)


def test_line_ends_and_byte_order_mark_are_reported():
    assert stream(b"data: a\r\n\ndata: b\r\r").line_ends == {b"\r\n", b"\n", b"\r"}
    assert stream(b"\xef\xbb\xbfdata: a\n\n").bom
    assert not stream(b"data: a\n\n").bom


def test_invalid_utf8_is_counted_by_line_and_known_of_an_event():
    found = stream(b": \xff\ndata: \xe4\xbd\n\ndata: \xe4\xbd\xa0\n\n")
    assert found.invalid_utf8 == 2
    assert [event.is_utf8 for event in found.events] == [False, True]


def test_a_character_cut_over_two_pieces_is_whole():
    found = parse([Piece(0.1, b"data: \xf0\x9f"), Piece(0.2, b"\x98\x80\n\n")])
    assert [event.data for event in found.events] == ["😀"]
    assert found.invalid_utf8 == 0


def test_an_event_has_the_time_of_the_piece_that_ends_its_blank_line():
    pieces = [Piece(0.1, b"data: a\n"), Piece(0.2, b"\r"), Piece(0.3, b"\ndata: b\n\n"), Piece(0.4, b"")]
    assert [event.at for event in parse(pieces).events] == [0.2, 0.3]


def test_an_event_knows_its_number_and_lines():
    event = stream(b"data: a\n\n: c\nevent: x\ndata: 1\ndata: 2\n\n").events[1]
    assert (event.index, event.number) == (1, 2)
    assert [line.raw for line in event.lines] == [b": c", b"event: x", b"data: 1", b"data: 2", b""]
    assert [line.field[1] for line in event.data_lines] == ["1", "2"]


NASTY = st.lists(
    st.sampled_from(
        [
            b"data",
            b"id",
            b"event",
            b"retry",
            b":",
            b" ",
            b"\r",
            b"\n",
            b"\r\n",
            b"\0",
            b"\xef\xbb\xbf",
            b"\xff",
            b"a",
            b"1",
        ]
    )
    | st.binary(max_size=3)
).map(b"".join)


def timeless(found: EventStream) -> object:
    events = [(e.type, e.data, e.id, [(line.raw, line.end) for line in e.lines]) for e in found.events]
    fields = [(f.name, f.value) for f in found.fields]
    counts = (found.bom, found.invalid_utf8, found.data_without_space, found.dataless, found.retry)
    return events, fields, counts, found.comments, found.line_ends, found.undispatched


@given(NASTY, st.lists(st.integers(0, 60)))
@example(b"data: a\r\n\r\n", [8, 10])
def test_pieces_change_nothing_but_times(data, cuts):
    whole = timeless(stream(data))
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    assert timeless(parse(Piece(0.5, data[a:b]) for a, b in pairwise(places))) == whole
    assert timeless(parse(Piece(float(i), data[i : i + 1]) for i in range(len(data)))) == whole


@given(NASTY)
def test_no_byte_is_lost(data):
    found = stream(data)
    assert data.endswith(found.undispatched)
    for event in found.events:
        assert b"".join(line.raw + line.end for line in event.lines) in data


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])), min_size=1))
def test_written_data_is_read_back(lines):
    written = "".join(f"data: {line}\n" for line in lines) + "\n"
    assert seen(written.encode()) == [("message", "\n".join(lines), "")]
