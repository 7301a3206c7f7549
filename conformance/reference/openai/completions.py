"""Text completions in OpenAI's older format: a prompt continued, unstreamed or streamed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from conformance.reference.answer import Answer, Frame
from conformance.reference.engine import tokens
from conformance.reference.engine.turns import Turn
from conformance.reference.fields import Fields
from conformance.reference.openai.catalogue import within
from conformance.reference.openai.chat import MOST_ANSWERS, options
from conformance.reference.openai.embedding import inputs
from conformance.reference.openai.probabilities import of_completion
from conformance.reference.openai.wire import usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conformance.reference.engine.generation import Generated
    from conformance.reference.openai.catalogue import Model
    from conformance.reference.openai.chat import ChatRequest
    from conformance.reference.openai.wire import Head, Style

_MOST_CHOICES = 2048
_MOST_ALTERNATIVES = 5
_OTHERWISE = {"max_tokens", "logprobs", "tools", "tool_choice", "response_format", "structured_outputs"}


@dataclass(frozen=True)
class Manner:
    """How an API completes texts: its default cap, the least that may be asked for (tokens), the most answers."""

    cap: int | None = None
    least: int = 1
    most_answers: int = MOST_ANSWERS


@dataclass(frozen=True)
class _Text:
    """One choice: the prompt where it is repeated, the answer, the alternatives to each token that are told."""

    index: int
    echoed: tuple[str, ...]
    begins: int
    answer: Generated
    alternatives: int | None


def completed(
    request: Fields, model: Model, head: Head, style: Style, seconds_per_token: float, manner: Manner = Manner()
) -> Answer:
    """Answer a completion request: as many choices for each prompt as were asked.

    Raises:
        Refusal: 400 naming the field that is missing, of another type or out of range.
    """
    request.required("prompt")
    prompts = inputs(request, "prompt", empty=True)
    within(model, max(count for _, count in prompts), "prompt")
    asked = [_asked(request, head.model, text, manner) for text, _ in prompts]
    if len(asked) * asked[0].answers > _MOST_CHOICES:
        raise request.wrong("n", f"such that there are at most {_MOST_CHOICES} choices for all prompts")
    texts = list(_texts(request, asked))
    counted = usage(sum(count for _, count in prompts), [each.answer for each in texts], style)
    fields = {**head.fields("text_completion"), **style.chunk}
    if not asked[0].stream:
        choices = [_whole(each) for each in texts]
        return Answer(body={**fields, "choices": choices, "usage": counted, **style.body})
    unsaid = {"usage": None} if asked[0].include_usage and style.usage_null else {}
    frames = _frames(texts, {**fields, **unsaid}, seconds_per_token)
    if asked[0].include_usage:
        frames.append(Frame({**fields, "choices": [], "usage": counted}))
    return Answer(frames=[*frames, Frame("[DONE]")])


def _asked(request: Fields, model: str, prompt: str, manner: Manner) -> ChatRequest:
    """Read the options; those that only chat has are none here, and `logprobs` is another one."""
    most = request.integer("max_tokens", low=manner.least)
    further = {name: said for name, said in request.all().items() if name not in _OTHERWISE}
    found = options(Fields(further), model, (Turn("user", prompt),), most_answers=manner.most_answers)
    cap = found.task.cap if most is None else most
    return replace(found, task=replace(found.task, cap=manner.cap if cap is None else cap))


def _texts(request: Fields, asked: Sequence[ChatRequest]) -> Iterator[_Text]:
    said = request.value("logprobs")
    known = type(said) in (int, float) and said in range(_MOST_ALTERNATIVES + 1)
    alternatives = int(said) if known else None
    echo = request.value("echo") is True
    index = 0
    for each in asked:
        bounded = replace(each, most_tokens=each.most_tokens // len(asked))
        prompt = each.task.turns[0].text
        echoed = tokens.split(prompt) if echo else ()
        for answer in bounded.generated():
            yield _Text(index, echoed, len(prompt), answer, alternatives)
            index += 1


def _whole(text: _Text) -> dict[str, Any]:
    pieces = (*text.echoed, *text.answer.pieces)
    return _choice(text, pieces, text.answer.finish, _probabilities(text, pieces, 0))


def _choice(text: _Text, pieces: Sequence[str], finish: str | None, logprobs: dict[str, Any] | None) -> dict[str, Any]:
    return {"index": text.index, "text": "".join(pieces), "logprobs": logprobs, "finish_reason": finish}


def _probabilities(text: _Text, pieces: Sequence[str], place: int, written: int = 0) -> dict[str, Any] | None:
    """Return the probabilities of some tokens; `place` and `written` count the tokens and characters before them."""
    if text.alternatives is None or not pieces:
        return None
    offset = written + (0 if text.echoed else text.begins)
    return of_completion(pieces, text.alternatives, first=place, offset=offset, opens=bool(text.echoed) and place == 0)


def _frames(texts: Sequence[_Text], fields: dict[str, Any], seconds_per_token: float) -> list[Frame]:
    """Return the chunks of all choices, which take turns."""
    frames = []
    for steps in zip_longest(*map(_steps, texts)):
        wait = seconds_per_token
        for choice in filter(None, steps):
            waits = choice["finish_reason"] is None
            frames.append(Frame({**fields, "choices": [choice]}, wait if waits else 0.0))
            wait = 0.0 if waits else wait
    return frames


def _steps(text: _Text) -> Iterator[dict[str, Any]]:
    place = written = 0
    for pieces in (text.echoed, *((piece,) for piece in text.answer.pieces)):
        if pieces:
            yield _choice(text, pieces, None, _probabilities(text, pieces, place, written))
            place, written = place + len(pieces), written + sum(map(len, pieces))
    yield _choice(text, (), text.answer.finish, None)
