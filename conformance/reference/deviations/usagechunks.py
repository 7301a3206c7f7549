"""Deviations of the usage of chat answers, whole and streamed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.answerfields import plainly
from conformance.reference.deviations.chat import bent, sent
from conformance.reference.deviations.registry import OPENAI, OPENAI_LIKE, breaks
from conformance.reference.deviations.streambending import chunks_of, each_chunk

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond


@breaks(
    "stream.finish-last",
    "usage.streamed",
    apis=("genos",),
    bugs=("use-after-finish-dropped", "use-include-usage-ignored"),
)
@breaks("usage.streamed", apis=("openai",))
def usage_dropped_from_streams(incoming: Incoming, respond: Respond) -> Answer:
    """Ends the streams of a chat without the usage that was asked for."""
    return _dropped(incoming, respond, "createChatCompletion")


@breaks("usage.streamed", apis=OPENAI, bugs=("use-not-forwarded-completions",))
def usage_dropped_from_texts(incoming: Incoming, respond: Respond) -> Answer:
    """Ends the streams of a text completion without the usage that was asked for."""
    return _dropped(incoming, respond, "createCompletion")


def _dropped(incoming: Incoming, respond: Respond, operation: str) -> Answer:
    answer = respond(incoming)
    if incoming.operation == operation and answer.frames:
        answer.frames = [f for f in answer.frames if not (isinstance(f.data, dict) and f.data.get("usage"))]
    return answer


@breaks("usage.once", apis=("genos", "openai"), bugs=("use-every-chunk",))
def usage_on_every_chunk(incoming: Incoming, respond: Respond) -> Answer:
    """Tells what was used so far in every chunk of a stream that was asked for its usage."""
    answer = respond(incoming)
    chunks = _asked(answer, incoming)
    for place, chunk in enumerate(chunks[:-1]):
        prompt, used = chunks[-1]["usage"]["prompt_tokens"], min(place, chunks[-1]["usage"]["completion_tokens"])
        chunk["usage"] = {"prompt_tokens": prompt, "completion_tokens": used, "total_tokens": prompt + used}
    return answer


@breaks("usage.apart", apis=OPENAI, bugs=("use-final-chunk-choices",))
def usage_with_choices(incoming: Incoming, respond: Respond) -> Answer:
    """Puts an empty choice into the chunk that tells the usage of a stream."""
    answer = respond(incoming)
    for chunk in _asked(answer, incoming):
        if chunk.get("usage"):
            chunk["choices"] = [{"index": 0, "delta": {}, "finish_reason": None}]
    return answer


def _asked(answer: Answer, incoming: Incoming) -> list[dict[str, Any]]:
    """Return the chunks of a stream that tells its usage."""
    chunks = chunks_of(answer, incoming)
    return chunks if any(chunk.get("usage") for chunk in chunks) else []


@breaks("usage.unasked", apis=("genos", "openai"), bugs=("use-unrequested",))
def usage_told_unasked(incoming: Incoming, respond: Respond) -> Answer:
    """Tells the usage of streams that were not asked for it."""
    said = sent(incoming)
    if said.get("stream") is not True or "stream_options" in said:
        return respond(incoming)
    return respond(replace(incoming, json=said | {"stream_options": {"include_usage": True}}))


@breaks("stream.chunk-shape", apis=OPENAI, weakly=True, bugs=("use-empty-object",))
def usage_empty_in_chunks(incoming: Incoming, respond: Respond) -> Answer:
    """Writes an empty object as usage into every chunk that has none."""
    return each_chunk(incoming, respond, lambda chunk: chunk.update(usage=chunk.get("usage") or {}))


@breaks("usage.reasoning-within", apis=OPENAI_LIKE, bugs=("use-reasoning-excluded",))
def usage_reasoning_apart(incoming: Incoming, respond: Respond) -> Answer:
    """Counts 60 reasoning tokens that are not among the completion tokens."""
    return bent(
        incoming, respond, lambda body: body["usage"].update(completion_tokens_details={"reasoning_tokens": 60})
    )


@breaks("usage.cached-within", apis=OPENAI_LIKE, bugs=("use-prompt-zero",))
def usage_cached_apart(incoming: Incoming, respond: Respond) -> Answer:
    """Counts cached tokens by the block, beyond the end of the prompt."""
    return plainly(incoming, respond, lambda body: body["usage"].update(prompt_tokens_details={"cached_tokens": 1024}))


@breaks("usage.prompt", apis=OPENAI_LIKE, bugs=("use-prompt-zero",))
def usage_prompt_not_counted(incoming: Incoming, respond: Respond) -> Answer:
    """Counts no token of the prompts of whole answers."""

    def bend(body: dict[str, Any]) -> None:
        body["usage"].update(prompt_tokens=0, total_tokens=body["usage"]["completion_tokens"])

    return plainly(incoming, respond, bend)


@breaks("usage.prompt-steady", apis=OPENAI, bugs=("use-prompt-zero",))
def usage_prompt_of_streams_cached(incoming: Incoming, respond: Respond) -> Answer:
    """Counts only what it has not cached of the prompts of streams."""
    answer = respond(incoming)
    for chunk in _asked(answer, incoming):
        if usage := chunk.get("usage"):
            usage.update(prompt_tokens=1, total_tokens=usage["completion_tokens"] + 1)
    return answer


@breaks("usage.completion", apis=OPENAI_LIKE, bugs=("use-completion-wrong",))
def usage_completion_halved(incoming: Incoming, respond: Respond) -> Answer:
    """Counts the pieces that it wrote, of two tokens each, as tokens."""

    def bend(body: dict[str, Any]) -> None:
        used = body["usage"]["completion_tokens"] // 2
        body["usage"].update(completion_tokens=used, total_tokens=body["usage"]["prompt_tokens"] + used)

    return bent(incoming, respond, bend)


@breaks("usage.details", apis=OPENAI_LIKE, bugs=("use-details-null",))
def usage_details_null(incoming: Incoming, respond: Respond) -> Answer:
    """Writes null for the details of a usage."""
    return bent(
        incoming,
        respond,
        lambda body: body["usage"].update(prompt_tokens_details=None, completion_tokens_details=None),
    )
