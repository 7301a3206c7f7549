"""Judges the text that a stream's deltas make together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.exchange.model import Unseen
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.streams import chunks, deltas, streamed, was_busy
from conformance.judges.values import MISSING, at, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading
    from conformance.judges.streams import Delta
    from conformance.report import Finding

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_OTHERWISE = ("tools", "response_format", "n", "logprobs", "stream_options")
"""Words of requests for more than the text of one answer, which may be streamed in another way."""
_SAID = ("content", "reasoning_content", "reasoning", "refusal")


@judge
def stream_characters_whole(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """No character of a stream is broken: no bytes that are not UTF-8, no U+FFFD, no lone surrogates."""
    for reading in streamed(row, evidence):
        if not reading.stream.events:
            yield Unjudged("the stream has no event")
            continue
        if Unseen.TEXT in reading.exchange.unseen:
            yield Unjudged("the recording keeps the text, not its bytes")
            continue
        yield _broken_bytes(reading) or _lone_surrogate(reading) or _replaced(reading) or Kept(reading.exchange.id)


def _broken_bytes(reading: Reading) -> Finding | None:
    broken = reading.stream.invalid_utf8
    event = next((event.number for event in reading.stream.events if not event.is_utf8), 0)
    where = f"event {event}" if event else "lines"
    actual = f"{broken} line(s) of other bytes"
    return reading.finding("a stream is not UTF-8", "UTF-8", actual, where) if broken else None


def _lone_surrogate(reading: Reading) -> Finding | None:
    if rb"\ud" in reading.exchange.request.body.lower():
        return None  # it may be ours, sent back
    for event, text in reading.event_texts:
        if text.lone_surrogates:
            where = f"event {event.number} {text.lone_surrogates[0]}"
            return reading.finding("a text has half of a surrogate pair", "whole characters", shown(event.data), where)
    return None


def _replaced(reading: Reading) -> Finding | None:
    if _REPLACEMENT.encode() in reading.exchange.request.body or rb"\ufffd" in reading.exchange.request.body.lower():
        return None
    found = deltas(reading)
    for delta in found:
        broken = next((text for text in delta.texts if _REPLACEMENT in text), "")
        if broken and not _cut_by_cap(delta, found):
            where = f"event {delta.number}, choice {delta.index}"
            return reading.finding("a text has a replacement character", "whole characters", shown(broken), where)
    return None


def _cut_by_cap(delta: Delta, found: list[Delta]) -> bool:
    """Tell whether it is the end of a choice that the token cap cut: a token may be less than a character."""
    choice = [each for each in found if each.index == delta.index]
    capped = any(each.finish == "length" for each in choice)
    goes_on = any(each.number > delta.number and each.adds for each in choice)
    return capped and not goes_on and all(text.find(_REPLACEMENT) == len(text) - 1 for text in delta.texts)


@judge
def stream_has_text(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """The deltas of a stream make an answer where the unstreamed answer to the same prompt, or any plain one, does."""
    whole = [reading for reading in evidence.readings if _asks_for_text(reading) and _is_answer(reading)]
    for name in row.operations:
        found = [r for r in streamed(row, evidence) if r.operation and r.operation.id == name and r.whole]
        judged = [r for r in found if chunks(r) and not was_busy(r) and _asks_for_text(r)]
        saying = [reading for reading in judged if any(delta.adds for delta in deltas(reading))]
        silent = next((r for r in judged if any(_says_something(other) for other in _comparable(r, whole))), None)
        if saying:
            yield from (Kept(reading.exchange.id) for reading in saying)
        elif silent is None:
            yield Unjudged("no stream of chunks, or no unstreamed answer with text to compare with")
        else:
            message = "the deltas make no text, though the unstreamed answer has one"
            yield silent.finding(message, "a text that is not empty", "no content in any delta", "deltas")


def _asks_for_text(reading: Reading) -> bool:
    return all(reading.word(name) is MISSING for name in _OTHERWISE)


def _is_answer(reading: Reading) -> bool:
    return reading.succeeded and not reading.is_stream and isinstance(at(reading.answer, "/choices/0"), dict)


def _comparable(reading: Reading, whole: list[Reading]) -> list[Reading]:
    """Return the unstreamed answers to the same prompt; where there are none, all of operations of the same kind."""
    alike = [other for other in whole if _kind(other) == _kind(reading)]
    return [other for other in alike if _prompt(other) == _prompt(reading)] or alike


def _kind(reading: Reading) -> str:
    return reading.operation.kind if reading.operation else ""


def _prompt(reading: Reading) -> tuple[object, object]:
    return reading.word("messages"), reading.word("prompt")


def _says_something(reading: Reading) -> bool:
    choice = at(reading.answer, "/choices/0")
    return bool(at(choice, "/text")) or any(at(choice, f"/message/{name}") for name in _SAID)
