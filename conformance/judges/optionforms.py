"""Names the forms in which a chat request says things, finer than the features that all APIs have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.contract import requestfields
from conformance.exchange.model import NO_SUCH_MODEL
from conformance.judges.reading import once
from conformance.judges.values import MISSING, at, integer, strings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.judges.reading import Reading

PROMISED = 2000
"""Characters of a text that any context window has room for."""
_KNOWN = frozenset({"role", "content", "name", "tool_calls", "tool_call_id", "function_call", "refusal", "audio"})
_REASONING = frozenset({"reasoning", "reasoning_content", "reasoning_details"})
_REFINED = frozenset(
    f"param:{word}"
    for word in ("temperature", "top_p", "stop", "logprobs", "top_logprobs", "response_format", "stream_options")
) | {"param:parallel_tool_calls"}


@once
def forms(reading: Reading) -> frozenset[str]:
    """Name what is special about a request, as `features` does, more finely.

    Beside its names, or instead: `parts:<role>` (content as text parts; `media` for others), `name`,
    `assistant-empty`, `assistant-absent`, `instruction-late`, `reasoning-sent`, `member:<name>` (a member of a message
    that the reference does not know), `null:<word>`, `temperature-zero`, `temperature`, `top-p-one`, `top-p`,
    `stop:text`, `stop:array`, `response-format:<type>`, `logprobs-alone`, `logprobs-top`, `stream-options`,
    `stream-options-alone`, `parallel:on`, `parallel:off`, `accept-other` (another media type than that of the answer),
    `coded`, `long-text` (longer than any target need read), and `mistaken`: no model, no messages, no cap that could be
    meant, a field of another type, so that nothing promises an answer.
    """
    rough = {feature for feature in reading.features if feature not in _REFINED}
    nulls = {f"null:{word}" for word in _words(reading) if reading.word(word) is None}
    rough -= {f"param:{name.partition(':')[2]}" for name in nulls}
    if not _meant(reading):
        rough.add("mistaken")
    if any(len(text) > PROMISED for message in talk(reading) for text in _texts(message)):
        rough.add("long-text")
    return frozenset([*rough, *nulls, *_of_head(reading), *_of_options(reading), *_of_messages(reading)])


def talk(reading: Reading) -> list[dict[str, Any]]:
    """Return the messages of a request that are objects."""
    messages = reading.word("messages")
    return [message for message in messages if isinstance(message, dict)] if isinstance(messages, list) else []


def parts_text(content: object) -> str | None:
    """Return the text of a content that is a list of text parts, or None."""
    if not isinstance(content, list) or not content:
        return None
    texts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"]
    found = [text for text in texts if isinstance(text, str)]
    return "".join(found) if len(found) == len(content) else None


def _texts(message: dict[str, Any]) -> list[str]:
    return [*strings(message, "/content"), *strings(message, "/content/*/text")]


def _meant(reading: Reading) -> bool:
    model, messages, cap = (reading.word(word) for word in ("model", "messages", "max_tokens"))
    named = isinstance(model, str) and model not in ("", NO_SUCH_MODEL)
    spoken = isinstance(messages, list) and bool(messages) and len(messages) == len(talk(reading))
    sane = cap in (MISSING, None) or (integer(cap) or 0) > 0
    return named and spoken and sane and all("role" in message for message in talk(reading)) and not _mistypes(reading)


def _mistypes(reading: Reading) -> bool:
    operation = reading.operation
    return operation is not None and any(
        value is not None and not requestfields.of_type(value, requestfields.types(reading.api, operation, pointer))
        for pointer in operation.request.values()
        if (value := at(reading.sent, pointer)) is not MISSING
    )


def _words(reading: Reading) -> Iterator[str]:
    return iter(reading.operation.request if reading.operation else ())


def _of_head(reading: Reading) -> Iterator[str]:
    request = reading.exchange.request
    if (request.header("content-encoding") or "identity").strip().lower() != "identity":
        yield "coded"
    if accepts_other(reading):
        yield "accept-other"


def accepts_other(reading: Reading) -> bool:
    """Tell whether the request accepts only another media type than that of the answer that its body asks for."""
    accepted = (reading.exchange.request.header("accept") or "").strip().lower()
    return accepted == ("application/json" if reading.asks_stream else "text/event-stream")


def _of_options(reading: Reading) -> Iterator[str]:
    for word, name in (("temperature", "temperature"), ("top_p", "top-p")):
        value, usual = reading.word(word), {"temperature": (0, "zero"), "top_p": (1, "one")}[word]
        if value is not MISSING and value is not None:
            yield f"{name}-{usual[1]}" if value == usual[0] and not isinstance(value, bool) else name
    stop, format_ = reading.word("stop"), reading.word("response_format")
    if isinstance(stop, str | list):
        yield "stop:text" if isinstance(stop, str) else "stop:array"
    if format_ is not MISSING and format_ is not None:
        yield f"response-format:{format_.get('type') if isinstance(format_, dict) else format_}"
    parallel = reading.word("parallel_tool_calls")
    if parallel is not MISSING and parallel is not None:
        yield "parallel:off" if parallel is False else "parallel:on"
    if reading.word("logprobs") is True:
        yield "logprobs-alone" if reading.word("top_logprobs") in (MISSING, None) else "logprobs-top"
    if isinstance(reading.word("stream_options"), dict):
        yield "stream-options" if reading.word("stream") is True else "stream-options-alone"


def _of_messages(reading: Reading) -> Iterator[str]:
    spoken = False
    for message in talk(reading):
        role, content = message.get("role"), message.get("content", MISSING)
        if isinstance(content, list):
            yield f"parts:{role}" if parts_text(content) is not None else "media"
        instructs = role in ("system", "developer")
        if instructs and spoken:
            yield "instruction-late"
        spoken = spoken or not instructs
        if role == "assistant" and content in ("", MISSING):
            yield "assistant-empty" if content == "" else "assistant-absent"
        if "name" in message and role != "function":
            yield "name"
        if _REASONING & message.keys():
            yield "reasoning-sent"
        yield from (f"member:{name}" for name in message.keys() - _KNOWN - _REASONING)
