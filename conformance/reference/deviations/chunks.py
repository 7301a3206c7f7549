"""Deviations of the chunks of a stream."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from conformance.reference.answer import Frame
from conformance.reference.deviations.chat import sent
from conformance.reference.deviations.registry import ALL_APIS, OPENAI_LIKE, breaks
from conformance.reference.deviations.streambending import chunks_of, copy_of, each_choice, each_chunk, spliced, written
from conformance.reference.deviations.textstreams import of_text_alone

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond
    from conformance.reference.deviations.streambending import Chunk


@breaks("stream.same-id", apis=ALL_APIS, bugs=("chk-id-varies",))
@of_text_alone
def stream_with_an_id_for_each_chunk(incoming: Incoming, respond: Respond) -> Answer:
    """Gives each chunk of a stream an id of its own."""
    answer = respond(incoming)
    for number, chunk in enumerate(chunks_of(answer, incoming)):
        chunk["id"] = f"{chunk['id']}-{number}"
    return answer


@breaks("stream.same-id", apis=ALL_APIS, bugs=("chk-id-empty",))
@of_text_alone
def stream_with_the_same_id_each_time(incoming: Incoming, respond: Respond) -> Answer:
    """Gives all streams the same id."""
    return each_chunk(incoming, respond, lambda chunk: chunk.update(id="chatcmpl-stream"))


@breaks("stream.same-id", "stream.chunk-shape", apis=ALL_APIS, bugs=("chk-id-empty",))
@of_text_alone
def stream_without_id(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the id out of each chunk."""
    return each_chunk(incoming, respond, lambda chunk: chunk.pop("id"))


@breaks("stream.chunk-shape", apis=ALL_APIS, bugs=("chk-delta-missing",))
@of_text_alone
def stream_with_messages_for_deltas(incoming: Incoming, respond: Respond) -> Answer:
    """Calls one delta of a stream `message`."""
    answer = respond(incoming)
    for chunk in chunks_of(answer, incoming)[2:3]:
        for choice in chunk["choices"]:
            choice["message"] = choice.pop("delta")
    return answer


@breaks("stream.chunk-shape", apis=OPENAI_LIKE, bugs=("chk-object-wrong",))
@of_text_alone
def stream_of_whole_objects(incoming: Incoming, respond: Respond) -> Answer:
    """Calls each chunk's object `chat.completion`."""
    return each_chunk(incoming, respond, lambda chunk: chunk.update(object="chat.completion"))


@breaks("stream.chunk-shape", apis=("genos",), weakly=True)
@of_text_alone
def stream_without_stop_reason(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves `logprobs` and `stop_reason` out of the choices of a stream."""
    return each_choice(incoming, respond, lambda choice: (choice.pop("logprobs"), choice.pop("stop_reason")))


@breaks(
    "stream.client-loop", "usage.prompt-steady", "usage.unasked", apis=("genos",), bugs=("chk-choices-empty-usage",)
)
@breaks("stream.chunk-shape", apis=("multi-llm",), weakly=True)
@of_text_alone
def stream_with_usage_apart(incoming: Incoming, respond: Respond) -> Answer:
    """Sends the usage in a last chunk that has no choices."""

    def splice(frames: list[Frame]) -> list[Frame]:
        last, used = copy_of(frames[-2]), sent(incoming).get("max_tokens", 9)
        last.data |= {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": used, "total_tokens": 9 + used}}
        last.delay = 0.0
        return [*frames[:-1], last, frames[-1]]

    return spliced(incoming, respond, splice)


@breaks("stream.client-loop", apis=("genos",), bugs=("chk-content-null-vs-missing",))
@of_text_alone
def stream_with_null_content(incoming: Incoming, respond: Respond) -> Answer:
    """Says `content` null in the first and the last delta of a stream."""
    answer = respond(incoming)
    for chunk in chunks_of(answer, incoming):
        for choice in chunk["choices"]:
            choice["delta"]["content"] = choice["delta"].get("content") or None
    return answer


@breaks("stream.same-model", apis=("genos", "openai"))
@of_text_alone
def stream_with_another_model(incoming: Incoming, respond: Respond) -> Answer:
    """Names another model from the second chunk of a stream on."""
    answer = respond(incoming)
    for chunk in chunks_of(answer, incoming)[1:]:
        chunk["model"] = "served"
    return answer


@breaks("stream.same-created", apis=("genos", "openai"), bugs=("chk-created-varies",))
@of_text_alone
def stream_with_a_clock(incoming: Incoming, respond: Respond) -> Answer:
    """Gives each chunk the time at which it was made."""
    answer = respond(incoming)
    for number, chunk in enumerate(chunks_of(answer, incoming)):
        chunk["created"] += number // 4
    return answer


@breaks("stream.role-first", apis=("genos", "openai"), bugs=("chk-role-missing",))
@of_text_alone
def stream_without_role(incoming: Incoming, respond: Respond) -> Answer:
    """Never says the role in a stream."""
    return each_choice(incoming, respond, lambda choice: choice["delta"].pop("role", None))


@breaks("stream.finish-last", apis=OPENAI_LIKE, bugs=("chk-finish-never",))
@of_text_alone
def stream_without_finish_reason(incoming: Incoming, respond: Respond) -> Answer:
    """Says null as the finish_reason of every chunk."""
    return each_choice(incoming, respond, lambda choice: choice.update(finish_reason=None))


@breaks("stream.finish-last", apis=OPENAI_LIKE)
@of_text_alone
def stream_finishing_early(incoming: Incoming, respond: Respond) -> Answer:
    """Says the finish_reason on a chunk in the middle of the text."""
    answer = respond(incoming)
    found = chunks_of(answer, incoming)
    for chunk in found[:-1][3:4]:
        chunk["choices"][0]["finish_reason"] = "stop"
    return answer


@breaks("stream.finish-last", apis=OPENAI_LIKE)
@of_text_alone
def stream_finishing_always(incoming: Incoming, respond: Respond) -> Answer:
    """Says a finish_reason on every chunk."""
    return each_choice(incoming, respond, lambda choice: choice.update(finish_reason="stop"))


@breaks("stream.equals-whole", apis=ALL_APIS)
@of_text_alone
def stream_of_empty_deltas(incoming: Incoming, respond: Respond) -> Answer:
    """Streams deltas whose content is empty."""

    def emptied(choice: Chunk) -> None:
        if "content" in choice["delta"]:
            choice["delta"]["content"] = ""

    return each_choice(incoming, respond, emptied)


@breaks(
    "stream.utf8-boundaries",
    apis=ALL_APIS,
    bugs=(
        "sse-utf8-token-split",
        "sse-utf8-gateway-corrupt",
    ),
)
@of_text_alone
def stream_decoded_in_pieces(incoming: Incoming, respond: Respond) -> Answer:
    """Decodes the bytes of a character apart, so that replacement characters are streamed."""
    return each_choice(incoming, respond, _replaced)


def _replaced(choice: Chunk) -> None:
    content = choice["delta"].get("content") or ""
    if not content.isascii():
        choice["delta"]["content"] = "".join(c if c.isascii() else "\ufffd" * len(c.encode()) for c in content)


@breaks("stream.utf8-boundaries", apis=ALL_APIS, bugs=("sse-invalid-utf8",))
@of_text_alone
def stream_in_another_charset(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the bytes of a stream in a charset that is not UTF-8."""
    return written(incoming, respond, lambda data: b"data: " + data.decode().encode("gb18030") + b"\n\n")


@breaks("stream.utf8-boundaries", apis=ALL_APIS, bugs=("sse-lone-surrogate",))
@of_text_alone
def stream_with_lone_surrogates(incoming: Incoming, respond: Respond) -> Answer:
    r"""Splits a character outside the BMP into two `\u` escapes in two deltas."""

    def splice(frames: list[Frame]) -> list[Frame]:
        found: list[Frame] = []
        for frame in frames:
            found += _split(frame)
        return found

    return spliced(incoming, respond, splice)


def _split(frame: Frame) -> list[Frame]:
    text = json.dumps(frame.data) if isinstance(frame.data, dict) else ""
    content = frame.data["choices"][0]["delta"].get("content", "") if text and frame.data["choices"] else ""
    wide = next((c for c in content if ord(c) > 0xFFFF), "")
    if not wide:
        return [frame]
    high, low = json.dumps(wide)[1:7], json.dumps(wide)[7:13]
    halves = []
    for half in (high, low):
        data = text.replace(json.dumps(content), f'"{half}"')
        halves.append(Frame(raw=b"data: " + data.encode() + b"\n\n", delay=frame.delay))
    return halves
