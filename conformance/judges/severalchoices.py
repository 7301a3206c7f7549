"""Judges whether a request for several choices is answered with as many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.contract.model import Level
from conformance.judges import faults
from conformance.judges.answerfields import is_whole_answer
from conformance.judges.outcome import Kept, NotApplicable, Unjudged
from conformance.judges.registry import judge
from conformance.judges.streams import choices, chunks, has_end, is_error
from conformance.judges.values import at, integer, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading


@judge
def choices_counted(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a whole answer has as many choices as were asked for."""
    for reading, asked in _several(row, evidence):
        if reading.asks_stream:
            continue
        if reading.refused or reading.status == 501:
            yield NotApplicable(f"the target does not offer several choices: status {reading.status}")
        elif not is_whole_answer(reading):
            yield Unjudged("no request for several choices was answered")
        elif len(found := at(reading.answer, "/choices")) == asked:
            yield Kept(reading.exchange.id)
        else:
            message = "the answer has another number of choices than was asked for"
            yield reading.finding(message, f"{asked} choices", f"{len(found)} choices", "/choices")


@judge
def choices_streamed(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the chunks of several choices tell them apart: each index that was asked for, each ended once.

    That nothing but one choice is streamed is only recommended against.
    """
    for reading, asked in _several(row, evidence):
        if not reading.asks_stream:
            continue
        if reading.refused or reading.status == 501:
            yield NotApplicable(f"the target does not offer several choices in a stream: status {reading.status}")
        elif not reading.is_stream or not has_end(reading) or any(is_error(chunk) for _, chunk in chunks(reading)):
            yield Unjudged("no stream of several choices ran to its end")
        else:
            yield _told_apart(reading, asked)


def _told_apart(reading: Reading, asked: int) -> Outcome:
    found = [choice for _, chunk in chunks(reading) for choice in choices(chunk)]
    known = {index for choice in found if (index := integer(choice.get("index"))) is not None}
    if known >= set(range(asked)):
        return Kept(reading.exchange.id)
    ends = sum(isinstance(choice.get("finish_reason"), str) for choice in found)
    missing = sorted(set(range(asked)) - known)
    expected, actual = f"indices 0 to {asked - 1}", f"indices {shown(sorted(known))}"
    if ends > 1:
        return reading.finding("several choices are streamed under one index", expected, actual, "body")
    return reading.finding(f"choices {missing} are not streamed", expected, actual, "body", Level.SHOULD)


def _several(row: Requirement, evidence: Evidence) -> Iterator[tuple[Reading, int]]:
    for reading in evidence.of(row):
        asked = integer(reading.word("n"))
        if asked is not None and 1 < asked <= 128 and faults.well_headed(reading):
            yield reading, asked
