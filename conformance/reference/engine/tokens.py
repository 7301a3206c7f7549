"""Splits text into tokens that join to the same text."""

from __future__ import annotations

import re
from functools import lru_cache

_SYLLABIC = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Kana and Han: one character is about one token."""
_HANGUL = "\uac00-\ud7a3"

_TOKEN = re.compile(
    rf" ?[{_SYLLABIC}]"
    rf"| ?[{_HANGUL}]{{1,3}}"
    rf"| ?[^\W\d_{_SYLLABIC}{_HANGUL}]{{1,8}}"
    r"| ?\d{1,3}"
    r"|\s{1,4}"
    r"|.",
    re.DOTALL,
)


@lru_cache(maxsize=8)
def split(text: str) -> tuple[str, ...]:
    """Return the tokens of a text in order; joined, they are the text."""
    return tuple(_TOKEN.findall(text))


@lru_cache(maxsize=8)
def count(text: str) -> int:
    """Return how many tokens a text has."""
    return len(_TOKEN.findall(text))
