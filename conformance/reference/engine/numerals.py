"""Whole numbers below one thousand in English words, both ways."""

from __future__ import annotations

from functools import cache

LARGEST = 999

_UP_TO_NINETEEN = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_FROM_TWENTY = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = _UP_TO_NINETEEN.split()
_TENS = _FROM_TWENTY.split()


def spelt(number: int) -> str:
    """Return the words for a number from 0 to `LARGEST`."""
    if number < len(_SMALL):
        return _SMALL[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens - 2] + (f"-{_SMALL[ones]}" if ones else "")
    hundreds, rest = divmod(number, 100)
    return f"{_SMALL[hundreds]} hundred" + (f" and {spelt(rest)}" if rest else "")


@cache
def _by_words() -> dict[str, int]:
    return {spelt(number): number for number in range(LARGEST + 1)} | {"a hundred": 100}


def read(words: str) -> int | None:
    """Return the number that digits or English words stand for, or None."""
    said = " ".join(words.lower().split())
    if said.isascii() and said.isdigit() and len(said) <= 3:
        return int(said)
    return _by_words().get(said, _by_words().get(said.replace(" ", "-")))
