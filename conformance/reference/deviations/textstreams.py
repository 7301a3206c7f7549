"""Keeps deviations to requests for text alone, so that what they break has one name."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond
    from conformance.reference.deviations.registry import Bend

_MORE = frozenset({"tools", "tool_choice", "functions", "response_format", "n", "logprobs", "stream_options"})
"""Fields that ask for more than the text of one answer: deviations of their own bend what they bring."""


def of_text_alone(bend: Bend) -> Bend:
    """Bend only answers to requests for the text of one answer, asked for in the body alone."""

    @wraps(bend)
    def bent(incoming: Incoming, respond: Respond) -> Answer:
        asked = incoming.json if isinstance(incoming.json, dict) else {}
        more = any(asked.get(name) is not None for name in _MORE)
        by_header = incoming.headers.get("accept", "") == "text/event-stream" and not asked.get("stream")
        return respond(incoming) if more or by_header else bend(incoming, respond)

    return bent
