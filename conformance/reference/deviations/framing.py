"""Deviations of how the events of a stream are framed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.answer import Frame
from conformance.reference.deviations.registry import ALL_APIS, OPENAI_LIKE, breaks
from conformance.reference.deviations.streambending import DONE, frames_of, spliced, text_of, written
from conformance.reference.deviations.textstreams import of_text_alone

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond

LINE_CLIENTS = ("genos", "multi-llm")
"""The APIs that document a client which splits lines."""
_ENOUGH = 6
"""Frames of a stream whose middle can be bent."""


@breaks("stream.done", apis=ALL_APIS, bugs=("sse-done-missing",))
@of_text_alone
def stream_without_done(incoming: Incoming, respond: Respond) -> Answer:
    """Ends a stream without `[DONE]`."""
    return spliced(incoming, respond, lambda frames: frames[:-1])


@breaks("stream.done", apis=ALL_APIS, bugs=("sse-done-duplicate",))
@of_text_alone
def stream_with_done_twice(incoming: Incoming, respond: Respond) -> Answer:
    """Sends `[DONE]` twice."""
    return spliced(incoming, respond, lambda frames: [*frames, Frame(DONE)])


@breaks("stream.done", apis=ALL_APIS, bugs=("sse-done-variant",))
@of_text_alone
def stream_with_done_in_lower_case(incoming: Incoming, respond: Respond) -> Answer:
    """Ends a stream with `[done]`."""
    return spliced(incoming, respond, lambda frames: [*frames[:-1], Frame("[done]")])


@breaks("stream.done", "stream.framing", apis=ALL_APIS, bugs=("sse-data-after-done",))
@of_text_alone
def stream_with_data_after_done(incoming: Incoming, respond: Respond) -> Answer:
    """Sends one more chunk after `[DONE]`."""
    return spliced(incoming, respond, lambda frames: [*frames, Frame(frames[0].data)])


@breaks("stream.framing", apis=ALL_APIS, bugs=("sse-single-newline",))
@of_text_alone
def stream_with_one_line_end_between_events(incoming: Incoming, respond: Respond) -> Answer:
    """Ends each event with one line end, not with a blank line."""
    return written(incoming, respond, lambda data: b"data: " + data + b"\n")


@breaks("stream.framing", apis=ALL_APIS, bugs=("sse-two-json-one-line",))
@of_text_alone
def stream_with_two_texts_in_an_event(incoming: Incoming, respond: Respond) -> Answer:
    """Puts two JSON texts on the line of one event."""

    def splice(frames: list[Frame]) -> list[Frame]:
        if len(frames) < _ENOUGH:
            return frames
        both = b"data: " + text_of(frames[2]) + text_of(frames[3]) + b"\n\n"
        return [*frames[:2], Frame(raw=both, delay=frames[2].delay), *frames[4:]]

    return spliced(incoming, respond, splice)


@breaks("stream.framing", apis=ALL_APIS)
@of_text_alone
def stream_with_truncated_json(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the last characters of one event's JSON out."""

    def splice(frames: list[Frame]) -> list[Frame]:
        if len(frames) >= _ENOUGH:
            frames[1] = Frame(raw=b"data: " + text_of(frames[1])[:-4] + b"\n\n", delay=frames[1].delay)
        return frames

    return spliced(incoming, respond, splice)


@breaks("stream.framing", apis=ALL_APIS, bugs=("sse-final-unterminated",))
@of_text_alone
def stream_with_last_event_unterminated(incoming: Incoming, respond: Respond) -> Answer:
    """Ends the stream right after the `[DONE]` line, without the blank line that dispatches it."""
    return spliced(incoming, respond, lambda frames: [*frames[:-1], Frame(raw=b"data: [DONE]\n")])


@breaks("stream.framing", apis=ALL_APIS, bugs=("sse-ndjson",))
@of_text_alone
def stream_of_bare_lines(incoming: Incoming, respond: Respond) -> Answer:
    """Writes each event as a line of JSON without `data:`."""
    return written(incoming, respond, lambda data: data + b"\n")


@breaks("stream.framing", "stream.done", apis=ALL_APIS, bugs=("sse-truncated",))
@of_text_alone
def stream_cut(incoming: Incoming, respond: Respond) -> Answer:
    """Loses the connection in the middle of a stream."""
    answer = respond(incoming)
    if frames_of(answer, incoming):
        answer.cut = 700
    return answer


@breaks("stream.content-type", apis=ALL_APIS, bugs=("sse-content-type",))
@of_text_alone
def stream_declared_as_text(incoming: Incoming, respond: Respond) -> Answer:
    """Declares a stream as text/plain."""
    answer = respond(incoming)
    if frames_of(answer, incoming):
        answer.headers["Content-Type"] = "text/plain; charset=utf-8"
    return answer


@breaks("stream.content-type", apis=ALL_APIS)
@of_text_alone
def stream_declared_as_latin1(incoming: Incoming, respond: Respond) -> Answer:
    """Declares a stream's charset as ISO-8859-1."""
    answer = respond(incoming)
    if frames_of(answer, incoming):
        answer.headers["Content-Type"] = "text/event-stream; charset=iso-8859-1"
    return answer


@breaks("stream.no-buffering-headers", apis=ALL_APIS)
@of_text_alone
def stream_cacheable(incoming: Incoming, respond: Respond) -> Answer:
    """Lets caches keep a stream for an hour."""
    answer = respond(incoming)
    if frames_of(answer, incoming):
        answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


@breaks("stream.strict-lines", apis=ALL_APIS, bugs=("sse-bare-cr",))
@of_text_alone
def stream_with_bare_carriage_returns(incoming: Incoming, respond: Respond) -> Answer:
    """Ends the lines of a stream with CR."""
    return written(incoming, respond, lambda data: b"data: " + data + b"\r\r")


@breaks("stream.strict-lines", apis=ALL_APIS)
@breaks("stream.client-loop", apis=LINE_CLIENTS, bugs=("sse-bom",))
@of_text_alone
def stream_with_byte_order_mark(incoming: Incoming, respond: Respond) -> Answer:
    """Begins a stream with a byte order mark."""

    def splice(frames: list[Frame]) -> list[Frame]:
        first = b"\xef\xbb\xbfdata: " + text_of(frames[0]) + b"\n\n"
        return [Frame(raw=first, delay=frames[0].delay), *frames[1:]]

    return spliced(incoming, respond, splice)


@breaks("stream.strict-lines", apis=ALL_APIS)
@breaks("stream.client-loop", apis=LINE_CLIENTS, bugs=("sse-no-space",))
@of_text_alone
def stream_without_space(incoming: Incoming, respond: Respond) -> Answer:
    """Writes `data:` with no space after the colon."""
    return written(incoming, respond, lambda data: b"data:" + data + b"\n\n")


@breaks("stream.one-data-line", apis=OPENAI_LIKE)
@breaks("stream.client-loop", apis=LINE_CLIENTS, bugs=("sse-multiline-data",))
@of_text_alone
def stream_with_json_on_two_lines(incoming: Incoming, respond: Respond) -> Answer:
    """Spreads the JSON of each event over two `data` lines."""
    return written(incoming, respond, lambda data: b"data: " + data.replace(b",", b",\ndata: ", 1) + b"\n\n")


@breaks("stream.comments", apis=OPENAI_LIKE)
@breaks("stream.client-loop", apis=("genos",), bugs=("sse-comment-keepalive",))
@of_text_alone
def stream_with_keep_alive_comments(incoming: Incoming, respond: Respond) -> Answer:
    """Begins a stream with a keep-alive comment."""
    return spliced(incoming, respond, lambda frames: [Frame(raw=b": keep-alive\n\n"), *frames])


@breaks("stream.data-only", apis=OPENAI_LIKE)
@breaks("stream.client-loop", apis=("genos",))
@of_text_alone
def stream_with_event_names(incoming: Incoming, respond: Respond) -> Answer:
    """Names each event with an `event:` line."""
    return written(incoming, respond, lambda data: b"event: message\ndata: " + data + b"\n\n")


@breaks("stream.data-only", apis=OPENAI_LIKE)
@breaks("stream.client-loop", apis=("genos",))
@of_text_alone
def stream_with_event_ids(incoming: Incoming, respond: Respond) -> Answer:
    """Numbers each event with an `id:` line and asks for reconnection with `retry:`."""
    return written(incoming, respond, lambda data: b"id: 7\nretry: 3000\ndata: " + data + b"\n\n")
