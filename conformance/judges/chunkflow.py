"""Judges what the chunks of one choice say together: once its role, once its end, each text once."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from conformance.contract.model import Level
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.streams import chat_streamed, choices_asked, chunks, deltas, streamed, was_busy
from conformance.judges.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading
    from conformance.judges.streams import Delta
    from conformance.report import Finding

_ENOUGH = 4
"""Texts that must repeat, so that no model can have meant it."""
_VARIED = 3
"""Different texts among the repeated ones: a model may well say `ha ha ha ha`."""


@judge
def stream_finish_values(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Every finish_reason that is a text is a documented one; an empty text is a fault that clients mostly survive.

    Parameters: `values` are the documented ones.
    """
    values = list(row.params["values"])
    for reading in streamed(row, evidence):
        failed = {event.number for event, chunk in chunks(reading) if isinstance(chunk, dict) and chunk.get("error")}
        found = [delta for delta in deltas(reading) if delta.number not in failed]
        wrong = [delta for delta in found if isinstance(delta.finish, str) and delta.finish not in values]
        if not found:
            yield Unjudged("the stream has no choice")
        elif wrong:
            worst = next((delta for delta in wrong if delta.finish), wrong[0])
            yield reading.finding(
                "a finish_reason is none of the documented ones",
                f"null, or one of {', '.join(values)}",
                shown(worst.finish),
                _where(worst),
                None if worst.finish else Level.SHOULD,
            )
        else:
            yield Kept(reading.exchange.id)


@judge
def stream_finish_once(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A choice has no second finish_reason; a choice that goes on after its first is another promise's."""
    for reading in streamed(row, evidence):
        found = _choices(reading)
        if not found or was_busy(reading) or _mixed(reading):
            yield Unjudged("the stream has no choice whose end can be told")
            continue
        again = next((twice for choice in found.values() if (twice := _finished_again(choice))), None)
        if again:
            message = "a choice says twice why it ended"
            yield reading.finding(message, "one finish_reason", shown(again.finish), _where(again))
        else:
            yield Kept(reading.exchange.id)


def _finished_again(choice: list[Delta]) -> Delta | None:
    ends = [delta for delta in choice if delta.finishes]
    if len(ends) < 2 or any(delta.adds and delta.number > ends[0].number for delta in choice):
        return None
    return ends[1]


@judge
def stream_role_once(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """No delta but the first of its choice has a role; one that is null is only noted, as clients read it as absent."""
    for reading in chat_streamed(row, evidence):
        found = _choices(reading)
        if not found or _mixed(reading):
            yield Unjudged("the stream has no choice whose deltas can be told apart")
            continue
        again = [delta for choice in found.values() for delta in _roles_again(choice)]
        if again:
            worst = next((delta for delta in again if delta.fields["role"] is not None), again[0])
            message = "a delta that is not the first has a role, which accumulators add to the first one"
            level = Level.MAY if worst.fields["role"] is None else None
            yield reading.finding(message, "no role", shown(worst.fields["role"]), _where(worst), level)
        else:
            yield Kept(reading.exchange.id)


def _roles_again(choice: list[Delta]) -> list[Delta]:
    """Return the later deltas of a choice with a role; an empty one counts only after a proper first."""
    begins = bool(choice[0].fields.get("role"))
    return [delta for delta in choice[1:] if delta.fields.get("role") or (begins and "role" in delta.fields)]


@judge
def stream_increments(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """No choice's deltas hold the text so far, come twice each, or end with the whole text once more."""
    for reading in streamed(row, evidence):
        spoken = [[d.fields["content"] for d in c if _says(d)] for c in _choices(reading).values()]
        long_enough = [texts for texts in spoken if len(texts) >= _ENOUGH]
        if not long_enough or _mixed(reading):
            yield Unjudged("no choice has enough deltas to tell")
            continue
        yield next((f for texts in long_enough if (f := _repeated(reading, texts))), Kept(reading.exchange.id))


def _repeated(reading: Reading, texts: list[str]) -> Finding | None:
    grows = len(set(texts)) >= _VARIED and all(b.startswith(a) for a, b in pairwise(texts))
    firsts, seconds = texts[::2], texts[1::2]
    pairs = firsts[: len(seconds)] == seconds  # the last text may come with the end of its choice, which comes once
    doubled = len(seconds) >= _ENOUGH and pairs and len(set(seconds)) >= _VARIED
    whole = "".join(texts[:-1])
    summed = len(set(texts)) >= _ENOUGH and texts[-1] == whole
    if not (grows or doubled or summed):
        return None
    message = (
        "each delta repeats the text so far"
        if grows
        else "each delta comes twice"
        if doubled
        else "the last delta repeats the whole text"
    )
    return reading.finding(message, "what is new in each delta", shown(texts[-4:]), "deltas")


def _says(delta: Delta) -> bool:
    return isinstance(delta.fields.get("content"), str) and bool(delta.fields["content"])


def _choices(reading: Reading) -> dict[int, list[Delta]]:
    found: dict[int, list[Delta]] = {}
    for delta in deltas(reading):
        found.setdefault(delta.index, []).append(delta)
    return found


def _mixed(reading: Reading) -> bool:
    """Tell whether choices that were asked for may stand under one index, which is another promise's to judge."""
    return choices_asked(reading) > 1 and len(_choices(reading)) < 2


def _where(delta: Delta) -> str:
    return f"event {delta.number}, choice {delta.index}"
