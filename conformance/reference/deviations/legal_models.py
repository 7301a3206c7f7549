"""Legal variations of models that think before they answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.chat import bent, sent
from conformance.reference.deviations.options import refused
from conformance.reference.deviations.registry import OPENAI_LIKE, breaks
from conformance.reference.deviations.streambending import each_choice

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond

_THOUGHT = 24
"""Output tokens that the model thinks before it says anything."""


@breaks(apis=("openai",))
def legal_only_newer_words(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: takes neither max_tokens nor a temperature of 0, as OpenAI's models that think."""
    if sent(incoming).get("max_tokens") is not None:
        text = "Unsupported parameter: 'max_tokens' is not supported with this model."
        return refused(incoming, respond, f"{text} Use 'max_completion_tokens' instead.")
    if sent(incoming).get("temperature") == 0:
        text = "Unsupported value: 'temperature' does not support 0 with this model."
        return refused(incoming, respond, f"{text} Only the default (1) value is supported.")
    return respond(incoming)


@breaks(apis=OPENAI_LIKE)
def legal_thinks_first(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: uses up a small cap for its thoughts, and says nothing then."""
    body = sent(incoming)
    cap = body.get("max_completion_tokens") or body.get("max_tokens")
    if not isinstance(cap, int) or cap > _THOUGHT or "tools" in body:
        return respond(incoming)
    return _thoughts_streamed(incoming, respond) if body.get("stream") is True else _thoughts(incoming, respond, cap)


def _thoughts(incoming: Incoming, respond: Respond, cap: int) -> Answer:
    def think(body: dict[str, Any]) -> None:
        for choice in body["choices"]:
            choice["message"] |= {"content": "", "reasoning_content": choice["message"]["content"]}
            choice["finish_reason"] = "length"
        usage = body["usage"]
        usage["completion_tokens"] = cap * len(body["choices"])
        usage["total_tokens"] = usage["prompt_tokens"] + usage["completion_tokens"]

    return bent(incoming, respond, think)


def _thoughts_streamed(incoming: Incoming, respond: Respond) -> Answer:
    def think(choice: dict[str, Any]) -> None:
        delta = choice["delta"]
        if delta.get("content"):
            delta["reasoning_content"] = delta.pop("content")
        if choice.get("finish_reason"):
            choice["finish_reason"] = "length"

    return each_choice(incoming, respond, think)
