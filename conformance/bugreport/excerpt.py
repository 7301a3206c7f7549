"""Shows what crossed the wire as text, the place that a finding is about marked."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from conformance.exchange import eventstream, jsontext
from conformance.exchange.coding import decoded_pieces
from conformance.exchange.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conformance.exchange.model import Exchange, Headers, Request, Response
    from conformance.report import Finding

_WIDEST = 300
"""Characters of a line that are shown."""
_AROUND = 12
"""Lines before and after the marked ones that are shown of a long body."""
_LONGEST_JSON = 1_000_000
"""Bytes: longer bodies are shown as they are."""
_MARK = "  <-- here"
_PLACE = re.compile(r"(?:body ?)?(?P<body>/\S*)?|event (?P<event>\d+)(?:[ ,].*)?|response body, byte (?P<byte>\d+)")

Lines = list[tuple[str, bool]]
"""Lines of text, each with whether it is marked."""


def request_text(request: Request) -> str:
    """Return the head and the body of a request; JSON is indented."""
    head = [f"{request.method} {request.url}", *_head(request.headers)]
    body = _body(request.body, "")
    return _written([(line, False) for line in head] + [("", False)] * bool(body) + _cut(body))


def response_text(exchange: Exchange, finding: Finding) -> str:
    """Return what came back: the head, and the body around the place that the finding names.

    JSON is indented; of a stream, each line has the time at which it had arrived (seconds).
    """
    response = exchange.response
    if response is None:
        return visible(
            f"no answer: {exchange.ending} after {exchange.seconds:.3f} s ({exchange.detail or 'no detail'})"
        )
    first = (f"{response.http_version} {response.status} {response.reason}".rstrip(), finding.where == "status")
    name = re.fullmatch(r"(?:response )?header (\S+)", finding.where)
    fields = [
        (f"{field}: {value}", bool(name and field.lower() == name[1].lower())) for field, value in response.headers
    ]
    found = _PLACE.fullmatch(finding.where)
    if response.media_type == "text/event-stream":
        body = _stream(response, int(found["event"]) if found and found["event"] else 0, timed=exchange.timed)
    elif found and found["byte"]:
        body = _at_byte(response.body, int(found["byte"]))
    else:
        body = _body(response.body, (found["body"] or "") if found else None)
    ended = [] if exchange.ending == "complete" else [(f"({exchange.ending}: {exchange.detail})", True)]
    return _written([first, *fields, ("", False), *_cut(body), *ended])


def _head(headers: Headers) -> Iterator[str]:
    return (f"{name}: {value}" for name, value in headers)


def _body(body: bytes, place: str | None) -> Lines:
    """Return a body; of JSON the value that the pointer `place` leads to is marked, or what holds it."""
    text = jsontext.parse(body) if len(body) <= _LONGEST_JSON else None
    if text and isinstance(text.value, dict | list) and not (text.duplicate_keys or text.lone_surrogates):
        lines = list(_indented(text.value))
        marked = _nearest([where for where, _ in lines], place) if place else None
        return [(line, where == marked and bool(marked)) for where, line in lines]
    return [(line, False) for line in _lines(body)]


def _lines(data: bytes) -> list[str]:
    return re.split("\r\n|\r|\n", data.decode(errors="backslashreplace")) if data else []


def _nearest(places: Sequence[str], place: str) -> str:
    """Return the place that a pointer leads to, or the closest one around it."""
    while place and place not in places:
        place = place.rpartition("/")[0]
    return place


def _indented(
    value: object, where: str = "", before: str = "", indent: str = "", after: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield the lines of indented JSON, each with the pointer to the value that begins there."""
    if isinstance(value, dict | list) and value:
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        items = list(value.items() if isinstance(value, dict) else enumerate(value))
        yield where, f"{indent}{before}{opening}"
        for number, (name, item) in enumerate(items, start=1):
            own = f"{json.dumps(name, ensure_ascii=False)}: " if isinstance(value, dict) else ""
            token = str(name).replace("~", "~0").replace("/", "~1")
            yield from _indented(item, f"{where}/{token}", own, f"{indent}  ", "," if number < len(items) else "")
        yield "", f"{indent}{closing}{after}"
    else:
        yield where, f"{indent}{before}{json.dumps(value, ensure_ascii=False)}{after}"


def _stream(response: Response, marked: int, *, timed: bool) -> Lines:
    """Return the lines of a stream with their times; those of the event with the marked number, from 1, are marked."""
    found = eventstream.parse(decoded_pieces(response))
    lines: Lines = []
    for event in found.events:
        for line in event.lines:
            when = f"{line.at:9.3f} s  " if timed else ""
            lines.append(
                (f"{when}{line.raw.decode(errors='backslashreplace')}", event.number == marked and bool(line.raw))
            )
    lines += [(f"(never dispatched) {line}", not marked) for line in _lines(found.undispatched)]
    return lines


def _at_byte(body: bytes, place: int) -> Lines:
    """Return a body whose line with this byte is marked."""
    before = len(_lines(body[: place + 1])) - 1
    return [(line, number == before) for number, line in enumerate(_lines(body))]


def _cut(lines: Lines) -> Lines:
    """Return what is around the marked lines of a long text."""
    marked = [number for number, (_, is_marked) in enumerate(lines) if is_marked] or [0]
    start, end = max(0, min(marked) - _AROUND), min(max(marked) + _AROUND + 1, min(marked) + 4 * _AROUND)
    kept = lines[start:end]
    above = [(f"… ({start} lines)", False)] if start else []
    below = [(f"… ({len(lines) - end} lines)", False)] if len(lines) > end else []
    return [*above, *kept, *below]


def _written(lines: Lines) -> str:
    return "\n".join(visible(line, keep="\t", most=_WIDEST) + _MARK * is_marked for line, is_marked in lines)
