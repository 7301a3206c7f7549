"""Reads places in JSON values that may be of any shape."""

from __future__ import annotations

from typing import Any


class Missing:
    """The type of `MISSING`."""

    def __repr__(self) -> str:
        return "nothing"

    def __bool__(self) -> bool:
        return False


MISSING = Missing()
"""What stands where a JSON value has nothing; not JSON's null."""


def at(value: object, pointer: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return what an RFC 6901 pointer leads to, or MISSING."""
    here = value
    for raw in pointer.split("/")[1:]:
        token = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(here, dict) and token in here:
            here = here[token]
        elif isinstance(here, list) and token.isascii() and token.isdigit() and int(token[:9]) < len(here):
            here = here[int(token)]
        else:
            return MISSING
    return here


def each(value: object, pointer: str) -> list[tuple[str, Any]]:
    """Return every place that a pointer leads to, with its own pointer; a `*` stands for each array element."""
    found: list[tuple[str, Any]] = [("", value)]
    for token in pointer.split("/")[1:]:
        if token == "*":  # noqa: S105 - a token of a pointer
            found = [
                (f"{way}/{i}", item) for way, here in found if isinstance(here, list) for i, item in enumerate(here)
            ]
        else:
            reached = ((f"{way}/{token}", at(here, f"/{token}")) for way, here in found)
            found = [(way, item) for way, item in reached if item is not MISSING]
    return found


def strings(value: object, pointer: str) -> list[str]:
    """Return every string that a pointer leads to; a `*` stands for each array element."""
    return [item for _, item in each(value, pointer) if isinstance(item, str)]


def integer(value: object) -> int | None:
    """Return a JSON integer (JSON Schema counts 6.0 as one), or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, float) and value.is_integer() else None


def number(value: object) -> float | None:
    """Return a JSON number, or None; a number too large for a float is None too."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def shown(value: object, most: int = 120) -> str:
    """Return a value as short text for a finding."""
    text = repr(value)
    return text if len(text) <= most else text[: most - 1] + "…"
