"""Legal variations: they bend what crosses the wire and break no promise."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.reference.answer import Frame
from conformance.reference.deviations.registry import ALL_APIS, OPENAI_LIKE, breaks
from conformance.reference.deviations.textstreams import of_text_alone

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.answer import Answer, Incoming, Respond

_NO_HAZARDS_NOTED = ("multi-llm",)
"""The APIs that have no notes of what is legal in a stream, and trips clients."""
_NULLS_ALLOWED = ("cloud-temple", "neuroflash")


def _written(answer: Answer, write: Callable[[Any], str]) -> Answer:
    if answer.frames is None and answer.body is not None and not isinstance(answer.body, bytes):
        answer.body = write(answer.body).encode("utf-8", "backslashreplace")
        answer.headers.setdefault("Content-Type", "application/json")
    return answer


def _each_chunk(answer: Answer, change: Callable[[dict[str, Any]], None]) -> Answer:
    for frame in answer.frames or []:
        if isinstance(frame.data, dict):
            change(frame.data)
    return answer


def _raw(frame: Frame) -> bytes:
    if frame.raw is not None:
        return frame.raw
    data = frame.data if isinstance(frame.data, str) else json.dumps(frame.data, ensure_ascii=False)
    return f"data: {data}\n\n".encode("utf-8", "backslashreplace")


@breaks(apis=ALL_APIS)
def legal_pretty_printed_json(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: writes JSON answers over many lines."""
    return _written(respond(incoming), lambda value: json.dumps(value, ensure_ascii=False, indent=2))


@breaks(apis=ALL_APIS)
def legal_escaped_json(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: writes every character outside ASCII as an escape."""
    return _written(respond(incoming), lambda value: json.dumps(value, ensure_ascii=True))


@breaks(apis=ALL_APIS)
def legal_padded_json(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: puts white space before and after JSON answers."""
    return _written(respond(incoming), lambda value: f"\n \n{json.dumps(value, ensure_ascii=False)}\r\n")


@breaks(apis=ALL_APIS)
def legal_other_key_order(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: writes the members of JSON answers in alphabetical order."""
    return _written(respond(incoming), lambda value: json.dumps(value, ensure_ascii=False, sort_keys=True))


@breaks(apis=ALL_APIS)
def legal_charset_parameter(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: adds a charset to the content type, in another case."""
    answer = respond(incoming)
    if answer.frames is not None:
        answer.headers["Content-Type"] = "text/event-stream;charset=UTF-8"
    elif answer.body is not None and not isinstance(answer.body, bytes):
        answer.headers["Content-Type"] = "Application/JSON; Charset=utf-8"
    return answer


@breaks(apis=ALL_APIS)
def legal_extra_fields(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: adds fields that no document names, to answers and to chunks."""
    answer = respond(incoming)
    extra = {"x_trace": {"hops": [1, 2]}, "service_tier": "default"}
    if isinstance(answer.body, dict):
        answer.body.update({name: value for name, value in extra.items() if name not in answer.body})
        for choice in answer.body.get("choices") or []:
            choice["matched_stop"] = None
    return _each_chunk(answer, lambda chunk: chunk.update(extra))


@breaks(apis=ALL_APIS)
def legal_extra_headers(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: sends cookies and headers that no document names."""
    answer = respond(incoming)
    answer.headers |= {"Set-Cookie": "lb=1; Path=/; HttpOnly", "X-Served-By": "edge-7", "Alt-Svc": 'h3=":443"'}
    return answer


@breaks(apis=ALL_APIS)
def legal_one_byte_pieces(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: sends a stream byte by byte."""
    answer = respond(incoming)
    if answer.frames is not None:
        pieces = [(frame.delay, _raw(frame)) for frame in answer.frames]
        answer.frames = [
            Frame(raw=raw[i : i + 1], delay=delay if i == 0 else 0.0) for delay, raw in pieces for i in range(len(raw))
        ]
    return answer


@breaks(apis=ALL_APIS)
def legal_pauses(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: falls silent for a moment before a stream begins and in its middle."""
    answer = respond(incoming)
    for frame in (answer.frames or [])[:: max(1, len(answer.frames or []) // 2)]:
        frame.delay += 0.2
    return answer


@breaks(apis=ALL_APIS)
def legal_quick_after_prefill(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: thinks first, then sends the events of a stream a millisecond apart."""
    answer = respond(incoming)
    for number, frame in enumerate(answer.frames or []):
        frame.delay = 0.15 if number == 0 else 0.001
    return answer


@breaks(apis=_NO_HAZARDS_NOTED)
def legal_crlf_stream(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: ends the lines of a stream with CRLF."""
    answer = respond(incoming)
    if answer.frames is not None:
        answer.frames = [Frame(raw=_raw(f).replace(b"\n", b"\r\n"), delay=f.delay) for f in answer.frames]
    return answer


@breaks(apis=_NO_HAZARDS_NOTED)
def legal_comments(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: keeps a stream alive with comments."""
    answer = respond(incoming)
    if answer.frames is not None:
        answer.frames = [Frame(raw=b": ping\n\n" + _raw(frame), delay=frame.delay) for frame in answer.frames]
    return answer


@breaks(apis=(*_NULLS_ALLOWED, "openai"))
@of_text_alone
def legal_null_content_first(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: begins a stream with a role and null content."""
    answer = respond(incoming)
    first = next((f.data for f in answer.frames or [] if isinstance(f.data, dict)), None)
    if first:
        first["choices"][0]["delta"] = {"role": "assistant", "content": None}
    return answer


@breaks(apis=_NULLS_ALLOWED)
def legal_usage_chunk(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: ends a stream with a chunk that has usage and no choices."""
    answer = respond(incoming)
    chunks = [frame.data for frame in answer.frames or [] if isinstance(frame.data, dict)]
    if answer.frames and chunks:
        whole = respond(replace(incoming, json={**incoming.json, "stream": False})).body
        usage = whole.get("usage") if isinstance(whole, dict) else None
        answer.frames.insert(-1, Frame({**chunks[-1], "choices": [], "usage": usage}))
    return answer


@breaks(apis=OPENAI_LIKE)
def legal_422_for_invalid(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses invalid requests with 422 in place of 400."""
    answer = respond(incoming)
    answer.status = 422 if answer.status == 400 else answer.status
    return answer


@breaks("auth.status", apis=OPENAI_LIKE)
def legal_403_for_credentials(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses missing and wrong credentials with 403 in place of 401."""
    answer = respond(incoming)
    answer.status = 403 if answer.status == 401 else answer.status
    return answer


@breaks(apis=OPENAI_LIKE)
def legal_null_refusal(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: writes null for what OpenAI has beside the content of a message."""
    answer = respond(incoming)
    for choice in (answer.body.get("choices") or []) if isinstance(answer.body, dict) else []:
        if isinstance(choice.get("message"), dict):
            choice["message"] |= {"refusal": None, "annotations": [], "audio": None}
            choice.setdefault("logprobs", None)
    return answer


@breaks(apis=OPENAI_LIKE)
def legal_usage_details(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: gives details with the usage."""
    answer = respond(incoming)
    if isinstance(answer.body, dict) and isinstance(answer.body.get("usage"), dict):
        answer.body["usage"]["prompt_tokens_details"] = {"cached_tokens": 0}
        answer.body["usage"]["completion_tokens_details"] = {"reasoning_tokens": 0}
    return answer


@breaks(apis=("genos", "multi-llm", "neuroflash", "openai"))
def legal_other_id_prefix(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: begins the ids of answers and chunks with other letters."""
    answer = respond(incoming)
    if isinstance(answer.body, dict) and "choices" in answer.body and isinstance(answer.body.get("id"), str):
        answer.body["id"] = f"gen-{answer.body['id']}"
    return _each_chunk(answer, lambda chunk: chunk.update(id=f"gen-{chunk['id']}") if "id" in chunk else None)


@breaks(apis=ALL_APIS)
def legal_slow_head(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: takes a while before each answer begins."""
    answer = respond(incoming)
    answer.delay += 0.05
    return answer
