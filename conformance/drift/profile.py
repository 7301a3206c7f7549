"""Says of all exchanges of a case what stays the same each time the case is recorded."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from conformance.drift.shapes import add, shape
from conformance.drift.streams import Flow
from conformance.exchange.coding import decoded_pieces
from conformance.exchange.eventstream import parse as parse_stream
from conformance.exchange.jsontext import parse as parse_json
from conformance.exchange.model import Ending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.drift.shapes import Member
    from conformance.exchange.model import Exchange, Response

_BUSY = frozenset({429, 503})
_OF_THE_MOMENT = frozenset(
    {"date", "age", "connection", "keep-alive", "set-cookie", "content-length", "transfer-encoding"}
)
"""Header fields of the connection or the moment, which tell nothing of the API."""

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


@dataclass
class Profile:
    """What is the same each time: the statuses in order, and by place (`answer`, `error`, `event`) the rest.

    `always` are the names of the header fields that every response of a place has.
    """

    statuses: list[str] = field(default_factory=list)
    bodies: dict[str, defaultdict[str, Member]] = field(default_factory=lambda: defaultdict(shape))
    headers: dict[str, defaultdict[str, Member]] = field(default_factory=lambda: defaultdict(shape))
    always: dict[str, set[str]] = field(default_factory=dict)
    flow: Flow = field(default_factory=Flow)


def profile(exchanges: Sequence[Exchange]) -> Profile:
    """Return what these exchanges of one case have that stays the same; never raises, whatever came back."""
    found = Profile()
    for number, exchange in enumerate(exchanges):
        if _is_tried_again(exchange, exchanges[number + 1 : number + 2]):
            continue
        found.statuses.append(_status(exchange))
        if exchange.response is not None and exchange.ending in {Ending.COMPLETE, Ending.CUT_SHORT, Ending.ABANDONED}:
            _add(found, exchange.response)
    return found


def _is_tried_again(exchange: Exchange, following: Sequence[Exchange]) -> bool:
    return exchange.status in _BUSY and any(each.request == exchange.request for each in following)


def _status(exchange: Exchange) -> str:
    ending = "" if exchange.ending in {Ending.COMPLETE, Ending.ABANDONED} else str(exchange.ending)
    return f"{exchange.status or ''} {ending}".strip() or "no answer"


def _add(found: Profile, response: Response) -> None:
    place = "answer" if response.status in range(200, 300) else "error"
    fields = [(name.lower(), value) for name, value in response.headers if name.lower() not in _OF_THE_MOMENT]
    for name, value in fields:
        _add_field(found.headers[place][name], name, value.strip())
    names = {name for name, _ in fields}
    found.always[place] = found.always.get(place, names) & names
    if response.media_type == "text/event-stream":
        for event in found.flow.add(parse_stream(decoded_pieces(response))):
            add(found.bodies["event"], event)
        return
    said = parse_json(response.body)
    if said.problem is None:
        add(found.bodies[place], said.value)
    else:
        found.bodies[place][""].kinds.add("text" if response.body else "nothing")


def _add_field(member: Member, name: str, value: str) -> None:
    if name == "content-type":
        media, _, rest = value.lower().partition(";")
        member.words.add("; ".join(part for part in (media.strip(), rest.strip()) if part))
        member.kinds.add("media type")
        return
    member.kinds.add(_kind(value))


def _kind(value: str) -> str:
    if match := _NUMBER.fullmatch(value):
        return "number" if match[1] else "integer"
    if _UUID.fullmatch(value):
        return "uuid"
    if _DURATION.fullmatch(value):
        return "duration"
    try:
        parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return "text"
    return "date"
