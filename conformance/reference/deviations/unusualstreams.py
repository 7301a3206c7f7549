"""Deviations of streams that only an unusual chat shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.answer import Frame
from conformance.reference.deviations.registry import ALL_APIS, OPENAI_LIKE, breaks
from conformance.reference.deviations.streambending import copy_of, text_of
from conformance.reference.deviations.unusualfaults import respliced
from conformance.reference.deviations.unusualreading import (
    has_emoji,
    has_flag,
    is_right_to_left,
    last_text,
    number,
    texts,
)

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond


@breaks("stream.done", apis=ALL_APIS)
def emoji_stream_without_done(incoming: Incoming, respond: Respond) -> Answer:
    """Ends a stream without `[DONE]` where the prompt has an emoji."""
    return respliced(incoming, respond, lambda frames: frames[:-1], where=any(map(has_emoji, texts(incoming))))


@breaks("stream.done", apis=ALL_APIS, generated=True)
def right_to_left_stream_without_done(incoming: Incoming, respond: Respond) -> Answer:
    """Ends a stream without `[DONE]` where the prompt begins in a script from right to left."""
    turned = is_right_to_left(last_text(incoming))
    return respliced(incoming, respond, lambda frames: frames[:-1], where=turned)


@breaks("stream.utf8-boundaries", apis=ALL_APIS, generated=True)
def flags_torn(incoming: Incoming, respond: Respond) -> Answer:
    """Streams each byte beyond ASCII as U+FFFD where the prompt has a flag."""

    def tear(frames: list[Frame]) -> list[Frame]:
        return [Frame(raw=b"data: " + _torn(text_of(frame)) + b"\n\n", delay=frame.delay) for frame in frames]

    return respliced(incoming, respond, tear, where=any(map(has_flag, texts(incoming))))


def _torn(data: bytes) -> bytes:
    return data.decode("ascii", "replace").encode()


@breaks("stream.same-id", apis=ALL_APIS, generated=True)
def indented_prompt_changes_ids(incoming: Incoming, respond: Respond) -> Answer:
    """Gives each chunk an id of its own where the prompt begins with white space."""

    def renamed(frames: list[Frame]) -> list[Frame]:
        kept = [copy_of(frame) for frame in frames]
        for place, frame in enumerate(kept):
            if isinstance(frame.data, dict):
                frame.data["id"] = f"{frame.data['id']}-{place}"
        return kept

    return respliced(incoming, respond, renamed, where=last_text(incoming)[:1].isspace())


@breaks("stream.finish-last", apis=OPENAI_LIKE, generated=True)
def one_token_stream_without_finish(incoming: Incoming, respond: Respond) -> Answer:
    """Says no finish reason in a stream with max_tokens 1."""

    def unfinished(frames: list[Frame]) -> list[Frame]:
        return [frame for frame in frames if not _finishes(frame)]

    return respliced(incoming, respond, unfinished, where=number(incoming, "max_tokens") == 1)


def _finishes(frame: Frame) -> bool:
    choices = frame.data["choices"] if isinstance(frame.data, dict) else []
    return any(choice["finish_reason"] is not None for choice in choices)


@breaks("stream.framing", apis=ALL_APIS, generated=True)
@breaks("stream.line-feeds", "stream.unknown-lines", apis=OPENAI_LIKE, generated=True)
@breaks("stream.client-loop", apis=("genos",), generated=True)
def carriage_return_torn(incoming: Incoming, respond: Respond) -> Answer:
    """Breaks the line in the middle of each event where the prompt has a carriage return."""

    def tear(frames: list[Frame]) -> list[Frame]:
        data = [(text_of(frame), frame.delay) for frame in frames]
        torn = [text if text == b"[DONE]" else text[:9] + b"\r\n" + text[9:] for text, _ in data]
        return [Frame(raw=b"data: " + text + b"\n\n", delay=wait) for text, (_, wait) in zip(torn, data, strict=True)]

    return respliced(incoming, respond, tear, where=any("\r" in text for text in texts(incoming)))
