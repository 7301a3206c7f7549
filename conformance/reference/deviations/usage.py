"""Deviations of the token counts of chat answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.chat import bent, sent
from conformance.reference.deviations.registry import OPENAI_LIKE, breaks

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond


@breaks("chat.usage-adds-up", apis=OPENAI_LIKE)
def usage_total_without_prompt(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the prompt out of the total of tokens."""
    return bent(incoming, respond, lambda body: body["usage"].update(total_tokens=body["usage"]["completion_tokens"]))


@breaks("chat.reasoning-within", apis=("cloud-temple",))
def usage_reasoning_beside_completion(incoming: Incoming, respond: Respond) -> Answer:
    """Counts more reasoning tokens than completion tokens."""

    def bend(body: dict[str, Any]) -> None:
        body["usage"]["reasoning_tokens"] = body["usage"]["completion_tokens"] + 5

    return bent(incoming, respond, bend)


@breaks("chat.usage-tracked", "chat.shape", apis=("neuroflash",))
def usage_words_as_text(incoming: Incoming, respond: Respond) -> Answer:
    """Counts the words of a chat answer in a text."""
    return bent(incoming, respond, lambda body: body["usage"].update(words_used=str(body["usage"]["words_used"])))


@breaks("chat.max-tokens", apis=OPENAI_LIKE)
def usage_over_the_cap(incoming: Incoming, respond: Respond) -> Answer:
    """Generates twice the tokens that a small max_tokens allows."""

    def bend(body: dict[str, Any]) -> None:
        usage = body["usage"]
        usage["completion_tokens"] += cap
        usage["total_tokens"] += cap

    cap = sent(incoming).get("max_tokens")
    return bent(incoming, respond, bend) if isinstance(cap, int) and 0 < cap <= 5 else respond(incoming)


@breaks("chat.length-reason", "tools.cut-short", apis=("openai",), bugs=("sem-max-tokens-finish",))
@breaks("chat.length-reason", "chat.tool-call-shape", "tools.cut-short", apis=("cloud-temple",))
def usage_capped_but_stop(incoming: Incoming, respond: Respond) -> Answer:
    """Says stop where an answer is cut at max_tokens."""

    def bend(body: dict[str, Any]) -> None:
        for choice in body["choices"]:
            if choice["finish_reason"] == "length":
                choice["finish_reason"] = "stop"

    return bent(incoming, respond, bend)
