"""Deviations of how a stream is framed that are known from real servers and gateways."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from conformance.reference.answer import Frame
from conformance.reference.deviations.registry import OPENAI_LIKE, breaks
from conformance.reference.deviations.streambending import frames_of, spliced, text_of, written
from conformance.reference.deviations.textstreams import of_text_alone

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.answer import Answer, Incoming, Respond

_ERROR = json.dumps({"error": {"message": "The engine died.", "type": "server_error", "param": None, "code": None}})
_WIDE = 70_000
"""Bytes: more than the line buffers of some clients."""


def _in_the_middle(incoming: Incoming, respond: Respond, raw: bytes) -> Answer:
    """Answer with these bytes after the second frame of a stream."""
    return spliced(incoming, respond, lambda frames: [*frames[:2], Frame(raw=raw), *frames[2:]])


@breaks("stream.unknown-lines", apis=OPENAI_LIKE, bugs=("sse-raw-json-tail",))
@breaks("stream.client-loop", apis=("genos",))
@of_text_alone
def stream_with_unframed_error_at_its_end(incoming: Incoming, respond: Respond) -> Answer:
    """Writes an error as a line of JSON after the last event."""
    return spliced(incoming, respond, lambda frames: [*frames, Frame(raw=_ERROR.encode() + b"\n")])


@breaks("stream.unknown-lines", "stream.done", "stream.finish-last", apis=OPENAI_LIKE, bugs=("sse-error-field",))
@breaks("stream.client-loop", apis=("genos",))
@of_text_alone
def stream_with_error_field(incoming: Incoming, respond: Respond) -> Answer:
    """Ends a stream with a field `error` instead of data."""
    end = Frame(raw=b"error: " + _ERROR.encode() + b"\n\n")
    return spliced(incoming, respond, lambda frames: [*frames[:6], end])


@breaks(
    "stream.unknown-lines", "stream.done", "stream.finish-last", apis=OPENAI_LIKE, bugs=("sse-gateway-strips-prefix",)
)
@breaks("stream.client-loop", apis=("genos",))
@of_text_alone
def stream_losing_its_last_prefixes(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves `data: ` out before the last chunk and `[DONE]`."""

    def splice(frames: list[Frame]) -> list[Frame]:
        return [*frames[:-2], *(Frame(raw=text_of(frame) + b"\n\n") for frame in frames[-2:])]

    return spliced(incoming, respond, splice)


@breaks("stream.meta-blocks", apis=OPENAI_LIKE, bugs=("sse-meta-only-block",))
@breaks("stream.client-loop", apis=("genos",))
@of_text_alone
def stream_with_retry_alone(incoming: Incoming, respond: Respond) -> Answer:
    """Begins a stream with a block that has nothing but `retry:`."""
    return spliced(incoming, respond, lambda frames: [Frame(raw=b"retry: 3000\n\n"), *frames])


@breaks("stream.meta-blocks", "stream.data-only", "stream.comments", apis=OPENAI_LIKE, bugs=("sse-comment-after-id",))
@breaks("stream.client-loop", apis=("genos",))
@of_text_alone
def stream_with_comments_after_ids(incoming: Incoming, respond: Respond) -> Answer:
    """Numbers each event with an `id:` line and sends comments between events."""
    return written(incoming, respond, lambda data: b"id: 1\ndata: " + data + b"\n\n: ping\n\n")


@breaks("stream.event-data-split", apis=OPENAI_LIKE, bugs=("sse-event-data-split",))
@breaks("stream.client-loop", apis=("genos",))
@of_text_alone
def stream_with_events_apart_from_data(incoming: Incoming, respond: Respond) -> Answer:
    """Puts a blank line between the `event:` line of an event and its data."""
    return written(incoming, respond, lambda data: b"event: message\n\ndata: " + data + b"\n\n")


@breaks("stream.chunk-shape", "stream.same-id", "stream.data-only", apis=OPENAI_LIKE, bugs=("sse-typed-ping-json",))
@breaks("stream.client-loop", apis=("genos",))
@of_text_alone
def stream_with_typed_pings(incoming: Incoming, respond: Respond) -> Answer:
    """Keeps a stream alive with events of the type `ping`."""
    return _in_the_middle(incoming, respond, b'event: ping\ndata: {"type":"ping"}\n\n')


@breaks("stream.framing", apis=OPENAI_LIKE, bugs=("sse-empty-data",))
@of_text_alone
def stream_with_empty_data(incoming: Incoming, respond: Respond) -> Answer:
    """Keeps a stream alive with events whose data is empty."""
    return _in_the_middle(incoming, respond, b"data: \n\n")


@breaks("stream.framing", apis=OPENAI_LIKE, bugs=("sse-comment-as-data",))
@of_text_alone
def stream_with_comments_as_data(incoming: Incoming, respond: Respond) -> Answer:
    """Wraps a comment as the data of an event."""
    return _in_the_middle(incoming, respond, b"data: : keep-alive\n\n")


@breaks("stream.framing", apis=OPENAI_LIKE, bugs=("sse-raw-text-error",))
@of_text_alone
def stream_with_error_as_text(incoming: Incoming, respond: Respond) -> Answer:
    """Tells of an error in the middle of a stream as text."""
    return _in_the_middle(incoming, respond, b"data: error: the engine died\n\n")


@breaks("stream.framing", "stream.done", apis=OPENAI_LIKE, bugs=("sse-double-prefix",))
@of_text_alone
def stream_with_two_prefixes(incoming: Incoming, respond: Respond) -> Answer:
    """Writes `data: ` twice before each event's data."""
    return written(incoming, respond, lambda data: b"data: data: " + data + b"\n\n")


@breaks("stream.done", apis=OPENAI_LIKE, bugs=("sse-done-variant",))
@of_text_alone
def stream_with_quoted_done(incoming: Incoming, respond: Respond) -> Answer:
    """Ends a stream with `"[DONE]"`, a JSON text."""
    return spliced(incoming, respond, lambda frames: [*frames[:-1], Frame(raw=b'data: "[DONE]"\n\n')])


@breaks("stream.framing", "stream.done", "stream.finish-last", apis=OPENAI_LIKE, bugs=("sse-final-unterminated",))
@of_text_alone
def stream_with_last_chunk_unterminated(incoming: Incoming, respond: Respond) -> Answer:
    """Ends a stream right after the line of the last chunk."""

    def splice(frames: list[Frame]) -> list[Frame]:
        return [*frames[:-2], Frame(raw=b"data: " + text_of(frames[-2]))]

    return spliced(incoming, respond, splice)


@breaks("stream.line-feeds", apis=OPENAI_LIKE, bugs=("sse-crlf",))
@of_text_alone
def stream_with_carriage_returns_too(incoming: Incoming, respond: Respond) -> Answer:
    """Ends the lines of a stream with CRLF."""
    return written(incoming, respond, lambda data: b"data: " + data + b"\r\n\r\n")


@breaks("stream.line-separators", apis=OPENAI_LIKE, bugs=("sse-u2028-splitlines",))
@of_text_alone
def stream_with_line_separators(incoming: Incoming, respond: Respond) -> Answer:
    """Writes U+2028 unescaped into the JSON of chunks."""
    return _noted(incoming, respond, lambda text: text.replace(b'"note"', '"a\u2028b"'.encode()))


@breaks("stream.line-length", apis=OPENAI_LIKE, bugs=("sse-oversize-line",))
@of_text_alone
def stream_with_long_lines(incoming: Incoming, respond: Respond) -> Answer:
    """Writes chunks of 70 000 bytes."""
    return _noted(incoming, respond, lambda text: text.replace(b'"note"', b'"' + b"0" * _WIDE + b'"'))


def _noted(incoming: Incoming, respond: Respond, write: Callable[[bytes], bytes]) -> Answer:
    """Answer with a further member in the third frame of a stream, written otherwise."""
    answer = respond(incoming)
    for frame in frames_of(answer, incoming)[2:3]:
        if isinstance(frame.data, dict):
            frame.raw = b"data: " + write(text_of(Frame({**frame.data, "x_note": "note"}))) + b"\n\n"
    return answer


@breaks("stream.content-type", apis=OPENAI_LIKE, bugs=("sse-content-type",))
@of_text_alone
def stream_declared_as_json(incoming: Incoming, respond: Respond) -> Answer:
    """Declares a stream as application/json."""
    answer = respond(incoming)
    if frames_of(answer, incoming):
        answer.headers["Content-Type"] = "application/json"
    return answer


@breaks("requests.accept-json", "stream.offered", apis=("cloud-temple", "neuroflash"), bugs=("sse-ndjson",))
@breaks("stream.offered", apis=("genos", "openai"))
@of_text_alone
def stream_of_json_lines(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a request for a stream with one JSON text a line."""
    answer = written(incoming, respond, lambda data: data + b"\n")
    if frames_of(answer, incoming):
        answer.headers["Content-Type"] = "application/x-ndjson"
    return answer


@breaks("stream.off-by-default", apis=("cloud-temple", "openai"), bugs=("sse-done-after-json",))
@of_text_alone
def answer_with_done_after_json(incoming: Incoming, respond: Respond) -> Answer:
    """Ends unstreamed answers with a line `data: [DONE]`."""
    answer = respond(incoming)
    if incoming.operation == "createChatCompletion" and answer.status == 200 and isinstance(answer.body, dict):
        answer.body = json.dumps(answer.body, ensure_ascii=False).encode() + b"\n\ndata: [DONE]\n\n"
        answer.headers["Content-Type"] = "application/json"
    return answer
