"""Writes a JSON value in lines that know which place they show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_STEP = "  "


def lines(value: Any, *, pointer: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    """Yield each line of an indented JSON text with the RFC 6901 pointer of what it shows.

    Raises:
        RecursionError: the value is nested too deeply.
    """
    yield from _value(value, pointer, _STEP * depth, "", "")


def _value(value: Any, pointer: str, indent: str, before: str, after: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    if not isinstance(value, dict | list) or not value:
        yield pointer, f"{indent}{before}{_text(value)}{after}"
        return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield pointer, f"{indent}{before}{opening}"
    members = value.items() if isinstance(value, dict) else enumerate(value)
    last = len(value) - 1
    for place, (name, member) in enumerate(members):
        label = f"{_text(name)}: " if isinstance(value, dict) else ""
        end = "" if place == last else ","
        yield from _value(member, f"{pointer}/{_token(str(name))}", indent + _STEP, label, end)
    yield pointer, f"{indent}{closing}{after}"


def _text(value: Any) -> str:  # noqa: ANN401
    return json.dumps(value, ensure_ascii=False)


def _token(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
