"""Deviations in errors that are told in a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.exchange.model import NO_SUCH_MODEL
from conformance.reference.answer import Frame
from conformance.reference.deviations.errorcases import said
from conformance.reference.deviations.registry import OPENAI_LIKE, breaks
from conformance.reference.deviations.streambending import DONE, spliced, text_of

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond

_ERROR = {"message": "The engine died.", "type": "server_error", "param": None, "code": None}
_SCRIPTS = "Repeat exactly this text"
"""What the one stream asks for that some deviations bend."""
_LEAST_FRAMES = 4


def repeats(incoming: Incoming) -> bool:
    """Tell whether a chat request is the one that asks for a text in many scripts."""
    return _SCRIPTS.encode() in incoming.body and said(incoming).get("stream") is True


@breaks(
    "errors.before-stream",
    "errors.unknown-model",
    "stream.chunk-shape",
    apis=("cloud-temple", "genos"),
    bugs=("err-before-first-token-in-sse",),
)
@breaks("errors.before-stream", "errors.unknown-model", apis=("openai",))
def unknown_model_told_in_stream(incoming: Incoming, respond: Respond) -> Answer:
    """Tells in a stream with status 200 that the model does not exist."""
    return _told_in_stream(respond(incoming), said(incoming).get("model") == NO_SUCH_MODEL, said(incoming))


@breaks(
    "errors.before-stream",
    "errors.no-messages",
    "stream.chunk-shape",
    apis=("cloud-temple", "genos"),
    bugs=("err-before-first-token-in-sse",),
)
@breaks("errors.before-stream", "errors.no-messages", apis=("openai",))
def no_messages_told_in_stream(incoming: Incoming, respond: Respond) -> Answer:
    """Tells in a stream with status 200 that there are no messages."""
    return _told_in_stream(respond(incoming), said(incoming).get("messages") == [], said(incoming))


def _told_in_stream(answer: Answer, concerned: bool, body: dict[str, Any]) -> Answer:  # noqa: FBT001
    if concerned and body.get("stream") is True and answer.status >= 400:
        answer.status, answer.frames = 200, [Frame(answer.body), Frame(DONE)]
    return answer


@breaks(
    "errors.before-stream",
    "stream.chunk-shape",
    apis=("cloud-temple", "genos", "neuroflash"),
    bugs=("err-before-first-token-in-sse",),
)
@breaks("errors.before-stream", apis=("openai",), weakly=True)
def stream_is_an_error(incoming: Incoming, respond: Respond) -> Answer:
    """Answers one right request with a stream of nothing but a role and an error."""
    if not repeats(incoming):
        return respond(incoming)
    return spliced(incoming, respond, lambda frames: [frames[0], Frame({"error": _ERROR}), Frame(DONE)])


@breaks("errors.in-stream", "stream.chunk-shape", apis=OPENAI_LIKE, bugs=("err-midstream-no-error-key",))
def stream_error_without_envelope(incoming: Incoming, respond: Respond) -> Answer:
    """Ends one stream with an error that stands at the top of its event."""
    if not repeats(incoming):
        return respond(incoming)
    return spliced(incoming, respond, lambda frames: [*frames[:-1], _bare_error(frames[0]), frames[-1]])


def _bare_error(first: Frame) -> Frame:
    head = {name: first.data[name] for name in ("id", "created", "model")}
    return Frame({**head, "object": "error", **_ERROR})


@breaks(
    "errors.in-stream",
    "stream.chunk-shape",
    "stream.data-only",
    apis=("cloud-temple", "neuroflash", "openai"),
    bugs=("err-midstream-no-error-key",),
)
@breaks("errors.in-stream", "stream.chunk-shape", "stream.client-loop", "stream.data-only", apis=("genos",))
def stream_error_as_event_type(incoming: Incoming, respond: Respond) -> Answer:
    """Ends one stream with an event of the type error, its data without a member error."""
    if not repeats(incoming):
        return respond(incoming)
    return spliced(incoming, respond, lambda frames: [*frames[:-1], _typed_error(frames[0]), frames[-1]])


def _typed_error(first: Frame) -> Frame:
    data = text_of(_bare_error(first))
    return Frame(raw=b"event: error\ndata: " + data + b"\n\n")


@breaks(
    "errors.in-stream",
    "stream.chunk-shape",
    apis=("cloud-temple", "genos", "neuroflash"),
    bugs=("err-midstream-no-error-key",),
)
@breaks("errors.in-stream", apis=("openai",), weakly=True)
def stream_error_as_text(incoming: Incoming, respond: Respond) -> Answer:
    """Ends one stream with an error that is a text."""
    if not repeats(incoming):
        return respond(incoming)
    return spliced(incoming, respond, lambda frames: [*frames[:-1], Frame({"error": "engine died"}), frames[-1]])


@breaks("errors.no-leak", "stream.chunk-shape", apis=("cloud-temple", "genos", "neuroflash"), bugs=("err-leak-trace",))
@breaks("errors.no-leak", apis=("openai",))
def stream_error_with_trace(incoming: Incoming, respond: Respond) -> Answer:
    """Ends one stream with an error that shows a stack trace."""
    if not repeats(incoming):
        return respond(incoming)
    trace = 'Traceback (most recent call last):\n  File "engine.py", line 7, in step'
    error = Frame({"error": {**_ERROR, "message": trace}})
    return spliced(incoming, respond, lambda frames: [*frames[:-1], error, frames[-1]])


@breaks("stream.finish-last", apis=OPENAI_LIKE, bugs=("err-midstream-silent",))
def stream_given_up_silently(incoming: Incoming, respond: Respond) -> Answer:
    """Gives one stream up after a few chunks, as if it were complete."""
    if not repeats(incoming):
        return respond(incoming)
    return spliced(incoming, respond, lambda frames: [*frames[:_LEAST_FRAMES], frames[-1]])
