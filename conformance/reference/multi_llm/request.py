"""Reads the requests of the multi-model service: text to generate, a period to report."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from conformance.reference.engine.turns import Turn
from conformance.reference.fields import Fields
from conformance.reference.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLES = ("system", "user", "assistant")


@dataclass(frozen=True)
class GenerateRequest:
    """A request to generate; `cap` is the most tokens wanted, None where nothing was said."""

    model: str
    turns: tuple[Turn, ...]
    cap: int | None


def generate_request(request: Fields) -> GenerateRequest:
    """Read a request to generate.

    Raises:
        Refusal: 400 naming the field that is missing, of another type or out of range.
    """
    request.required("model")
    model = request.text("model") or ""
    request.required("messages")
    said = request.array("messages") or []
    if not said:
        raise request.wrong("messages", "a non-empty array")
    turns = tuple(_turn(message, f"messages[{index}]") for index, message in enumerate(said))
    parameters = request.object("parameters") or Fields({})
    parameters.number("temperature", 0, 2)
    parameters.number("top_p", 0, 1)
    parameters.flag("stream")
    return GenerateRequest(model, turns, parameters.integer("max_tokens", low=1))


def _turn(said: object, where: str) -> Turn:
    if not isinstance(said, dict):
        raise Refusal(400, f"{where} must be an object.", "wrong-type", where)
    message = Fields(said, where)
    message.required("role")
    message.required("content")
    role, text = message.text("role"), message.text("content")
    if role not in ROLES:
        raise message.wrong("role", "one of " + ", ".join(ROLES))
    return Turn(role, text or "")


def period(query: Mapping[str, str]) -> tuple[date, date]:
    """Return the first and last day asked for; what is left out is the other one, or today (UTC).

    Raises:
        Refusal: 400 for another form than YYYY-MM-DD, or an end before the start.
    """
    start, end = _day(query, "start_date"), _day(query, "end_date")
    today = datetime.now(UTC).date()
    if start is None:
        start = end if end is not None else today
    if end is None:
        end = max(start, today)
    if end < start:
        raise Refusal(400, "end_date is before start_date.", "wrong-range", "end_date")
    return start, end


def _day(query: Mapping[str, str], name: str) -> date | None:
    said = query.get(name)
    if said is None:
        return None
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", said):
            return date.fromisoformat(said)
    except ValueError:
        pass
    raise Refusal(400, f"{name} must be a date of the form YYYY-MM-DD.", "wrong-type", name)
