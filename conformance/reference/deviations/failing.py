"""Turns answers into a server's failure, worded as each API words errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming

_TEXT = "Something went wrong."


def failed(incoming: Incoming, answer: Answer) -> Answer:
    """Make an answer the 500 of its API, its headers as they were."""
    answer.status, answer.frames, answer.body = 500, None, _body(incoming.api)
    return answer


def _body(api: str) -> dict[str, Any]:
    if api == "neuroflash":
        return {"error": _TEXT, "code": "INTERNAL"}
    if api == "multi-llm":
        return {"error": {"code": "INTERNAL_ERROR", "message": _TEXT, "details": {}, "request_id": "req_0"}}
    return {"error": {"message": _TEXT, "type": "server_error", "param": None, "code": None}}


def reworded(answer: Answer, text: str) -> Answer:
    """Put other words where an error says what is wrong, in the API's own format."""
    body = answer.body
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        body["error"]["message"] = text
    elif isinstance(body, dict) and "error" in body:
        body["error"] = text
    elif isinstance(body, dict) and body.get("errors"):
        body["errors"][0]["message"] = text
    return answer
