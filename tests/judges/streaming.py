"""Streams made by hand, and what one judge says of them."""

from __future__ import annotations

import json

from conformance.contract.load import load_api
from conformance.contract.model import Level, Requirement
from conformance.exchange.model import Ending, Exchange, Piece, Request, Response
from conformance.judges.evidence import Evidence
from conformance.judges.outcome import Kept, NotApplicable, Unjudged
from conformance.judges.registry import catalogue

URL = "https://api.example.test/v1"
STARTED = 1_780_000_000.0
DONE = b"data: [DONE]\n\n"


def requested(**words):
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True, **words}
    headers = (("Authorization", "Bearer [Filtered]"), ("Content-Type", "application/json"))
    return Request("POST", f"{URL}/chat/completions", headers, json.dumps(body).encode())


def chunk(delta, finish=None, index=0, **fields):
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": int(STARTED), "model": "m"}
    return {**head, "choices": [{"index": index, "delta": delta, "finish_reason": finish}], **fields}


def spoken(*texts):
    """The chunks of an answer: a role, a delta for each text, an end."""
    return [chunk({"role": "assistant", "content": ""}), *(chunk({"content": t}) for t in texts), chunk({}, "stop")]


def event(value):
    return value if isinstance(value, bytes) else b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def stream(*events, ending=Ending.COMPLETE, started=STARTED, **words):
    """The exchange of a stream: JSON values become events, bytes stay as they are."""
    pieces = tuple(Piece(number * 0.02, event(each)) for number, each in enumerate(events, 1))
    response = Response(200, headers=(("Content-Type", "text/event-stream"),), pieces=pieces)
    return Exchange("s", requested(**words), response, ending, "", started, 1.0, True)


def answered(status, body, **words):
    pieces = (Piece(0.1, json.dumps(body).encode()),)
    response = Response(status, headers=(("Content-Type", "application/json"),), pieces=pieces)
    return Exchange("w", requested(**words), response, Ending.COMPLETE, "", STARTED, 1.0, True)


def outcomes(judge, *exchanges, **params):
    """What a judge yields for the exchanges: `kept`, `unjudged`, `not-applicable`, or the finding itself."""
    row = Requirement("stream.tried", Level.MUST, "expected", "", "", ("createChatCompletion",), judge, params)
    names = {Kept: "kept", Unjudged: "unjudged", NotApplicable: "not-applicable"}
    found = catalogue()[judge](row, Evidence(load_api("openai"), exchanges, URL))
    return [names.get(type(each), each) for each in found]
