"""Deviations of what the chunks of one choice say together, known from real servers and gateways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.deviations.registry import OPENAI_LIKE, breaks
from conformance.reference.deviations.streambending import chunks_of, copy_of, each_choice, frames_of, spliced
from conformance.reference.deviations.textstreams import of_text_alone

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Frame, Incoming, Respond
    from conformance.reference.deviations.streambending import Chunk


@breaks("stream.finish-values", apis=OPENAI_LIKE, bugs=("chk-finish-nonstandard",))
@of_text_alone
def stream_finishing_with_eos_token(incoming: Incoming, respond: Respond) -> Answer:
    """Says `eos_token` as the finish_reason of a stream."""

    def bend(choice: Chunk) -> None:
        if choice.get("finish_reason"):
            choice["finish_reason"] = "eos_token"

    return each_choice(incoming, respond, bend)


@breaks("stream.finish-values", apis=("cloud-temple", "genos", "neuroflash"), bugs=("chk-finish-empty-string",))
@breaks("stream.finish-values", apis=("openai",), weakly=True)
@of_text_alone
def stream_with_empty_finish_reasons(incoming: Incoming, respond: Respond) -> Answer:
    """Says an empty text as the finish_reason of each choice that goes on."""
    return each_choice(incoming, respond, lambda choice: choice.update(finish_reason=choice.get("finish_reason") or ""))


@breaks("stream.finish-once", apis=OPENAI_LIKE, bugs=("chk-finish-twice",))
@of_text_alone
def stream_finishing_twice(incoming: Incoming, respond: Respond) -> Answer:
    """Sends the chunk that ends a choice twice."""

    def splice(frames: list[Frame]) -> list[Frame]:
        return [each for frame in frames for each in ([frame, copy_of(frame)] if _ends(frame) else [frame])]

    return spliced(incoming, respond, splice)


def _ends(frame: Frame) -> bool:
    choices = frame.data["choices"] if isinstance(frame.data, dict) else []
    return any(choice.get("finish_reason") for choice in choices)


@breaks("stream.role-once", apis=OPENAI_LIKE, bugs=("chk-role-repeated",))
@of_text_alone
def stream_with_role_in_each_delta(incoming: Incoming, respond: Respond) -> Answer:
    """Says the role in each delta of a stream."""
    return each_choice(incoming, respond, lambda choice: choice["delta"].update(role="assistant"))


@breaks("stream.role-first", apis=("genos", "openai"), bugs=("chk-role-empty-null",))
@of_text_alone
def stream_with_empty_role(incoming: Incoming, respond: Respond) -> Answer:
    """Says an empty text as the role in each delta of a stream."""
    return each_choice(incoming, respond, lambda choice: choice["delta"].update(role=""))


@breaks("stream.role-first", apis=("genos", "openai"), bugs=("chk-role-empty-null",))
@of_text_alone
def stream_with_null_role(incoming: Incoming, respond: Respond) -> Answer:
    """Says null as the role in each delta of a stream."""
    return each_choice(incoming, respond, lambda choice: choice["delta"].update(role=None))


@breaks("stream.index", apis=OPENAI_LIKE, bugs=("chk-index-per-chunk",))
@of_text_alone
def stream_with_an_index_for_each_chunk(incoming: Incoming, respond: Respond) -> Answer:
    """Counts the chunks of a stream in the index of their choices."""
    answer = respond(incoming)
    for number, chunk in enumerate(chunks_of(answer, incoming)):
        for choice in chunk["choices"]:
            choice["index"] = number
    return answer


@breaks("stream.increments", apis=OPENAI_LIKE, bugs=("chk-cumulative",))
@of_text_alone
def stream_with_the_text_so_far(incoming: Incoming, respond: Respond) -> Answer:
    """Repeats in each delta the whole text so far."""
    said: dict[int, str] = {}

    def bend(choice: Chunk) -> None:
        if choice["delta"].get("content"):
            said[choice["index"]] = said.get(choice["index"], "") + choice["delta"]["content"]
            choice["delta"]["content"] = said[choice["index"]]

    return each_choice(incoming, respond, bend)


@breaks("stream.increments", apis=OPENAI_LIKE, bugs=("chk-duplicate-content",))
@of_text_alone
def stream_with_each_text_twice(incoming: Incoming, respond: Respond) -> Answer:
    """Sends each chunk that has content twice."""

    def splice(frames: list[Frame]) -> list[Frame]:
        return [each for frame in frames for each in ([frame, copy_of(frame)] if _text(frame) else [frame])]

    return spliced(incoming, respond, splice)


@breaks("stream.increments", apis=OPENAI_LIKE, bugs=("chk-duplicate-content",))
@of_text_alone
def stream_with_the_whole_text_at_its_end(incoming: Incoming, respond: Respond) -> Answer:
    """Repeats the whole text in one more delta before the end."""

    def splice(frames: list[Frame]) -> list[Frame]:
        speaking = [number for number, frame in enumerate(frames) if _text(frame)]
        if not speaking:
            return frames
        again = copy_of(frames[speaking[-1]])
        again.data["choices"][0]["delta"]["content"] = "".join(_text(frame) for frame in frames)
        return [*frames[: speaking[-1] + 1], again, *frames[speaking[-1] + 1 :]]

    return spliced(incoming, respond, splice)


def _text(frame: Frame) -> str:
    choices = frame.data["choices"] if isinstance(frame.data, dict) else []
    return str(choices[0]["delta"].get("content") or "") if choices else ""


@breaks("stream.whitespace", apis=OPENAI_LIKE, bugs=("chk-whitespace-dropped",))
@of_text_alone
def stream_of_stripped_texts(incoming: Incoming, respond: Respond) -> Answer:
    """Strips the white space before the text of each delta."""

    def bend(choice: Chunk) -> None:
        if choice["delta"].get("content"):
            choice["delta"]["content"] = choice["delta"]["content"].lstrip()

    return each_choice(incoming, respond, bend)


@breaks("stream.with-tools", apis=OPENAI_LIKE, bugs=("chk-tool-stream-collapsed",))
def stream_at_once_with_tools(incoming: Incoming, respond: Respond) -> Answer:
    """Sends the whole text in one delta where tools are offered."""
    answer = respond(incoming)
    found = frames_of(answer, incoming)
    speaking = [frame for frame in found if _text(frame)]
    if speaking and isinstance(incoming.json, dict) and incoming.json.get("tools"):
        speaking[0].data["choices"][0]["delta"]["content"] = "".join(_text(frame) for frame in speaking)
        answer.frames = [frame for frame in found if frame not in speaking[1:]]
    return answer
