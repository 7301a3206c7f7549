"""Legal variations of streams: what servers do differently, and no reference forbids."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from conformance.reference.answer import Frame
from conformance.reference.deviations.registry import OPENAI_LIKE, breaks
from conformance.reference.deviations.streambending import each_choice, each_chunk, spliced, written

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond
    from conformance.reference.deviations.streambending import Chunk

_NO_LOOP = ("cloud-temple", "neuroflash", "openai")
"""The APIs that document no client which prints each delta's content."""


def _text(frame: Frame) -> str:
    choices = frame.data["choices"] if isinstance(frame.data, dict) else []
    return str(choices[0]["delta"].get("content") or "") if len(choices) == 1 else ""


def _plain(frame: Frame) -> bool:
    """Tell whether a frame has text of the first choice, and no probabilities of its tokens."""
    return bool(_text(frame)) and not frame.data["choices"][0].get("logprobs") and not frame.data["choices"][0]["index"]


@breaks(apis=("cloud-temple", "neuroflash", "openai"))
def legal_finish_with_content(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: says the finish_reason on the chunk of the last content."""

    def splice(frames: list[Frame]) -> list[Frame]:
        for number, (frame, following) in enumerate(pairwise(frames)):
            if _plain(frame) and isinstance(following.data, dict) and following.data["choices"]:
                end = following.data["choices"][0]
                if end.get("finish_reason") and not end["delta"]:
                    frame.data["choices"][0]["finish_reason"] = end["finish_reason"]
                    return [*frames[: number + 1], *frames[number + 2 :]]
        return frames

    return spliced(incoming, respond, splice)


@breaks(apis=OPENAI_LIKE)
def legal_several_tokens_a_delta(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: sends the content of two tokens in one delta."""

    def splice(frames: list[Frame]) -> list[Frame]:
        kept: list[Frame] = []
        waiting: Frame | None = None
        for frame in frames:
            if waiting is not None and _plain(frame):
                waiting.data["choices"][0]["delta"]["content"] += _text(frame)
                waiting = None
                continue
            waiting = frame if _plain(frame) else None
            kept.append(frame)
        return kept

    return spliced(incoming, respond, splice)


@breaks(apis=OPENAI_LIKE)
def legal_role_alone_first(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: begins a stream with a role and no content."""

    def bend(choice: Chunk) -> None:
        if choice["delta"].get("role") and not choice["delta"].get("content"):
            choice["delta"].pop("content", None)

    return each_choice(incoming, respond, bend)


@breaks(apis=_NO_LOOP)
def legal_null_delta_members(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: writes null for what a delta does not add."""

    def bend(choice: Chunk) -> None:
        empty = {"content": None, "refusal": None, "reasoning_content": None}
        choice["delta"] = {**empty, **choice["delta"]}

    return each_choice(incoming, respond, bend)


@breaks(apis=OPENAI_LIKE)
def legal_empty_deltas_between(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: sends chunks that add nothing."""

    def splice(frames: list[Frame]) -> list[Frame]:
        return [each for frame in frames for each in (*_nothing_before(frame), frame)]

    return spliced(incoming, respond, splice)


def _nothing_before(frame: Frame) -> list[Frame]:
    if not _plain(frame):
        return []
    choice = {**frame.data["choices"][0], "delta": {"content": ""}, "finish_reason": None}
    return [Frame({**frame.data, "choices": [choice]})]


@breaks(apis=OPENAI_LIKE)
def legal_obfuscation(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: pads chunks with random text, as OpenAI does."""
    return each_chunk(incoming, respond, lambda chunk: chunk.update(obfuscation="x7Kq", service_tier="default"))


@breaks(apis=OPENAI_LIKE)
def legal_vendor_members(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: adds what vLLM, SGLang and Groq add to chunks and choices."""

    def bend(chunk: Chunk) -> None:
        chunk["x_groq"] = {"id": "req_1"}
        for choice in chunk["choices"]:
            choice |= {"matched_stop": None, "token_ids": None, "native_finish_reason": choice.get("finish_reason")}

    return each_chunk(incoming, respond, bend)


@breaks(apis=OPENAI_LIKE)
def legal_blank_lines_between_events(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: puts two blank lines more between events."""
    return written(incoming, respond, lambda data: b"data: " + data + b"\n\n\n\n")


@breaks(apis=OPENAI_LIKE)
def legal_spaced_json_chunks(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: writes white space around the JSON of chunks."""

    def write(data: bytes) -> bytes:
        return b"data: " + (data if data == b"[DONE]" else b" " + data + b" ") + b"\n\n"

    return written(incoming, respond, write)
