"""Reads JSON texts as strictly as RFC 8259 is written."""

from __future__ import annotations

import codecs
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

DEEPEST = 200
"""How deep a text may nest before we stop reading it: RFC 8259 § 9 lets a parser set a limit."""

_LONGEST_INTEGER = 4000
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_STRING_OR_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|(NaN|-?Infinity)')


class Fault(StrEnum):
    """Why bytes are no JSON text."""

    EMPTY = "empty"
    """There is nothing, or nothing but white space."""
    BYTE_ORDER_MARK = "byte-order-mark"
    """It begins with U+FEFF, which must not be added (§ 8.1)."""
    NOT_UTF8 = "not-utf-8"
    """It is not UTF-8 (§ 8.1)."""
    CONSTANT = "constant"
    """It has NaN, Infinity or -Infinity, which are no numbers (§ 6)."""
    TRAILING = "trailing-data"
    """Something follows the value."""
    SYNTAX = "syntax"
    """It does not follow the grammar."""
    TOO_DEEP = "too-deep"
    """It nests deeper than we read: a limit of ours, no fault of the text."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault, the place in bytes (counted from 0) where it shows, and one sentence about it."""

    fault: Fault
    at: int
    message: str


@dataclass(frozen=True, slots=True)
class Json:
    """What was read: the value, or the problem that kept it from being read.

    `duplicate_keys` and `lone_surrogates` are RFC 6901 pointers to members named twice (the last one counts)
    and to strings or names with half a surrogate pair, which stands as U+FFFD in the value. A number beyond
    the range of a double is the largest double.
    """

    value: Any = None
    problem: Problem | None = None
    duplicate_keys: tuple[str, ...] = ()
    lone_surrogates: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it is a JSON text."""
        return self.problem is None


def parse(data: bytes | str) -> Json:
    """Read a JSON text; never raises."""
    text = data if isinstance(data, str) else _decoded(data)
    if isinstance(text, Problem):
        return Json(problem=text)
    if text.startswith("\ufeff"):
        return Json(problem=Problem(Fault.BYTE_ORDER_MARK, 0, "it begins with a byte order mark"))
    if not text.strip(" \t\r\n"):
        return Json(problem=Problem(Fault.EMPTY, 0, "it is empty"))
    return _read(text)


def _decoded(data: bytes) -> str | Problem:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Problem(Fault.NOT_UTF8, 0, "it looks like UTF-16, not UTF-8")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        return Problem(Fault.NOT_UTF8, error.start, f"byte {error.start} is not UTF-8 ({error.reason})")


class _ConstantError(ValueError):
    pass


def _read(text: str) -> Json:
    twice = _Duplicates()
    try:
        value = json.loads(
            text, parse_constant=_refuse, parse_int=_integer, parse_float=_real, object_pairs_hook=twice.make
        )
    except _ConstantError as error:
        found = next(match for match in _STRING_OR_CONSTANT.finditer(text) if match[1])
        at = _offset(text, found.start())
        return Json(problem=Problem(Fault.CONSTANT, at, f"{error} is no JSON number"))
    except json.JSONDecodeError as error:
        fault = Fault.TRAILING if error.msg == "Extra data" else Fault.SYNTAX
        at = _offset(text, error.pos)
        return Json(problem=Problem(fault, at, f"{error.msg[:1].lower()}{error.msg[1:]} at byte {at}"))
    except RecursionError:
        return _too_deep()
    surrogates = _ESCAPED_SURROGATE.search(text) or _SURROGATE.search(text)
    deep = text.count("[") + text.count("{") > DEEPEST
    return _walked(value, twice) if surrogates or deep or twice.found else Json(value)


def _too_deep() -> Json:
    return Json(problem=Problem(Fault.TOO_DEEP, 0, f"it nests deeper than {DEEPEST} levels"))


def _refuse(constant: str) -> Any:  # noqa: ANN401 - it never returns
    raise _ConstantError(constant)


def _integer(digits: str) -> int | float:
    # int() refuses thousands of digits (a limit of Python, not of JSON).
    return int(digits) if len(digits) <= _LONGEST_INTEGER else _real(digits)


def _real(digits: str) -> float:
    return max(-sys.float_info.max, min(sys.float_info.max, float(digits)))


def _offset(text: str, position: int) -> int:
    return len(text[: max(position, 0)].encode(errors="surrogatepass"))


class _Duplicates:
    """Makes objects, keeping those that name a member twice."""

    def __init__(self) -> None:
        self.found: dict[int, tuple[dict[str, Any], tuple[str, ...]]] = {}

    def make(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            counted = Counter(name for name, _ in pairs)
            # The object is kept, so that its id stays its own.
            self.found[id(made)] = made, tuple(name for name, times in counted.items() if times > 1)
        return made

    def of(self, value: dict[str, Any]) -> tuple[str, ...]:
        return self.found[id(value)][1] if id(value) in self.found else ()


def _walked(value: Any, twice: _Duplicates) -> Json:  # noqa: ANN401 - any JSON value
    """Find the pointers without recursion, so that no depth can raise."""
    root = [value]
    duplicates: list[str] = []
    surrogates: list[str] = []
    left: list[tuple[list[Any] | dict[str, Any], str, int]] = [(root, "", 0)]
    while left:
        holder, pointer, depth = left.pop()
        if depth > DEEPEST:
            return _too_deep()
        if isinstance(holder, dict):
            duplicates += [f"{pointer}/{_token(name)}" for name in twice.of(holder)]
            _mend_names(holder, pointer, surrogates)
        members: Any = holder  # either kind is indexed by what it is listed with
        for name, child in list(holder.items() if isinstance(holder, dict) else enumerate(holder)):
            below = "" if holder is root else f"{pointer}/{_token(str(name))}"
            if isinstance(child, str) and _SURROGATE.search(child):
                surrogates.append(below)
                members[name] = _SURROGATE.sub("\ufffd", child)
            elif isinstance(child, list | dict):
                left.append((child, below, depth + 1))
    return Json(root[0], None, tuple(sorted(duplicates)), tuple(sorted(surrogates)))


def _mend_names(holder: dict[str, Any], pointer: str, surrogates: list[str]) -> None:
    if any(_SURROGATE.search(name) for name in holder):
        surrogates += [f"{pointer}/{_token(name)}" for name in holder if _SURROGATE.search(name)]
        mended = {_SURROGATE.sub("\ufffd", name): value for name, value in holder.items()}
        holder.clear()
        holder.update(mended)


def _token(name: str) -> str:
    return _SURROGATE.sub("\ufffd", name).replace("~", "~0").replace("/", "~1")
