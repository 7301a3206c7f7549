"""Deviations that show only in a later part of an answer: a second call, a later delta, the last chunk."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.chat import bent
from conformance.reference.deviations.registry import OPENAI, breaks
from conformance.reference.deviations.streambending import chunks_of, copy_of, each_choice, spliced
from conformance.reference.deviations.textstreams import of_text_alone

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.answer import Answer, Frame, Incoming, Respond


@breaks("stream.role-once", apis=OPENAI, weakly=True, bugs=("chk-role-empty-null",))
@of_text_alone
def stream_with_null_roles_later(incoming: Incoming, respond: Respond) -> Answer:
    """Says null as the role in each delta but the first."""
    return each_choice(incoming, respond, lambda choice: choice["delta"].setdefault("role", None))


@breaks("stream.role-once", apis=OPENAI, bugs=("chk-role-empty-null",))
@of_text_alone
def stream_with_empty_roles_later(incoming: Incoming, respond: Respond) -> Answer:
    """Says an empty text as the role in each delta but the first."""
    return each_choice(incoming, respond, lambda choice: choice["delta"].setdefault("role", ""))


@breaks("stream.increments", apis=OPENAI, bugs=("chk-duplicate-content",))
@of_text_alone
def stream_with_each_text_but_the_last_twice(incoming: Incoming, respond: Respond) -> Answer:
    """Sends each chunk that has content twice, but for the last one."""

    def splice(frames: list[Frame]) -> list[Frame]:
        last = [frame for frame in frames if _speaks(frame)][-1:]
        doubled = [frame for frame in frames if _speaks(frame) and frame not in last]
        return [each for frame in frames for each in ([frame, copy_of(frame)] if frame in doubled else [frame])]

    return spliced(incoming, respond, splice)


def _speaks(frame: Frame) -> bool:
    choices = frame.data["choices"] if isinstance(frame.data, dict) else []
    return any(choice["delta"].get("content") for choice in choices)


@breaks("usage.completion", apis=OPENAI, bugs=("use-completion-wrong",))
def usage_of_streams_without_completion(incoming: Incoming, respond: Respond) -> Answer:
    """Counts no token of what it said where a stream tells its usage."""
    return _recounted(incoming, respond, lambda _used: 0)


@breaks("usage.completion", apis=OPENAI, bugs=("use-completion-wrong",))
def usage_of_streams_halved(incoming: Incoming, respond: Respond) -> Answer:
    """Counts the chunks of a stream, of two tokens each, as tokens."""
    return _recounted(incoming, respond, lambda used: (used + 1) // 2)


def _recounted(incoming: Incoming, respond: Respond, count: Callable[[int], int]) -> Answer:
    answer = respond(incoming)
    for usage in (chunk["usage"] for chunk in chunks_of(answer, incoming) if chunk.get("usage")):
        used = count(usage["completion_tokens"])
        usage.update(completion_tokens=used, total_tokens=usage["prompt_tokens"] + used)
    return answer


@breaks("embeddings.usage", apis=OPENAI, bugs=("use-total-mismatch",))
def embeddings_total_of_nothing(incoming: Incoming, respond: Respond) -> Answer:
    """Tells 0 as the total of the tokens that embeddings cost."""
    answer = respond(incoming)
    if incoming.operation == "createEmbedding" and answer.status == 200 and isinstance(answer.body, dict):
        answer.body["usage"]["total_tokens"] = 0
    return answer


@breaks("tools.arguments-text", apis=OPENAI, bugs=("tc-args-object",))
@breaks("chat.shape", apis=OPENAI, weakly=True)
def tool_arguments_parsed_from_the_second_call_on(incoming: Incoming, respond: Respond) -> Answer:
    """Sends the arguments of each call but the first in whole answers as objects."""

    def bend(body: dict[str, Any]) -> None:
        for choice in body["choices"]:
            for call in choice["message"].get("tool_calls", ())[1:]:
                text = call["function"]["arguments"]
                call["function"]["arguments"] = json.loads(text) if text.endswith("}") else {}

    return bent(incoming, respond, bend)
