"""What servers do wrong with unusual requests, so that each deviation is a condition with one of these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.failing import failed, reworded
from conformance.reference.deviations.unusualreading import CHATS

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.answer import Answer, Frame, Incoming, Respond

WORDED = ("cloud-temple", "neuroflash", "openai")
"""The APIs whose documents show an error, which the page of a proxy is not."""
_PAGE = b"<html><head><title>500 Internal Server Error</title></head><body><center>nginx</center></body></html>"
_TRACE = 'Traceback (most recent call last):\n  File "server.py", line 212, in handle\n{error}'


def failing(incoming: Incoming, respond: Respond, *, where: bool) -> Answer:
    """Answer 500 in the API's own words where that is so."""
    answer = respond(incoming)
    return failed(incoming, answer) if where else answer


def paged(incoming: Incoming, respond: Respond, *, where: bool) -> Answer:
    """Answer with the 500 page of a proxy where that is so."""
    answer = respond(incoming)
    if where:
        answer.status, answer.frames, answer.body = 500, None, _PAGE
        answer.headers["Content-Type"] = "text/html"
    return answer


def traced(incoming: Incoming, respond: Respond, error: str, *, where: bool) -> Answer:
    """Answer 500 with a stack trace that ends in this error where that is so."""
    answer = respond(incoming)
    return reworded(failed(incoming, answer), _TRACE.format(error=error)) if where else answer


def bent(incoming: Incoming, respond: Respond, bend: Callable[[dict[str, Any]], object], *, where: bool) -> Answer:
    """Let `bend` change the body of a whole successful answer in place where that is so."""
    answer = respond(incoming)
    if where and answer.status == 200 and isinstance(answer.body, dict):
        bend(answer.body)
    return answer


def respliced(
    incoming: Incoming, respond: Respond, splice: Callable[[list[Frame]], list[Frame]], *, where: bool
) -> Answer:
    """Send other frames than those of a chat's stream where that is so."""
    answer = respond(incoming)
    if where and incoming.operation in CHATS and answer.status == 200 and answer.frames:
        answer.frames = splice(answer.frames)
    return answer
