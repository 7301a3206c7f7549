"""HAR files are read entry by entry, in bounded memory."""

from __future__ import annotations

import io
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.exchange import harstream
from conformance.exchange.har import HarError, elements, entries
from conformance.exchange.harending import LEFT_OUT

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def read(text):
    return list(entries(io.BytesIO(text.encode())))


@given(st.lists(st.dictionaries(st.text(max_size=5), JSON, max_size=3), max_size=4), JSON, st.integers(1, 40))
def test_entries_are_those_that_json_has(found, beside, size):
    """However the file is cut into blocks and whatever stands beside them, the entries are read as they are."""
    log = {"pages": beside, "entries": found, "creator": beside}
    before, harstream._BLOCK = harstream._BLOCK, size
    try:
        assert read(json.dumps({"x": beside, "log": log, "y": 1.5})) == found
        assert list(elements(io.BytesIO(json.dumps(found).encode()))) == found
    finally:
        harstream._BLOCK = before


def test_long_string_is_left_out(monkeypatch):
    """What goes beyond the limit in one string is not held; what follows is read."""
    monkeypatch.setattr(harstream, "LONGEST", 1 << 20)
    long = {"text": 'a\\"\n\u00fc' * (1 << 20)}
    data = json.dumps({"log": {"entries": [long, {"b": 1}]}}).encode()
    tracemalloc.start()
    first, second = entries(io.BytesIO(data))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (LEFT_OUT in first["text"], second) == (True, {"b": 1})
    assert len(first["text"]) < 1 << 21
    assert peak < len(data)


def test_many_entries_are_not_held(monkeypatch):
    """Memory does not grow with the number of entries."""
    monkeypatch.setattr(harstream, "_BLOCK", 1 << 12)
    data = b'{"log":{"entries":[' + b",".join([b'{"text":"%s"}' % (b"x" * 1000)] * 5000) + b"]}}"
    tracemalloc.start()
    count = sum(1 for _ in entries(io.BytesIO(data)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count == 5000
    assert peak < 200_000


@pytest.mark.parametrize("text", ['{"log":{"entries":[{}]}', '{"log":{"entries":[{} {}]}}', '{"log":{"entries":[]}} x'])
def test_broken_json_is_refused(text):
    """A file that breaks off or goes on wrongly is no HAR."""
    with pytest.raises(HarError, match="not JSON"):
        read(text)


def test_entry_that_is_too_large_is_refused(monkeypatch):
    """No entry may take all the memory."""
    monkeypatch.setattr(harstream, "LARGEST", 10_000)
    monkeypatch.setattr(harstream, "_BLOCK", 1_000)
    with pytest.raises(HarError, match="larger than"):
        read(json.dumps({"log": {"entries": [{"a": ["x" * 100] * 1000}]}}))
