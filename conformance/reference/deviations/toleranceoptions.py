"""Deviations that refuse, or fail on, forms of options and of a request's head."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.reference.deviations.chat import sent
from conformance.reference.deviations.failing import failed
from conformance.reference.deviations.options import refused, without
from conformance.reference.deviations.registry import OPENAI_LIKE, breaks
from conformance.reference.deviations.tolerance import VLLM, refused_where

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond


@breaks("requests.max-completion-tokens", apis=VLLM, bugs=("req-max-completion-tokens",))
def max_completion_tokens_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses `max_completion_tokens`."""
    said = isinstance(sent(incoming).get("max_completion_tokens"), int)
    return refused_where(incoming, respond, "max_completion_tokens: extra inputs are not permitted", where=said)


@breaks("requests.max-completion-tokens", apis=VLLM, bugs=("req-max-completion-tokens",))
def max_completion_tokens_ignored(incoming: Incoming, respond: Respond) -> Answer:
    """Ignores `max_completion_tokens`."""
    return respond(without(incoming, "max_completion_tokens"))


@breaks("chat.params-accepted", apis=("cloud-temple",))
@breaks("requests.temperature-zero", apis=("openai", "cloud-temple", "genos"), bugs=("req-temperature-zero",))
def temperature_zero_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses a temperature of 0."""
    said = sent(incoming).get("temperature")
    zero = said == 0 and not isinstance(said, bool)
    return refused_where(incoming, respond, "temperature must be strictly positive", where=zero)


@breaks("chat.params-accepted", apis=("cloud-temple",))
@breaks("requests.top-p-one", apis=("openai", "cloud-temple", "genos"), bugs=("req-top-p-one",))
def top_p_one_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses a top_p of 1."""
    said = sent(incoming).get("top_p")
    one = said == 1 and not isinstance(said, bool)
    return refused_where(incoming, respond, "top_p must be > 0.0 and < 1.0", where=one)


@breaks("chat.optional-fields", apis=("neuroflash",))
@breaks("requests.penalties", apis=OPENAI_LIKE, bugs=("req-penalties-n",))
def penalties_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses penalties."""
    said = any(isinstance(sent(incoming).get(f"{kind}_penalty"), float) for kind in ("presence", "frequency"))
    return refused_where(incoming, respond, "frequency_penalty: extra inputs are not permitted", where=said)


@breaks("chat.optional-fields", apis=("neuroflash",))
@breaks("requests.stop-text", apis=("openai", "genos", "neuroflash"), bugs=("req-stop-scalar-array",))
def stop_text_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Takes stop texts in an array only."""
    said = isinstance(sent(incoming).get("stop"), str)
    return refused_where(incoming, respond, "stop must be an array", where=said)


@breaks(
    "requests.stop-array", apis=("openai", "genos", "neuroflash"), bugs=("req-stop-over-4", "req-stop-scalar-array")
)
def stop_array_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Takes one stop text only, as a string."""
    said = isinstance(sent(incoming).get("stop"), list)
    return refused_where(incoming, respond, "stop must be a string", where=said)


@breaks("requests.nulls", apis=OPENAI_LIKE, bugs=("req-null-optionals",))
def nulls_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses null for a field that may be absent."""
    names = [name for name in ("temperature", "stream", "stop", "n") if sent(incoming).get(name, 0) is None]
    return refused_where(incoming, respond, f"null is not allowed for {', '.join(names)}", where=bool(names))


@breaks("requests.metadata-store", apis=("openai",), bugs=("req-metadata-store",))
def metadata_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses `metadata` and `store`."""
    said = any(sent(incoming).get(name) is not None for name in ("metadata", "store"))
    return refused_where(incoming, respond, "property 'store' is unsupported", where=said)


@breaks("requests.parallel-flag", apis=VLLM, bugs=("req-parallel-flag",))
def parallel_flag_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses `parallel_tool_calls`."""
    said = "parallel_tool_calls" in sent(incoming)
    return refused_where(incoming, respond, "parallel_tool_calls: unknown field", where=said)


@breaks("requests.response-format-text", apis=(*VLLM, "neuroflash"), bugs=("req-response-format-text",))
def text_format_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses the response format text."""
    said = sent(incoming).get("response_format") == {"type": "text"}
    return refused_where(incoming, respond, "'response_format.type' must be 'json_schema'", where=said)


@breaks("chat.optional-fields", apis=("neuroflash",))
@breaks("requests.json-schema", apis=(*VLLM, "neuroflash"), bugs=("req-json-schema-rejected",))
def json_schema_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses a JSON Schema as response format."""
    wanted = sent(incoming).get("response_format")
    said = isinstance(wanted, dict) and wanted.get("type") == "json_schema"
    return refused_where(incoming, respond, "failed to parse the grammar", where=said)


@breaks("requests.logprobs-alone", apis=VLLM, bugs=("req-logprobs-without-top",))
def logprobs_alone_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses `logprobs` without `top_logprobs`."""
    alone = sent(incoming).get("logprobs") is True and sent(incoming).get("top_logprobs") is None
    return refused_where(incoming, respond, "top_logprobs is required with logprobs", where=alone)


@breaks("requests.stream-options", apis=VLLM, bugs=("req-stream-options",))
def stream_options_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses `stream_options`."""
    said = isinstance(sent(incoming).get("stream_options"), dict)
    return refused_where(incoming, respond, "stream_options: unknown field", where=said)


@breaks("requests.stream-options-empty", apis=VLLM, bugs=("req-stream-options-empty",))
def empty_stream_options_count(incoming: Incoming, respond: Respond) -> Answer:
    """Sends the usage in a stream whose options are empty."""
    body = sent(incoming)
    if body.get("stream_options") == {}:
        return respond(replace(incoming, json={**body, "stream_options": {"include_usage": True}}))
    return respond(incoming)


@breaks("errors.wrong-json-type", apis=("openai", "cloud-temple", "genos"))
@breaks("robustness.no-5xx", apis=OPENAI_LIKE, bugs=("req-bool-string-coercion",))
def stream_as_text_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 500 where `stream` is a text."""
    answer = respond(incoming)
    return failed(incoming, answer) if sent(incoming).get("stream") == "False" else answer


@breaks("errors.wrong-json-type", "robustness.no-5xx", apis=OPENAI_LIKE, bugs=("req-messages-string",))
def messages_as_text_fail(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 500 where `messages` is a text."""
    answer = respond(incoming)
    said = sent(incoming).get("messages")
    return failed(incoming, answer) if isinstance(said, str) and " " in said else answer


@breaks("requests.stream-options-alone", "robustness.no-5xx", apis=VLLM, bugs=("req-stream-options-nonstream",))
def stream_options_alone_fail(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 500 to stream options where there is no stream."""
    answer = respond(incoming)
    alone = isinstance(sent(incoming).get("stream_options"), dict) and not sent(incoming).get("stream")
    return failed(incoming, answer) if alone else answer


@breaks("stream.off-by-default", apis=("openai", "cloud-temple"))
@breaks("requests.stream-text", apis=OPENAI_LIKE, bugs=("req-bool-string-coercion",))
def stream_as_text_streams(incoming: Incoming, respond: Respond) -> Answer:
    """Takes any text for true where `stream` is a flag."""
    body = sent(incoming)
    return respond(replace(incoming, json={**body, "stream": True}) if body.get("stream") == "False" else incoming)


def _accepts_only(incoming: Incoming, media_type: str) -> bool:
    return bool(sent(incoming)) and incoming.headers.get("accept") == media_type


@breaks("requests.accept-json", apis=OPENAI_LIKE, bugs=("req-accept-negotiation",))
def streams_not_acceptable(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses to stream to a client that accepts JSON only."""
    only = _accepts_only(incoming, "application/json") and sent(incoming).get("stream") is True
    return refused(incoming, respond, "not acceptable", 406) if only else respond(incoming)


@breaks("stream.offered", apis=("cloud-temple", "neuroflash"))
@breaks("requests.accept-json", apis=OPENAI_LIKE, bugs=("req-accept-negotiation",))
def accept_turns_streams_off(incoming: Incoming, respond: Respond) -> Answer:
    """Answers in whole whatever the body says, where the header Accept says JSON."""
    only = _accepts_only(incoming, "application/json") and sent(incoming).get("stream") is True
    return respond(without(incoming, "stream") if only else incoming)


@breaks("requests.accept-events", apis=OPENAI_LIKE, bugs=("req-accept-negotiation",))
def events_not_acceptable(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses to answer in whole to a client that accepts event streams only."""
    only = _accepts_only(incoming, "text/event-stream") and not sent(incoming).get("stream")
    return refused(incoming, respond, "not acceptable", 406) if only else respond(incoming)


@breaks("stream.off-by-default", apis=("openai", "cloud-temple"))
@breaks("requests.accept-events", apis=OPENAI_LIKE, bugs=("req-accept-negotiation",))
def accept_turns_streams_on(incoming: Incoming, respond: Respond) -> Answer:
    """Streams whatever the body says, where the header Accept says events."""
    only = _accepts_only(incoming, "text/event-stream")
    return respond(replace(incoming, json={**sent(incoming), "stream": True}) if only else incoming)


@breaks("requests.gzip", "robustness.no-5xx", apis=OPENAI_LIKE, bugs=("req-content-encoding",))
def gzip_body_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 500 to a body compressed with gzip."""
    answer = respond(incoming)
    return failed(incoming, answer) if incoming.headers.get("content-encoding") == "gzip" else answer
