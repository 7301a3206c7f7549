"""Reaches into a streamed answer for the deviations of streams."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from conformance.reference.answer import Frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.answer import Answer, Incoming, Respond

STREAMING = ("createChatCompletion", "generateStream")
DONE = "[DONE]"

Chunk = dict[str, Any]


def frames_of(answer: Answer, incoming: Incoming) -> list[Frame]:
    """Return the frames of a streamed chat answer, an empty list for any other answer."""
    return answer.frames or [] if incoming.operation in STREAMING and answer.status == 200 else []


def chunks_of(answer: Answer, incoming: Incoming) -> list[Chunk]:
    """Return the chunks of a streamed chat answer, to be changed in place."""
    return [frame.data for frame in frames_of(answer, incoming) if isinstance(frame.data, dict)]


def each_chunk(incoming: Incoming, respond: Respond, bend: Callable[[Chunk], object]) -> Answer:
    """Answer with each chunk bent in place."""
    answer = respond(incoming)
    for chunk in chunks_of(answer, incoming):
        bend(chunk)
    return answer


def each_choice(incoming: Incoming, respond: Respond, bend: Callable[[Chunk], object]) -> Answer:
    """Answer with each choice of each chunk bent in place."""
    return each_chunk(incoming, respond, lambda chunk: [bend(choice) for choice in chunk["choices"]])


def spliced(incoming: Incoming, respond: Respond, splice: Callable[[list[Frame]], list[Frame]]) -> Answer:
    """Answer with other frames instead of the stream's."""
    answer = respond(incoming)
    if found := frames_of(answer, incoming):
        answer.frames = splice(found)
    return answer


def written(incoming: Incoming, respond: Respond, write: Callable[[bytes], bytes]) -> Answer:
    """Answer with the bytes of each frame written otherwise; `write` is given its data."""

    def splice(frames: list[Frame]) -> list[Frame]:
        return [Frame(raw=write(text_of(frame)), delay=frame.delay) for frame in frames]

    return spliced(incoming, respond, splice)


def text_of(frame: Frame) -> bytes:
    """Return the data of a frame as the server would write it."""
    if isinstance(frame.data, str):
        return frame.data.encode()
    return json.dumps(frame.data, ensure_ascii=False, separators=(",", ":")).encode()


def copy_of(frame: Frame) -> Frame:
    """Return a frame that can be changed apart from the one given."""
    return copy.deepcopy(frame)
