"""Legal variations in what is refused, and in what answers say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.chat import bent, sent
from conformance.reference.deviations.options import refused, without
from conformance.reference.deviations.registry import OPENAI_LIKE, breaks
from conformance.reference.deviations.semantics import worded
from conformance.reference.deviations.streambending import each_choice
from conformance.reference.deviations.tolerance import thinking_aloud, turns

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond


@breaks(apis=OPENAI_LIKE)
def legal_json_object_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: does not offer the response format json_object."""
    asked = sent(incoming).get("response_format") == {"type": "json_object"}
    return refused(incoming, respond, "json_object is not supported") if asked else respond(incoming)


@breaks(apis=OPENAI_LIKE)
def legal_probabilities_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: does not offer log probabilities."""
    asked = sent(incoming).get("logprobs") is True
    return refused(incoming, respond, "logprobs are not supported", 422) if asked else respond(incoming)


@breaks(apis=("cloud-temple", "genos", "openai"))
def legal_tools_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: does not offer tools."""
    asked = "tools" in sent(incoming)
    return refused(incoming, respond, "tools are not supported") if asked else respond(incoming)


@breaks(apis=OPENAI_LIKE)
def legal_metadata_needs_store(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: takes metadata only where the answer is stored, as OpenAI does."""
    body = sent(incoming)
    text = "The 'metadata' parameter is only allowed when 'store' is enabled."
    return refused(incoming, respond, text) if body.get("metadata") and not body.get("store") else respond(incoming)


@breaks(apis=OPENAI_LIKE)
def legal_penalties_unknown_to_the_model(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses penalties that the model does not support, as OpenAI does for some."""
    text = "Unsupported parameter: 'presence_penalty' is not supported with this model."
    odd = [name for name in ("presence_penalty", "frequency_penalty") if sent(incoming).get(name)]
    return refused(incoming, respond, text) if odd else respond(incoming)


@breaks(apis=OPENAI_LIKE)
def legal_gzip_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses a compressed body with 415."""
    coded = incoming.headers.get("content-encoding") == "gzip"
    return refused(incoming, respond, "compressed bodies are not supported", 415) if coded else respond(incoming)


@breaks(apis=OPENAI_LIKE)
def legal_stream_text_coerced(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: takes the text "False" for false."""
    return respond(without(incoming, "stream") if sent(incoming).get("stream") == "False" else incoming)


@breaks(apis=OPENAI_LIKE)
def legal_late_instructions_moved(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: reads all system messages before the others."""
    if len(turns(incoming)) < 2:
        return respond(incoming)
    ordered = sorted(turns(incoming), key=lambda message: message.get("role") != "system")
    return respond(replace(incoming, json={**sent(incoming), "messages": ordered}))


@breaks(apis=OPENAI_LIKE)
def legal_parts_joined_by_lines(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: counts a token or two more for text that comes in parts."""

    def count(body: dict[str, Any]) -> None:
        for name in ("prompt_tokens", "total_tokens"):
            body["usage"][name] += 2

    parts = any(isinstance(message.get("content"), list) for message in turns(incoming))
    return bent(incoming, respond, count) if parts else respond(incoming)


@breaks(apis=OPENAI_LIKE)
def legal_reasoning_everywhere(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: tells its reasoning beside the content, by one name in streams and in whole answers."""
    if sent(incoming).get("stream") is not True:
        return thinking_aloud(incoming, respond)

    def think(choice: dict[str, Any]) -> None:
        if choice["delta"].get("role"):
            choice["delta"]["reasoning_content"] = "A short answer will do."

    return each_choice(incoming, respond, think)


@breaks(apis=OPENAI_LIKE)
def legal_space_around_json(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: puts white space around the JSON that a format asks for."""
    formed = isinstance(sent(incoming).get("response_format"), dict)
    return worded(incoming, respond, lambda said: f"\n  {said}\n") if formed else respond(incoming)


@breaks(apis=OPENAI_LIKE)
def legal_space_before_a_stop_trimmed(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: trims the white space before a stop text."""
    return worded(incoming, respond, str.rstrip) if sent(incoming).get("stop") else respond(incoming)
