"""Writes answers in OpenAI's format: one object, or the chunks of a stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from conformance.reference.answer import Answer, Frame
from conformance.reference.engine import tokens
from conformance.reference.engine.generation import Generated
from conformance.reference.openai.probabilities import of_chat

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conformance.reference.engine.tools import ToolCall
    from conformance.reference.openai.chat import ChatRequest

Extras = Callable[[Generated], Mapping[str, Any]]
_Step = tuple[dict[str, Any], str | None, bool]
"""A delta, the reason to finish, whether a token's time passes before it."""


def _none(_generated: Generated) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Style:
    """Where an API differs: fields that it adds to the answer, each chunk, a choice, a message, the usage.

    `opening` is added to the first delta of a stream, `usage_apart` says that a stream's usage comes in a chunk of its
    own, with no choices, `usage_null` that the other chunks then have null there, `null_beside_calls` that a streamed
    call begins with null content.
    """

    body: Mapping[str, Any]
    choice: Extras = _none
    message: Mapping[str, Any] | None = None
    usage: Callable[[Sequence[Generated]], Mapping[str, Any]] = lambda _answers: {}
    usage_apart: bool = True
    usage_null: bool = False
    chunk: Mapping[str, Any] = field(default_factory=dict)
    opening: Mapping[str, Any] = field(default_factory=dict)
    null_beside_calls: bool = False


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
        {
            "index": index,
            "message": _message(each, style),
            **style.choice(each),
            **_probabilities(request, () if each.calls else each.pieces),
            "finish_reason": each.finish,
        }
        for index, each in enumerate(answers)
    ]
    counted = usage(request.prompt_tokens, answers, style)
    return Answer(body={**head.fields("chat.completion"), "choices": choices, "usage": counted, **style.body})


def stream(head: Head, request: ChatRequest, style: Style, seconds_per_token: float) -> Answer:
    """Return the streamed answer to a chat request: a chunk for each token, then `[DONE]`; choices take turns."""
    answers = request.generated()
    total = usage(request.prompt_tokens, answers, style) if request.include_usage else None
    shared = {**head.fields("chat.completion.chunk"), **style.chunk}
    unsaid = {"usage": None} if total and style.usage_null else {}
    frames: list[Frame] = []
    for steps in zip_longest(*(_choices(index, each, request, style) for index, each in enumerate(answers))):
        wait = seconds_per_token  # choices are written at the same time
        for step in filter(None, steps):
            choice, waits = step
            frames.append(Frame({**shared, "choices": [choice], **unsaid}, wait if waits else 0.0))
            wait = 0.0 if waits else wait
    if total and style.usage_apart:
        frames.append(Frame({**shared, "choices": [], "usage": total, **style.body}))
    elif total:
        frames[-1].data["usage"] = total
    return Answer(frames=[*frames, Frame("[DONE]")])


def _message(answer: Generated, style: Style) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None if answer.calls else answer.text}
    if answer.calls:
        message["tool_calls"] = [_call(call, call.arguments) for call in answer.calls]
    return {**message, **(style.message or {})}


def _call(call: ToolCall, arguments: str) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _probabilities(request: ChatRequest, pieces: Sequence[str], first: int = 0) -> dict[str, Any]:
    """Return the field `logprobs` where it was asked for; null where no words were written."""
    if request.alternatives is None:
        return {}
    return {"logprobs": of_chat(pieces, request.alternatives, first) if pieces else None}


def _choices(
    index: int, answer: Generated, request: ChatRequest, style: Style
) -> Iterator[tuple[dict[str, Any], bool]]:
    """Yield what each chunk of one choice says, and whether a token's time passes before it."""
    written = 0
    for delta, finish, waits in _called(answer, style) if answer.calls else _spoken(answer, style):
        words = [delta["content"]] if delta.get("content") else []
        extras = dict(style.choice(answer))
        if finish is None and "stop_reason" in extras:
            extras["stop_reason"] = None
        extras |= _probabilities(request, words, written)
        yield {"index": index, "delta": delta, **extras, "finish_reason": finish}, waits
        written += len(words)


def _spoken(answer: Generated, style: Style) -> Iterator[_Step]:
    yield {"role": "assistant", "content": "", **style.opening}, None, False
    for piece in answer.pieces:
        yield {"content": piece}, None, True
    yield {}, answer.finish, False


def _called(answer: Generated, style: Style) -> Iterator[_Step]:
    opening: dict[str, Any] = {"role": "assistant"}
    if style.null_beside_calls:
        opening["content"] = None
    opening |= style.opening
    for number, call in enumerate(answer.calls):
        yield {**opening, "tool_calls": [{"index": number, **_call(call, "")}]}, None, True
        opening = {}
        for piece in tokens.split(call.arguments):
            yield {"tool_calls": [{"index": number, "function": {"arguments": piece}}]}, None, True
    yield {}, answer.finish, False
