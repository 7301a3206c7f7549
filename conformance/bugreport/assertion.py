"""Puts what a finding says into an assertion of Python that the recorded answer fails."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.exchange import eventstream, jsontext
from conformance.exchange.coding import decoded_pieces
from conformance.exchange.model import FILTERED, INVALID_CREDENTIAL, Ending
from conformance.judges.values import MISSING, Missing, at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.exchange.model import Exchange, Response
    from conformance.report import Finding

PARSED = 'answer = json.loads(response.content.decode("utf-8-sig"))'
EVENTS = r"""blocks = re.split(r"(?:\r\n|\r|\n){2}", response.content.decode("utf-8-sig", "replace"))
events = [re.sub(r"(?m)^data: ?", "", block) for block in blocks if block.startswith("data:")]"""

READS = """def reads(text):
    try:
        json.loads(text)
    except ValueError:
        return False
    return True"""

_STATUSES: tuple[tuple[str, str, Callable[[int], bool]], ...] = (
    ("a success status", "response.status_code // 100 == 2", lambda status: status // 100 == 2),
    ("a 4xx status", "response.status_code // 100 == 4", lambda status: status // 100 == 4),
    ("a 2xx or a 4xx status", "response.status_code // 100 in (2, 4)", lambda status: status // 100 in {2, 4}),
    ("status 4xx", "response.status_code // 100 == 4", lambda status: status // 100 == 4),
    ("a 4xx or a 5xx status", "response.status_code // 100 in (4, 5)", lambda status: status // 100 in {4, 5}),
)
_TYPES = {
    "string": "str",
    "null": "type(None)",
    "integer": "int",
    "number": "int, float",
    "object": "dict",
    "array": "list",
    "boolean": "bool",
}
_PLACE = re.compile(r"(?:body ?)?(?P<body>/\S*)?|event (?P<event>\d+)(?: (?P<in_event>/\S*))?")
_FEWEST = 4
"""Characters of an excerpt that is looked for in an answer."""


@dataclass(frozen=True)
class Assertion:
    """What is asserted in Python: `before` are lines that prepare for `condition`, which should hold.

    An empty condition says that the request itself fails.
    """

    condition: str
    before: str = ""


def assertion(finding: Finding, exchange: Exchange) -> Assertion | None:
    """Return an assertion about `response`, an httpx.Response, that the exchange fails; None where none is known."""
    if exchange.response is None or exchange.ending not in {Ending.COMPLETE, Ending.ABANDONED}:
        return Assertion("")
    ways = (_status, _credential, _header, _done, _value, _excerpt)
    return next((found for way in ways if (found := way(finding, exchange.response))), None)


def _status(finding: Finding, response: Response) -> Assertion | None:
    if exact := re.fullmatch(r"status (\d{3})", finding.expected):
        wrong = int(exact[1]) != response.status
        return Assertion(f"response.status_code == {exact[1]}") if wrong else None
    for words, condition, holds in _STATUSES:
        if finding.expected.startswith(words) and not holds(response.status):
            return Assertion(condition)
    return None


def _credential(finding: Finding, response: Response) -> Assertion | None:
    if "credential" not in finding.message:
        return None
    said = "\n".join([response.body.decode(errors="replace"), *(value for _, value in response.headers)])
    marks = {FILTERED: "key", INVALID_CREDENTIAL: repr(INVALID_CREDENTIAL)}
    shown = next((code for mark, code in marks.items() if mark in said), "")
    return Assertion(f"{shown} not in response.text + str(response.headers.raw)") if shown else None


def _header(finding: Finding, response: Response) -> Assertion | None:
    found = re.fullmatch(r"(?:response )?header (\S+)", finding.where)
    if not found:
        return None
    name, value = found[1], response.header(found[1])
    if value is None:
        return Assertion(f"{name!r} in response.headers")
    if re.fullmatch(r"[\w.+-]+/[\w.+-]+", finding.expected) and not value.startswith(finding.expected):
        return Assertion(f"response.headers.get({name!r}, '').startswith({finding.expected!r})")
    return Assertion(f"response.headers.get({name!r}) != {value!r}") if FILTERED not in value else None


def _done(finding: Finding, response: Response) -> Assertion | None:
    if "[DONE]" not in finding.message + finding.expected or response.media_type != "text/event-stream":
        return None
    events = _events(response)
    if events.count("[DONE]") != 1:
        return Assertion('events.count("[DONE]") == 1', EVENTS)
    return Assertion('events[-1] == "[DONE]"', EVENTS) if events[-1] != "[DONE]" else None


def _value(finding: Finding, response: Response) -> Assertion | None:
    """Return what is to be asserted of the JSON value that a finding points to."""
    place = _PLACE.fullmatch(finding.where)
    if place is None:
        return None
    if place["event"]:
        return _of_event(finding, int(place["event"]), place["in_event"] or "", _events(response))
    text = jsontext.parse(response.body)
    if not text.ok:
        return None if _reads(response.body) else Assertion("reads(response.content)", READS)
    return _asserted(finding, "answer", place["body"] or "", text.value, PARSED)


def _of_event(finding: Finding, number: int, pointer: str, events: list[str]) -> Assertion | None:
    if number > len(events):
        return None
    text = jsontext.parse(events[number - 1])
    if not text.ok and events[number - 1] != "[DONE]":
        is_unread = not _reads(events[number - 1])
        condition = 'all(reads(event) for event in events if event != "[DONE]")'
        return Assertion(condition, f"{READS}\n{EVENTS}") if is_unread else None
    return _asserted(finding, f"json.loads(events[{number - 1}])", pointer, text.value, EVENTS)


@dataclass(frozen=True)
class _Spot:
    """A place in a JSON value that the expression `root` stands for, as it was recorded."""

    root: str
    whole: object
    pointer: str

    @property
    def here(self) -> Any:  # noqa: ANN401 - any JSON value
        return at(self.whole, self.pointer)

    @property
    def code(self) -> str:
        return self.root + "".join(_step(self.whole, self.pointer))

    @property
    def parent(self) -> _Spot:
        return _Spot(self.root, self.whole, self.pointer.rpartition("/")[0])


Condition = tuple[str, bool]
"""What may be asserted, and whether it holds of what was recorded."""


def _asserted(finding: Finding, root: str, pointer: str, value: object, before: str) -> Assertion | None:
    """Return the first of all conditions that the recorded value does not fulfil."""
    spot = _Spot(root, value, pointer)
    ways = (_there, _typed, _summed, _bounded, _said)
    conditions = (condition for way in ways for condition in way(finding, spot))
    return next((Assertion(code, before) for code, holds in conditions if not holds), None)


def _there(finding: Finding, spot: _Spot) -> Iterator[Condition]:
    if needed := re.search(r"'([^']+)' is a required property", finding.message):
        yield f"{needed[1]!r} in {spot.code}", isinstance(spot.here, dict) and needed[1] in spot.here
    if spot.here is MISSING and spot.pointer:
        yield f"{_token(spot.pointer.rpartition('/')[2])!r} in {spot.parent.code}", False
    if (lacking := re.search(r" has no (\w+)$", finding.message)) and isinstance(spot.here, dict):
        yield f"{lacking[1]!r} in {spot.code}", lacking[1] in spot.here
    if finding.message.endswith("should be non-empty"):
        yield f"len({spot.code}) > 0", bool(spot.here)


def _typed(finding: Finding, spot: _Spot) -> Iterator[Condition]:
    if typed := re.search(r"is not of type ((?:'\w+'(?:, )?)+)$", finding.message):
        names = ", ".join(_TYPES[name] for name in re.findall(r"\w+", typed[1]) if name in _TYPES)
        yield f"type({spot.code}) in ({names},)", False


def _summed(finding: Finding, spot: _Spot) -> Iterator[Condition]:
    found = re.fullmatch(r"(\w+(?: \+ \w+)+) is not (\w+)", finding.message)
    there = spot.parent.here
    if not found or not isinstance(there, dict):
        return
    parts, total = found[1].split(" + "), found[2]
    if all(isinstance(there.get(name), int | float) for name in (*parts, total)):
        code = spot.parent.code
        sums = " + ".join(f"{code}[{name!r}]" for name in parts)
        yield f"{sums} == {code}[{total!r}]", sum(there[name] for name in parts) == there[total]


def _bounded(finding: Finding, spot: _Spot) -> Iterator[Condition]:
    """Yield how large a number, or how long an array, may be."""
    here, code = (len(spot.here), f"len({spot.code})") if isinstance(spot.here, list) else (spot.here, spot.code)
    if isinstance(here, bool) or not isinstance(here, int | float):
        return
    if most := re.match(r"at most (\d{1,9})\b", finding.expected):
        yield f"{code} <= {most[1]}", here <= int(most[1])
    if finding.expected == "more than 0":
        yield f"{code} > 0", here > 0


def _said(finding: Finding, spot: _Spot) -> Iterator[Condition]:
    here = spot.here
    if isinstance(here, dict | list | Missing):
        return
    if enum := re.search(r"is not one of (\[.*\])$", finding.message):
        known = _literal(enum[1])
        yield f"{spot.code} in {known!r}", known is MISSING or here in known
    wanted = _literal(finding.expected)
    if type(wanted) is type(here):
        yield f"{spot.code} == {wanted!r}", wanted == here
    if here in ("", None) or finding.actual == repr(here):
        yield f"{spot.code} != {here!r}", False


def _step(value: object, pointer: str) -> Iterator[str]:
    """Yield the subscripts that lead where a pointer leads."""
    here = value
    for raw in pointer.split("/")[1:]:
        yield f"[{int(raw)}]" if isinstance(here, list) and raw.isdigit() else f"[{_token(raw)!r}]"
        here = at(here, f"/{raw}")


def _token(raw: str) -> str:
    return raw.replace("~1", "/").replace("~0", "~")


def _literal(text: str) -> Any:  # noqa: ANN401 - any literal
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return MISSING


def _reads(text: str | bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _excerpt(finding: Finding, response: Response) -> Assertion | None:
    """Return that the text which a finding shows of the body is not there."""
    shown = _literal(finding.actual)
    body = response.body.decode(errors="replace")
    if isinstance(shown, str) and len(shown) >= _FEWEST and shown in body and FILTERED not in shown:
        return Assertion(f"{shown!r} not in response.text")
    return None


def _events(response: Response) -> list[str]:
    return [event.data for event in eventstream.parse(decoded_pieces(response)).events]
