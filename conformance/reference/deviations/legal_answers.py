"""Legal variations of the members, the usage and the log probabilities of chat answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.chat import bent, sent
from conformance.reference.deviations.logprobs import each_entry
from conformance.reference.deviations.options import refused
from conformance.reference.deviations.registry import OPENAI, OPENAI_LIKE, breaks
from conformance.reference.deviations.streambending import chunks_of, each_choice, each_chunk

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond


@breaks(apis=OPENAI)
def legal_silence_after_thought(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: thinks until the cap, and has null as content of what it then does not say."""

    def bend(body: dict[str, Any]) -> None:
        for choice in body["choices"]:
            if choice["finish_reason"] == "length" and choice["message"]["content"] and len(sent(incoming)) == 4:
                choice["message"] |= {"content": None, "reasoning": choice["message"]["content"]}

    return bent(incoming, respond, bend)


@breaks(apis=("neuroflash", "openai"))
def legal_stop_refused_in_words(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses to answer the question about snow in the member refusal, with null as content."""

    def bend(body: dict[str, Any]) -> None:
        if b"Which colour has snow?" in incoming.body:
            body["choices"][0]["message"] |= {"content": None, "refusal": "I cannot speak of snow."}

    return bent(incoming, respond, bend)


@breaks(apis=OPENAI)
def legal_members_left_out(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: leaves tier, fingerprint, details and unasked log probabilities out of whole answers."""

    def bend(body: dict[str, Any]) -> None:
        for name in ("service_tier", "system_fingerprint"):
            body.pop(name)
        for name in ("prompt_tokens_details", "completion_tokens_details"):
            body["usage"].pop(name)
        for choice in body["choices"]:
            if choice["logprobs"] is None:
                choice.pop("logprobs")

    return bent(incoming, respond, bend)


@breaks(apis=("cloud-temple", "neuroflash", "openai"))
def legal_members_left_out_of_chunks(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: leaves tier, fingerprint, and what is null of usage and log probabilities out of chunks."""

    def bend(chunk: dict[str, Any]) -> None:
        for name in ("service_tier", "system_fingerprint"):
            chunk.pop(name, None)
        for place in (chunk, *chunk["choices"]):
            for name in ("usage", "logprobs"):
                if place.get(name, 0) is None:
                    place.pop(name)

    return each_chunk(incoming, respond, bend)


@breaks(apis=OPENAI_LIKE)
def legal_tier_null(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: has null as service tier of whole answers."""
    return bent(incoming, respond, lambda body: body.update(service_tier=None))


@breaks(apis=("neuroflash", "openai"))
def legal_model_dated(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: names the dated model that an alias stands for."""
    answer = bent(incoming, respond, lambda body: body.update(model=f"{body['model']}-2024-07-18"))
    for chunk in chunks_of(answer, incoming):
        chunk["model"] += "-2024-07-18"
    return answer


@breaks(apis=("neuroflash", "openai"))
def legal_model_of_vendor(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: names the vendor of the model as well."""
    answer = bent(incoming, respond, lambda body: body.update(model=f"reference-lab/{body['model']}"))
    for chunk in chunks_of(answer, incoming):
        chunk["model"] = f"reference-lab/{chunk['model']}"
    return answer


@breaks(apis=OPENAI_LIKE)
def legal_without_several_choices(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses a chat request for several choices."""
    several = sent(incoming).get("n") not in (None, 1)
    return refused(incoming, respond, "n must be 1") if several else respond(incoming)


@breaks(apis=OPENAI_LIKE)
def legal_without_logprobs(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses a chat request for log probabilities."""
    asked = sent(incoming).get("logprobs") is True
    return refused(incoming, respond, "logprobs are not supported") if asked else respond(incoming)


@breaks(apis=OPENAI_LIKE)
def legal_logprob_sentinel(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: says -9999.0 for what is too improbable, and null where a token has no bytes of its own."""
    return each_entry(incoming, respond, lambda entry: entry.update(logprob=-9999.0, bytes=None))


@breaks(apis=OPENAI_LIKE)
def legal_logprob_of_the_taken_token(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: adds the token that was taken to the alternatives."""

    def bend(entry: dict[str, Any]) -> None:
        taken = {name: entry[name] for name in ("token", "logprob", "bytes")}
        entry["top_logprobs"] = [*entry["top_logprobs"], taken] if entry["top_logprobs"] else []

    return each_entry(incoming, respond, bend)


@breaks(apis=OPENAI_LIKE)
def legal_logprobs_later(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: sends log probabilities one chunk after the text that they are of."""
    held: dict[str, Any] | None = None

    def bend(choice: dict[str, Any]) -> None:
        nonlocal held
        held, choice["logprobs"] = choice.get("logprobs"), held

    return each_choice(incoming, respond, bend) if sent(incoming).get("n") in (None, 1) else respond(incoming)


@breaks(apis=OPENAI_LIKE)
def legal_last_token_not_counted(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: does not count the last token of an answer that was cut at its cap."""

    def bend(body: dict[str, Any]) -> None:
        usage = body["usage"]
        if usage["completion_tokens"] > 1:
            usage.update(completion_tokens=usage["completion_tokens"] - 1, total_tokens=usage["total_tokens"] - 1)

    return bent(incoming, respond, bend)


@breaks(apis=OPENAI_LIKE)
def legal_usage_more_details(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: tells cached and reasoning tokens that are all of the tokens, and what they cost."""

    def bend(body: dict[str, Any]) -> None:
        usage = body["usage"]
        usage["prompt_tokens_details"] = {"cached_tokens": usage["prompt_tokens"], "cache_write_tokens": None}
        usage["completion_tokens_details"] = {"reasoning_tokens": usage["completion_tokens"]}
        usage["cost"] = 0.0000014

    return bent(incoming, respond, bend)
