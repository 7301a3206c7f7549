"""Lays an exchange out in panels of lines, those that a finding is about marked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from conformance.exchange import eventstream, jsontext
from conformance.exchange.coding import decoded_pieces
from conformance.reporters.page.jsonlines import lines
from conformance.reporters.page.place import LAST, Place, nearest, place, within
from conformance.reporters.templating import cut

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.exchange.eventstream import Event
    from conformance.exchange.model import Exchange, Headers, Response

_LONGEST = 200_000
"""Bytes: longer bodies are shown raw, and only their beginning."""
_MOST_RAW = 4_000
_LONGEST_LINE = 400
_BESIDE = 160
"""Bytes that are shown on each side of one that is marked."""
_SHORT = 14
"""Lines of a panel that is never folded."""
_BEFORE, _AROUND, _UNMARKED = 12, 30, 90
"""Lines kept of a long text: at its beginning, around what is marked, and where nothing is marked."""


@dataclass(frozen=True)
class Line:
    """One line; `label` is the number of its event, `gap` says that lines are left out here."""

    text: str
    marked: bool = False
    label: str = ""
    gap: bool = False


@dataclass(frozen=True)
class Panel:
    """One part of an exchange: its lines as they are best read, and raw where that differs.

    `spotted` says that the place is in it, but in no line that could be marked. `folded` says that the place lies
    elsewhere, and that it is long.
    """

    title: str
    lines: tuple[Line, ...]
    raw: str = ""
    spotted: bool = False
    folded: bool = False

    @property
    def marked(self) -> bool:
        """Whether a line of it is marked."""
        return any(line.marked for line in self.lines)

    def about(self, *, spot: bool) -> Panel:
        """Return it with the place in it, where that is so, and no line is marked."""
        return replace(self, spotted=spot and not self.marked)


def panels(exchange: Exchange, where: str) -> tuple[Panel, ...]:
    """Return the panels of an exchange, with the place marked that a finding names; never raises."""
    spot = place(where)
    request, response = exchange.request, exchange.response
    nowhere = Place()
    asked, answered = (spot, nowhere) if spot.request else (nowhere, spot)
    shown = [_head("Request", f"{request.method} {request.url}", request.headers, asked)]
    if request.body:
        shown.append(_body("Request body", request.body, asked).about(spot=asked.body))
    if response:
        status = f"{response.http_version} {response.status} {response.reason}"
        shown.append(_head("Response", status, response.headers, answered))
        body = _stream(response, answered) if _streams(response) else _answer(response, answered)
        shown.append(body.about(spot=answered.body))
    return tuple(_folded(panel, shown) for panel in shown if panel.lines)


def _folded(panel: Panel, others: Iterable[Panel]) -> Panel:
    here, elsewhere = panel.marked or panel.spotted, any(each.marked or each.spotted for each in others)
    return replace(panel, folded=not here and len(panel.lines) > _SHORT and (elsewhere or "Request" in panel.title))


def _answer(response: Response, spot: Place) -> Panel:
    return _body("Response body", response.body, spot)


def _streams(response: Response) -> bool:
    return response.media_type == "text/event-stream" and len(response.body) <= _LONGEST


def _head(title: str, first: str, headers: Headers, spot: Place) -> Panel:
    """Return the panel of a head; of a header field that is not there, what lacks it is marked."""
    lacking = bool(spot.headers) and not spot.headers & {name.lower() for name, _ in headers}
    rows = [Line(_short(first), spot.status or lacking)]
    rows += [Line(_short(f"{name}: {value}"), name.lower() in spot.headers) for name, value in headers]
    return Panel(title, tuple(rows))


def _body(title: str, body: bytes, spot: Place) -> Panel:
    if spot.byte is not None:
        return Panel(title, _at_byte(body, spot.byte))
    raw = cut(body[: _MOST_RAW * 4].decode(errors="replace"), _MOST_RAW)
    found = jsontext.parse(body) if len(body) <= _LONGEST else None
    # A text with duplicate names or broken characters is shown as it was sent.
    if found and isinstance(found.value, dict | list) and not (found.duplicate_keys or found.lone_surrogates):
        pretty = _json(found.value, spot.pointer)
        if pretty is not None:
            return Panel(title, _window(pretty), raw)
    if not body:
        return Panel(title, ())
    left = f"… {len(body) - _LONGEST} more bytes of {len(body)}"
    shown = body[:_LONGEST].decode(errors="replace").split("\n")
    more = [Line(left, gap=True)] if len(body) > _LONGEST else []
    rows = [*(Line(_short(line)) for line in shown), *more]
    return Panel(title, _window(_ended(rows) if spot.end else rows))


def _at_byte(body: bytes, offset: int) -> tuple[Line, ...]:
    """Return the line of a body that has this byte, with what stands before and behind it there."""
    start, end = body.rfind(b"\n", 0, offset) + 1, body.find(b"\n", offset)
    first, last = max(start, offset - _BESIDE), min(end if end >= 0 else len(body), offset + _BESIDE)
    rows = [Line(f"… {first} bytes left out", gap=True)] if first else []
    rows.append(Line(body[first:last].decode(errors="backslashreplace"), marked=True, label=f"byte {offset}"))
    return (*rows, Line(f"… {len(body) - last} bytes left out", gap=True)) if last < len(body) else tuple(rows)


def _ended(rows: list[Line]) -> list[Line]:
    """Return the lines with the last that says something marked."""
    last = max((index for index, line in enumerate(rows) if line.text.strip() and not line.gap), default=-1)
    return [replace(line, marked=index == last) for index, line in enumerate(rows)]


def _json(value: Any, pointer: str | None, label: str = "") -> list[Line] | None:  # noqa: ANN401
    """Return the lines of a value, those at the pointer marked; of one that is not there, where it would be."""
    try:
        rows = list(lines(value))
    except RecursionError:
        return None
    if pointer is None:
        return [Line(_short(text), label=label) for _, text in rows]
    spot = nearest(pointer, {known for known, _ in rows})
    there = [within(known, spot) for known, _ in rows]
    if spot != pointer:  # it is missing: only the first line of what lacks it
        first = there.index(True)
        there = [index == first for index in range(len(rows))]
    return [Line(_short(text), marked, label) for (_, text), marked in zip(rows, there, strict=True)]


def _stream(response: Response, spot: Place) -> Panel:
    stream = eventstream.parse(decoded_pieces(response))
    number = max((event.number for event in stream.events), default=0) if spot.event == LAST else spot.event
    rows: list[Line] = []
    for event in stream.events:
        rows += _event(event, spot) if event.number == number else _plain(event)
    rest = stream.undispatched.decode(errors="replace")
    rows += [Line(_short(line), label="end") for line in rest.split("\n") if line]
    if spot.byte is not None:
        return Panel("Response body", _at_byte(response.body, spot.byte))
    rows = _ended(rows) if spot.end else rows
    return Panel("Response body, by events", _window(rows), cut(response.body.decode(errors="replace"), _MOST_RAW))


def _plain(event: Event) -> list[Line]:
    return [Line(_short(line.text), label=str(event.number)) for line in event.lines if line.raw]


def _event(event: Event, spot: Place) -> list[Line]:
    """Return the lines of the event that a finding is about, its data laid out."""
    label = str(event.number)
    found = jsontext.parse(event.data)
    pretty = _json(found.value, spot.pointer, label) if isinstance(found.value, dict | list) else None
    if spot.pointer is None or pretty is None:
        return [replace(line, marked=True) for line in _plain(event)]
    others = [Line(_short(line.text), label=label) for line in event.lines if line.raw and line.field[0] != "data"]
    return [*others, replace(pretty[0], text=f"data: {pretty[0].text}"), *pretty[1:]]


def _window(rows: list[Line]) -> tuple[Line, ...]:
    """Return the beginning of a long text and what is around its first mark, with how much is left out."""
    marked = next((index for index, line in enumerate(rows) if line.marked), None)
    if marked is None:
        return _joined(rows, range(_UNMARKED))
    kept = {*range(_BEFORE), *range(marked - _AROUND, marked + _AROUND)}
    return _joined(rows, sorted(kept & set(range(len(rows)))))


def _joined(rows: list[Line], kept: Iterable[int]) -> tuple[Line, ...]:
    shown: list[Line] = []
    due = 0
    for index in [*(i for i in kept if i < len(rows)), len(rows)]:
        if left := index - due:
            shown.append(Line(f"… {left} line{'' if left == 1 else 's'} left out", gap=True))
        if index < len(rows):
            shown.append(rows[index])
        due = index + 1
    return tuple(shown)


def _short(text: str) -> str:
    return cut(text, _LONGEST_LINE)
