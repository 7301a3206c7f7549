"""Lays an exchange out in panels of lines, those that a finding is about marked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from conformance.exchange import eventstream, jsontext
from conformance.exchange.coding import decoded_pieces
from conformance.reporters.page.jsonlines import lines
from conformance.reporters.page.place import Place, nearest, place, within
from conformance.reporters.templating import cut

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.exchange.eventstream import Event
    from conformance.exchange.model import Exchange, Headers, Response

_LONGEST = 200_000
"""Bytes: longer bodies are shown raw, and only their beginning."""
_MOST_RAW = 4_000
_LONGEST_LINE = 400
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

    `folded` says that what is marked lies elsewhere, and that it is long.
    """

    title: str
    lines: tuple[Line, ...]
    raw: str = ""
    folded: bool = False

    @property
    def marked(self) -> bool:
        """Whether a line of it is marked."""
        return any(line.marked for line in self.lines)


def panels(exchange: Exchange, where: str) -> tuple[Panel, ...]:
    """Return the panels of an exchange, with the place marked that a finding names; never raises."""
    spot = place(where)
    request, response = exchange.request, exchange.response
    nowhere = Place()
    asked, answered = (spot, nowhere) if spot.request else (nowhere, spot)
    shown = [_head("Request", f"{request.method} {request.url}", request.headers, asked)]
    if request.body:
        shown.append(_body("Request body", request.body, asked))
    if response:
        status = f"{response.http_version} {response.status} {response.reason}"
        shown.append(_head("Response", status, response.headers, answered))
        shown.append(_stream(response, answered) if _streams(response) else _answer(response, answered))
    elsewhere = any(panel.marked for panel in shown)
    return tuple(
        replace(
            panel, folded=not panel.marked and len(panel.lines) > _SHORT and (elsewhere or "Request" in panel.title)
        )
        for panel in shown
        if panel.lines
    )


def _answer(response: Response, spot: Place) -> Panel:
    return _body("Response body", response.body, spot)


def _streams(response: Response) -> bool:
    return response.media_type == "text/event-stream" and len(response.body) <= _LONGEST


def _head(title: str, first: str, headers: Headers, spot: Place) -> Panel:
    rows = [Line(_short(first), spot.status)]
    rows += [Line(_short(f"{name}: {value}"), name.lower() in spot.headers) for name, value in headers]
    return Panel(title, tuple(rows))


def _body(title: str, body: bytes, spot: Place) -> Panel:
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
    return Panel(title, _window([*(Line(_short(line)) for line in shown), *more]))


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
    rows: list[Line] = []
    for event in stream.events:
        rows += _event(event, spot) if event.number == spot.event else _plain(event)
    rest = stream.undispatched.decode(errors="replace")
    rows += [Line(_short(line), label="end") for line in rest.split("\n") if line]
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
