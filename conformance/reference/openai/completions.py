"""Text completions in OpenAI's older format: a prompt continued, unstreamed or streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.answer import Answer, Frame
from conformance.reference.engine.turns import Turn
from conformance.reference.openai.catalogue import within
from conformance.reference.openai.chat import options
from conformance.reference.openai.embedding import inputs
from conformance.reference.openai.wire import usage

if TYPE_CHECKING:
    from conformance.reference.engine.generation import Generated
    from conformance.reference.fields import Fields
    from conformance.reference.openai.catalogue import Model
    from conformance.reference.openai.wire import Head, Style


def completed(request: Fields, model: Model, head: Head, style: Style, seconds_per_token: float) -> Answer:
    """Answer a completion request: as many choices for each prompt as were asked.

    Raises:
        Refusal: 400 naming the field that is missing, of another type or out of range.
    """
    request.required("prompt")
    prompts = inputs(request, "prompt", empty=True)
    within(model, max(count for _, count in prompts), "prompt")
    asked = [options(request, head.model, (Turn("user", text),)) for text, _ in prompts]
    answers = [answer for each in asked for answer in each.generated()]
    spent = sum(count for _, count in prompts)
    fields = head.fields("text_completion")
    counted = usage(spent, answers, style)
    if not asked[0].stream:
        choices = [_choice(index, each.text, each.finish) for index, each in enumerate(answers)]
        return Answer(body={**fields, "choices": choices, "usage": counted, **style.body})
    frames = [frame for index, each in enumerate(answers) for frame in _frames(index, each, fields, seconds_per_token)]
    if asked[0].include_usage:
        frames.append(Frame({**fields, "choices": [], "usage": counted}))
    return Answer(frames=[*frames, Frame("[DONE]")])


def _frames(index: int, answer: Generated, fields: dict[str, Any], wait: float) -> list[Frame]:
    pieces = [Frame({**fields, "choices": [_choice(index, piece, None)]}, wait) for piece in answer.pieces]
    return [*pieces, Frame({**fields, "choices": [_choice(index, "", answer.finish)]})]


def _choice(index: int, text: str, finish: str | None) -> dict[str, Any]:
    return {"index": index, "text": text, "logprobs": None, "finish_reason": finish}
