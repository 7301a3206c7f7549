"""JSON texts are read as strictly as RFC 8259 is written, and nothing raises."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.exchange.jsontext import DEEPEST, Fault, parse


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": [1, 2.5, true, null, "x"]}', {"a": [1, 2.5, True, None, "x"]}),
        (b" \t\r\n1 ", 1),
        (b'"\\ud83d\\ude00"', "😀"),
        ('"你好"'.encode(), "你好"),
        (b"[" * DEEPEST + b"]" * DEEPEST, None),
        (b"1e400", 1.7976931348623157e308),
        (b"-1e400", -1.7976931348623157e308),
        (b"9" * 5000, 1.7976931348623157e308),
        (b"12345678901234567890123", 12345678901234567890123),
    ],
)
def test_a_json_text_is_read(data, value):
    found = parse(data)
    assert found.ok
    assert value is None or found.value == value


@pytest.mark.parametrize(
    ("data", "fault", "at"),
    [
        (b"", Fault.EMPTY, 0),
        (b" \n", Fault.EMPTY, 0),
        (b"\xef\xbb\xbf{}", Fault.BYTE_ORDER_MARK, 0),
        (b'{"a": "\xff"}', Fault.NOT_UTF8, 7),
        (b'"\xed\xa0\x80"', Fault.NOT_UTF8, 1),
        ("{}".encode("utf-16"), Fault.NOT_UTF8, 0),
        (b'{"a": NaN}', Fault.CONSTANT, 6),
        ('["é NaN", -Infinity]'.encode(), Fault.CONSTANT, 11),
        (b"Infinity", Fault.CONSTANT, 0),
        (b"{} {}", Fault.TRAILING, 3),
        (b"01", Fault.TRAILING, 1),
        ('["é" 1]'.encode(), Fault.SYNTAX, 6),
        (b"{'a': 1}", Fault.SYNTAX, 1),
        (b"[1,]", Fault.SYNTAX, 3),
        (b'"a\nb"', Fault.SYNTAX, 2),
        (b"\x0b1", Fault.SYNTAX, 0),
        (b"data: {}", Fault.SYNTAX, 0),
        (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), Fault.TOO_DEEP, 0),
        (b"[" * 100_000, Fault.TOO_DEEP, 0),
        (b'{"a":' * 100_000, Fault.TOO_DEEP, 0),
    ],
)
def test_what_is_no_json_text_is_told_why_and_where(data, fault, at):
    found = parse(data)
    assert not found.ok
    assert (found.problem.fault, found.problem.at) == (fault, at)
    assert found.value is None


def test_duplicate_names_are_pointed_to_and_the_last_counts():
    found = parse(b'{"a": 1, "b/c": [{"x": 1, "x": 2, "y": 3}], "a": 4}')
    assert found.value == {"a": 4, "b/c": [{"x": 2, "y": 3}]}
    assert found.duplicate_keys == ("/a", "/b~1c/0/x")


def test_lone_surrogates_are_pointed_to_and_replaced():
    found = parse(b'{"a": ["\\ud83d", "\\ud83d\\ude00"], "\\udc00": 1}')
    assert found.value == {"a": ["\ufffd", "😀"], "\ufffd": 1}
    assert found.lone_surrogates == ("/a/0", "/\ufffd")
    assert parse(b'"\\ud800"').lone_surrogates == ("",)


def test_text_is_read_like_bytes():
    assert parse('{"a": 1}') == parse(b'{"a": 1}')
    assert parse('"\ud800"').lone_surrogates == ("",)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON, st.booleans())
def test_what_the_standard_library_writes_is_read_back(value, escaped):
    found = parse(json.dumps(value, ensure_ascii=escaped).encode())
    assert found.ok
    assert found.value == value
    assert found.duplicate_keys == found.lone_surrogates == ()


@given(st.binary() | st.lists(st.sampled_from(list('[]{}:,"\\u01eE-.+NaIty \ud800')), max_size=40).map("".join))
def test_nothing_raises_and_every_value_can_be_written(data):
    found = parse(data)
    assert found.ok == (found.problem is None)
    json.dumps(found.value, ensure_ascii=False, allow_nan=False).encode()
