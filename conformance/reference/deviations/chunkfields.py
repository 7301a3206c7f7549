"""Deviations of the fields of chunks that are known from real servers and gateways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.answer import Frame
from conformance.reference.deviations.registry import OPENAI_LIKE, breaks
from conformance.reference.deviations.streambending import chunks_of, copy_of, each_choice, each_chunk, spliced
from conformance.reference.deviations.textstreams import of_text_alone

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.answer import Answer, Incoming, Respond
    from conformance.reference.deviations.streambending import Chunk

_OF_SHAPE = ("cloud-temple", "neuroflash", "openai")
"""The APIs whose schema of chunks knows the members of a delta."""


def _last(incoming: Incoming, respond: Respond, bend: Callable[[Chunk], object]) -> Answer:
    """Answer with each choice of the last chunk that has choices bent in place."""
    answer = respond(incoming)
    for chunk in [chunk for chunk in chunks_of(answer, incoming) if chunk["choices"]][-1:]:
        for choice in chunk["choices"]:
            bend(choice)
    return answer


def _third(incoming: Incoming, respond: Respond, bend: Callable[[Chunk], object]) -> Answer:
    """Answer with the third chunk bent in place, where others follow that have text or end the choice."""
    answer = respond(incoming)
    for chunk in chunks_of(answer, incoming)[:-2][2:3]:
        bend(chunk)
    return answer


@breaks("stream.chunk-shape", apis=OPENAI_LIKE, bugs=("chk-delta-null",))
@of_text_alone
def chunk_with_null_delta(incoming: Incoming, respond: Respond) -> Answer:
    """Says null as the delta of the last chunk."""
    return _last(incoming, respond, lambda choice: choice.update(delta=None))


@breaks("stream.chunk-shape", apis=OPENAI_LIKE, bugs=("chk-delta-missing",))
@of_text_alone
def chunk_without_delta(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the delta out of the last chunk."""
    return _last(incoming, respond, lambda choice: choice.pop("delta", None))


@breaks("stream.chunk-shape", apis=OPENAI_LIKE, bugs=("chk-choices-missing-null",))
@of_text_alone
def chunk_without_choices(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the choices out of one chunk."""
    return _third(incoming, respond, lambda chunk: chunk.pop("choices"))


@breaks("stream.chunk-shape", apis=OPENAI_LIKE, bugs=("chk-choices-missing-null",))
@of_text_alone
def chunk_with_null_choices(incoming: Incoming, respond: Respond) -> Answer:
    """Says null as the choices of one chunk."""
    return _third(incoming, respond, lambda chunk: chunk.update(choices=None))


@breaks("stream.chunk-shape", apis=OPENAI_LIKE, bugs=("chk-index-missing",))
@of_text_alone
def chunk_without_index(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the index out of the choices of a stream."""
    return each_choice(incoming, respond, lambda choice: choice.pop("index", None))


@breaks("stream.chunk-shape", apis=OPENAI_LIKE, bugs=("chk-object-missing",))
@of_text_alone
def chunk_without_object(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves `object` out of each chunk."""
    return each_chunk(incoming, respond, lambda chunk: chunk.pop("object"))


@breaks("stream.chunk-shape", apis=OPENAI_LIKE, bugs=("chk-model-missing",))
@of_text_alone
def chunk_without_model(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the model out of each chunk."""
    return each_chunk(incoming, respond, lambda chunk: chunk.pop("model"))


@breaks("stream.chunk-shape", apis=OPENAI_LIKE, bugs=("chk-created-type",))
@of_text_alone
def chunk_created_in_parts_of_a_second(incoming: Incoming, respond: Respond) -> Answer:
    """Says when a chunk was created as a number that is no integer."""
    return each_chunk(incoming, respond, lambda chunk: chunk.update(created=chunk["created"] + 0.25))


@breaks("stream.chunk-shape", apis=OPENAI_LIKE, bugs=("chk-created-type",))
@of_text_alone
def chunk_created_as_text(incoming: Incoming, respond: Respond) -> Answer:
    """Says when a chunk was created as a text."""
    return each_chunk(incoming, respond, lambda chunk: chunk.update(created=str(chunk["created"])))


@breaks("stream.created", apis=OPENAI_LIKE, bugs=("chk-created-type",))
@of_text_alone
def chunk_created_in_milliseconds(incoming: Incoming, respond: Respond) -> Answer:
    """Says when a chunk was created in milliseconds."""
    return each_chunk(incoming, respond, lambda chunk: chunk.update(created=chunk["created"] * 1000))


@breaks("stream.chunk-shape", apis=("cloud-temple", "neuroflash"), bugs=("chk-finish-key-missing",))
@breaks("stream.chunk-shape", apis=("genos", "openai"), weakly=True)
@of_text_alone
def chunk_without_finish_reason(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the finish_reason out of each choice that goes on."""

    def bend(choice: Chunk) -> None:
        if choice.get("finish_reason") is None:
            choice.pop("finish_reason", None)

    return each_choice(incoming, respond, bend)


@breaks("stream.chunk-shape", apis=_OF_SHAPE, bugs=("chk-content-array",))
@breaks("stream.client-loop", apis=("genos",))
@of_text_alone
def chunk_with_content_parts(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the content of deltas as a list of parts."""

    def bend(choice: Chunk) -> None:
        if choice["delta"].get("content"):
            choice["delta"]["content"] = [{"type": "text", "text": choice["delta"]["content"]}]

    return each_choice(incoming, respond, bend)


@breaks("stream.chunk-shape", apis=OPENAI_LIKE, bugs=("chk-completion-shape",))
@breaks("stream.role-first", apis=("genos", "openai"))
@of_text_alone
def chunk_of_a_text_completion(incoming: Incoming, respond: Respond) -> Answer:
    """Streams chat answers in the shape of text completions."""

    def bend(chunk: Chunk) -> None:
        chunk["object"] = "text_completion.chunk"
        for choice in chunk["choices"]:
            choice["text"] = choice.pop("delta").get("content") or ""

    return each_chunk(incoming, respond, bend)


@breaks("stream.delta-alone", apis=OPENAI_LIKE, bugs=("chk-message-in-chunk",))
@of_text_alone
def chunk_with_message_too(incoming: Incoming, respond: Respond) -> Answer:
    """Adds a message to each choice of a stream."""
    return each_choice(incoming, respond, lambda choice: choice.update(message=dict(choice["delta"])))


@breaks("stream.error-null", apis=OPENAI_LIKE, bugs=("chk-error-null",))
@of_text_alone
def chunk_with_null_error(incoming: Incoming, respond: Respond) -> Answer:
    """Says `error` null in each chunk."""
    return each_chunk(incoming, respond, lambda chunk: chunk.update(error=None))


@breaks("stream.choices-first", apis=OPENAI_LIKE, bugs=("chk-choices-empty-first",))
@breaks("stream.chunk-shape", apis=("cloud-temple", "genos", "neuroflash"))
@breaks("stream.client-loop", apis=("genos",))
@of_text_alone
def chunk_about_filters_first(incoming: Incoming, respond: Respond) -> Answer:
    """Begins a stream with a chunk without choices, as Azure OpenAI does."""
    filtered: dict[str, Any] = {"prompt_index": 0, "content_filter_results": {}}
    head = {"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": [filtered]}
    return spliced(incoming, respond, lambda frames: [Frame(head), *frames])


@breaks("stream.same-id", apis=OPENAI_LIKE, bugs=("chk-id-empty",))
@of_text_alone
def chunk_with_empty_id(incoming: Incoming, respond: Respond) -> Answer:
    """Says an empty text as the id of each chunk."""
    return each_chunk(incoming, respond, lambda chunk: chunk.update(id=""))


@breaks("stream.same-id", "stream.created", apis=OPENAI_LIKE, bugs=("chk-keepalive-fake-chunk",))
@breaks("stream.same-model", "stream.same-created", apis=("genos", "openai"))
@of_text_alone
def chunk_that_keeps_alive(incoming: Incoming, respond: Respond) -> Answer:
    """Keeps a stream alive with a chunk of another id, model and time."""

    def splice(frames: list[Frame]) -> list[Frame]:
        fake = copy_of(frames[-2])
        if isinstance(fake.data, dict):
            fake.data |= {"id": "chatcmpl-keepalive", "model": "keepalive", "created": 0}
            for choice in fake.data["choices"]:
                choice["finish_reason"] = None
        return [*frames[:2], fake, *frames[2:]]

    return spliced(incoming, respond, splice)
