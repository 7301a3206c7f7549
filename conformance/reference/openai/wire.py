"""Writes answers in OpenAI's format: one object, or the chunks of a stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.reference.answer import Answer, Frame
from conformance.reference.engine.generation import Generated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conformance.reference.engine.tools import ToolCall
    from conformance.reference.openai.chat import ChatRequest

Extras = Callable[[Generated], Mapping[str, Any]]


def _none(_generated: Generated) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Style:
    """Where an API differs from OpenAI: fields that it adds to the answer, to a choice, to the usage.

    `usage_apart` says that a stream's usage comes in a chunk of its own, with no choices.
    """

    body: Mapping[str, Any]
    choice: Extras = _none
    message: Mapping[str, Any] | None = None
    usage: Callable[[Sequence[Generated]], Mapping[str, Any]] = lambda _answers: {}
    usage_apart: bool = True


@dataclass(frozen=True)
class Head:
    """What every answer and every chunk of one answer carries alike; `created` is Unix time in seconds."""

    id: str
    created: int
    model: str

    def fields(self, kind: str) -> dict[str, Any]:
        """Return them as JSON fields of an object of this kind."""
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def usage(prompt: int, answers: Sequence[Generated], style: Style) -> dict[str, Any]:
    """Return the usage of an answer, in tokens."""
    completion = sum(answer.tokens for answer in answers)
    counted = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return {**counted, **style.usage(answers)}


def completion(head: Head, request: ChatRequest, style: Style) -> Answer:
    """Return the unstreamed answer to a chat request."""
    answers = request.generated()
    choices = [
        {"index": index, "message": _message(each, style), **style.choice(each), "finish_reason": each.finish}
        for index, each in enumerate(answers)
    ]
    counted = usage(request.prompt_tokens, answers, style)
    return Answer(body={**head.fields("chat.completion"), "choices": choices, "usage": counted, **style.body})


def stream(head: Head, request: ChatRequest, style: Style, seconds_per_token: float) -> Answer:
    """Return the streamed answer to a chat request: a chunk for each token, then `[DONE]`."""
    answers = request.generated()
    frames: list[Frame] = []
    total = usage(request.prompt_tokens, answers, style) if request.include_usage else None
    for index, each in enumerate(answers):
        last = index == len(answers) - 1
        for delta, finish, waits in _deltas(each):
            choice = {"index": index, "delta": delta, **style.choice(each), "finish_reason": finish}
            if finish is None and "stop_reason" in choice:
                choice["stop_reason"] = None
            chunk = {**head.fields("chat.completion.chunk"), "choices": [choice]}
            if total and not style.usage_apart and last and finish:
                chunk["usage"] = total
            frames.append(Frame(chunk, seconds_per_token if waits else 0.0))
    if total and style.usage_apart:
        frames.append(Frame({**head.fields("chat.completion.chunk"), "choices": [], "usage": total, **style.body}))
    return Answer(frames=[*frames, Frame("[DONE]")])


def _message(answer: Generated, style: Style) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None if answer.call else answer.text}
    if answer.call:
        message["tool_calls"] = [_call(answer.call, answer.call.arguments)]
    return {**message, **(style.message or {})}


def _call(call: ToolCall, arguments: str) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _deltas(answer: Generated) -> Iterator[tuple[dict[str, Any], str | None, bool]]:
    """Yield the deltas of one choice: each with its finish reason, and whether a token's time passes before it."""
    if answer.call:
        yield {"role": "assistant", "tool_calls": [{"index": 0, **_call(answer.call, "")}]}, None, True
        for piece in answer.pieces:
            yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}, None, True
    else:
        yield {"role": "assistant", "content": ""}, None, False
        for piece in answer.pieces:
            yield {"content": piece}, None, True
    yield {}, answer.finish, False
