"""Reads the streams of a requirement's operations: their chunks and the deltas in them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from conformance.exchange.model import Ending
from conformance.judges.reading import once
from conformance.judges.values import integer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.exchange.eventstream import Event
    from conformance.judges.evidence import Evidence
    from conformance.judges.reading import Reading

DONE = "[DONE]"

_TEXT = ("content", "reasoning_content", "reasoning", "refusal")
_CALLS = ("tool_calls", "function_call")
_BUSY = ("rate", "429", "503", "overload", "unavailable", "busy", "capacity")


@dataclass(frozen=True)
class Delta:
    """One choice of one chunk: the event's number and arrival (seconds), the choice's index, what it adds."""

    number: int
    at: float
    index: int
    fields: dict[str, Any]
    finish: Any

    @property
    def texts(self) -> list[str]:
        """The texts that it adds: content, reasoning or refusal."""
        return [text for name in _TEXT if isinstance(text := self.fields.get(name), str) and text]

    @property
    def adds(self) -> bool:
        """Whether it adds anything to the answer: text, of whatever type, or a part of a tool call."""
        return any(self.fields.get(name) for name in (*_TEXT, *_CALLS))

    @property
    def finishes(self) -> bool:
        """Whether it says why the choice ended; an empty text says nothing."""
        return isinstance(self.finish, str) and bool(self.finish)


def streamed(row: Requirement, evidence: Evidence) -> Iterator[Reading]:
    """Yield the readings of a requirement's operations that asked for a stream and got one."""
    for reading in evidence.of(row):
        if reading.asks_stream and reading.is_stream:
            yield reading


def chat_streamed(row: Requirement, evidence: Evidence) -> Iterator[Reading]:
    """Yield the streams of a requirement's operations, without those of text completions, which have no deltas."""
    for reading in streamed(row, evidence):
        if reading.operation and reading.operation.kind != "completion":
            yield reading


def is_closing(data: str) -> bool:
    """Tell whether an event's data is `[DONE]`, or a slip of it such as `[done]` or `DONE`."""
    return data.strip().strip('"[]').strip().lower() == "done"


def broke_off(reading: Reading) -> bool:
    """Tell whether the target ended the response before its framing said so, and before it said `[DONE]`."""
    return reading.exchange.ending is Ending.CUT_SHORT and all(e.data != DONE for e in reading.stream.events)


def has_end(reading: Reading) -> bool:
    """Tell whether the stream ran to its end, so that its end can be judged."""
    return reading.whole or (
        reading.exchange.ending is Ending.CUT_SHORT and any(e.data == DONE for e in reading.stream.events)
    )


@once
def chunks(reading: Reading) -> list[tuple[Event, Any]]:
    """Return the events that are JSON texts with their values, up to `[DONE]`: clients read no further.

    What is meant as `[DONE]` is left out.
    """
    read = takewhile(lambda each: each[0].data != DONE, reading.event_texts)
    return [(event, text.value) for event, text in read if text.ok and not is_closing(event.data)]


@once
def deltas(reading: Reading) -> list[Delta]:
    """Return every choice of every chunk that can be read as one, in order.

    A choice without an index, or with one that was not asked for, is read as the first.
    """
    asked = choices_asked(reading)
    return [
        Delta(event.number, event.at, _index(choice, asked), _added(choice), choice.get("finish_reason"))
        for event, chunk in chunks(reading)
        for choice in choices(chunk)
    ]


def choices_asked(reading: Reading) -> int:
    """Return the number of choices that a request asks for: n, for each of its prompts."""
    prompt = reading.word("prompt")
    several = isinstance(prompt, list) and bool(prompt) and isinstance(prompt[0], str | list)
    return max(1, integer(reading.word("n")) or 1) * (len(prompt) if several else 1)


def choices(chunk: object) -> list[dict[str, Any]]:
    """Return the choices of a chunk that are objects."""
    found = chunk.get("choices") if isinstance(chunk, dict) else None
    return [choice for choice in found if isinstance(choice, dict)] if isinstance(found, list) else []


def _index(choice: dict[str, Any], asked: int) -> int:
    index = integer(choice.get("index")) or 0
    return index if 0 <= index < asked else 0


def _added(choice: dict[str, Any]) -> dict[str, Any]:
    """Return the delta of a choice; a text completion's choice has its text where a chat's has a delta."""
    delta = choice.get("delta")
    if isinstance(delta, dict):
        return delta
    return {"content": choice["text"]} if isinstance(choice.get("text"), str) else {}


def is_error(chunk: object) -> bool:
    """Tell whether a chunk is an error that the target raised after the stream began."""
    return isinstance(chunk, dict) and bool(chunk.get("error")) and not chunk.get("choices")


def is_prelude(chunk: object) -> bool:
    """Tell whether a chunk says nothing of the answer yet: no choices, an empty id (Azure, prompt_filter_results)."""
    return isinstance(chunk, dict) and chunk.get("choices") == [] and chunk.get("id") == ""


def is_busy(chunk: object) -> bool:
    """Tell whether a chunk is an error that says that the target is busy."""
    return isinstance(chunk, dict) and is_error(chunk) and any(word in str(chunk["error"]).lower() for word in _BUSY)


def was_busy(reading: Reading) -> bool:
    """Tell whether the stream was ended by a busy target."""
    return any(is_busy(chunk) for _, chunk in chunks(reading))
