"""Deviations of when an answer is streamed, and of how it arrives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from conformance.reference.answer import Answer, Frame
from conformance.reference.deviations.registry import ALL_APIS, OPENAI_LIKE, breaks
from conformance.reference.deviations.streambending import frames_of, text_of
from conformance.reference.deviations.textstreams import of_text_alone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.reference.answer import Incoming, Respond


@breaks("stream.offered", apis=("genos", "multi-llm", "openai"), bugs=("sse-stream-true-ignored",))
@breaks("requests.accept-json", "stream.offered", apis=("cloud-temple", "neuroflash"))
@of_text_alone
def stream_answered_whole(incoming: Incoming, respond: Respond) -> Answer:
    """Answers with one JSON object where a stream is asked for."""
    answer = respond(incoming)
    if found := frames_of(answer, incoming):
        chunks = [frame.data for frame in found if isinstance(frame.data, dict)]
        answer.frames, answer.body = None, {**chunks[-1], "choices": [_joined(chunks)]}
    return answer


def _joined(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    text = "".join(delta.get("content") or "" for delta in deltas)
    return {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}


@breaks("stream.offered", apis=OPENAI_LIKE)
def stream_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses every request for a stream."""
    answer = respond(incoming)
    if frames_of(answer, incoming):
        error = {"message": "Streaming is not supported.", "type": "invalid_request_error", "param": None, "code": None}
        return Answer(400, answer.headers, {"error": error})
    return answer


@breaks("stream.off-by-default", apis=("cloud-temple", "openai"), bugs=("sse-when-not-asked",))
@of_text_alone
def stream_without_being_asked(incoming: Incoming, respond: Respond) -> Answer:
    """Streams chat answers although no stream was asked for."""
    answer = respond(incoming)
    if incoming.operation != "createChatCompletion" or answer.status != 200 or not isinstance(answer.body, dict):
        return answer
    chunk = {**answer.body, "object": "chat.completion.chunk"}
    chunk["choices"] = [{**choice, "delta": choice.pop("message")} for choice in answer.body["choices"]]
    answer.body, answer.frames = None, [Frame(chunk), Frame("[DONE]")]
    return answer


def _flag(incoming: Incoming) -> object:
    parameters = incoming.json.get("parameters") if isinstance(incoming.json, dict) else None
    return parameters.get("stream") if isinstance(parameters, dict) else None


@breaks("stream.flag-false", apis=("multi-llm",))
def stream_only_with_flag(incoming: Incoming, respond: Respond) -> Answer:
    """Streams at /generate/stream only where `parameters.stream` is not false."""
    answer = respond(incoming)
    flag = _flag(incoming)
    return stream_answered_whole(incoming, lambda _incoming: answer) if flag is False else answer


@breaks("generate.stream-flag", apis=("multi-llm",))
def generate_streams_long_answers(incoming: Incoming, respond: Respond) -> Answer:
    """Asked for a stream, /generate streams only answers of many tokens."""
    answer = respond(incoming)
    if incoming.operation != "generate" or answer.status != 200 or not isinstance(answer.body, dict):
        return answer
    asked = _flag(incoming)
    if asked is True and answer.body["usage"]["completion_tokens"] > 20:
        deltas = [{"delta": {"content": choice["message"]["content"]}} for choice in answer.body["choices"]]
        answer.frames = [Frame({"id": answer.body["id"], "choices": deltas}), Frame("[DONE]")]
    return answer


@breaks("stream.incremental", apis=ALL_APIS, bugs=("sse-buffered",))
def stream_buffered(incoming: Incoming, respond: Respond) -> Answer:
    """Holds a stream back until the answer is complete, then sends it at once."""
    answer = respond(incoming)
    if found := frames_of(answer, incoming):
        whole = b"".join(b"data: " + text_of(frame) + b"\n\n" for frame in found)
        answer.frames = [Frame(raw=whole, delay=max(0.5, sum(frame.delay for frame in found)))]
    return answer


_lost: WeakKeyDictionary[Respond, set[str]] = WeakKeyDictionary()
"""Of each server, the conversations whose streams a client left."""


class _Watched(list[Frame]):
    """Frames that remember the conversation where they are not read to the end."""

    def __init__(self, frames: list[Frame], conversation: str, lost: set[str]) -> None:
        super().__init__(frames)
        self._conversation, self._lost = conversation, lost

    def __iter__(self) -> Iterator[Frame]:
        try:
            yield from super().__iter__()
        except GeneratorExit:
            self._lost.add(self._conversation)
            raise


@breaks("stream.disconnect", "robustness.no-5xx", apis=ALL_APIS)
@breaks("chat.params-accepted", apis=("cloud-temple",))
@breaks("chat.optional-fields", apis=("neuroflash",))
@breaks("generate.request", apis=("multi-llm",))
def stream_left_stays_locked(incoming: Incoming, respond: Respond) -> Answer:
    """Never answers a conversation again after a client left its stream."""
    lost = _lost.setdefault(respond, set())
    answer = respond(incoming)
    if not isinstance(incoming.json, dict) or answer.status != 200:
        return answer
    conversation = json.dumps(incoming.json.get("messages"))
    if found := frames_of(answer, incoming):
        answer.frames = _Watched(found, conversation, lost)
    elif conversation in lost and incoming.operation in {"createChatCompletion", "generate"}:
        message = "The conversation is in use."
        error = {"message": message, "type": "server_error", "param": None, "code": "INTERNAL_ERROR"}
        return Answer(500, answer.headers, {"error": {**error, "details": {}, "request_id": "r"}})
    return answer
