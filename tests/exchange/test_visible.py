"""Text from the wire is shown without anything that a terminal or a browser acts on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conformance.exchange.visible import visible


def test_controls_become_escapes_and_letters_stay():
    assert visible("\x1b[2J\r\n\u202ea\u2028\ud800\x9b") == "\\x1b[2J\\r\\n\\u202ea\\u2028\\ud800\\x9b"
    assert visible("größe 你好\u3000😀 <b> [red]") == "größe 你好\u3000😀 <b> [red]"
    assert visible("a\n\tb\r", keep="\n\t") == "a\n\tb\\r"


def test_long_text_is_cut_and_says_so():
    assert visible("abcdef", most=4) == "abcd… (2 more characters)"
    assert visible("abcd", most=4) == "abcd"


@given(st.text())
def test_nothing_that_acts_is_left(text):
    assert all(char.isprintable() or char.isspace() for char in visible(text))
    visible(text).encode()
