"""Judges the log probabilities of chat answers, whole and streamed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from conformance.contract.model import Level
from conformance.judges import faults
from conformance.judges.bodies import bodies
from conformance.judges.outcome import Kept, NotApplicable, Unjudged
from conformance.judges.registry import judge
from conformance.judges.streams import chunks, has_end, is_error
from conformance.judges.values import MISSING, at, each, integer, number, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading
    from conformance.report import Finding

_SPARE = 1
"""Alternatives beyond those asked for: some servers add the token that was taken."""


@judge
def logprobs_given(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that an answer in words has log probabilities where they were asked for.

    Parameters: `streamed` says whether the row is about streams; there they are to be of most of the text.
    """
    for reading in _asked(row, evidence):
        if reading.asks_stream is not bool(row.params["streamed"]):
            continue
        if reading.refused or reading.status == 501:
            yield NotApplicable(f"the target does not offer log probabilities: status {reading.status}")
        elif not _came(reading) or not (text := _text(reading)):
            yield Unjudged("no request for log probabilities was answered in words")
        else:
            yield _covered(reading, len(text.encode("utf-8", "surrogatepass")))


def _covered(reading: Reading, written: int) -> Outcome:
    entries = [entry for _, entry in _entries(reading)]
    told = sum(_length(entry) for entry in entries)
    where = "body" if reading.is_stream else "/choices/0/logprobs"
    if not entries and not any(_is_odd(value) for _, value in _fields(reading)):
        return reading.finding("the log probabilities that were asked for are not given", "entries", "none", where)
    if entries and reading.is_stream and told * 2 < written:
        message = "most tokens of the stream have no log probability"
        return reading.finding(message, f"of about {written} bytes of text", f"of {told} bytes", where)
    return Kept(reading.exchange.id)


@judge
def logprobs_shaped(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the logprobs of a choice are null or an object whose content is a list or null."""
    for reading in _asked(row, evidence):
        found = [(where, value) for where, value in _fields(reading) if value is not None]
        odd = next(((where, value) for where, value in found if _is_odd(value)), None)
        if odd:
            message = "log probabilities are not in the shape of chat answers"
            yield reading.finding(message, "an object with a list content", shown(odd[1]), odd[0])
        elif found:
            yield Kept(reading.exchange.id)
        else:
            yield Unjudged("no answer has log probabilities")


def _is_odd(value: object) -> bool:
    """Tell whether logprobs are of another shape; null, and an object without content, say nothing."""
    if value is None:
        return False
    return not isinstance(value, dict) or "tokens" in value or not isinstance(value.get("content"), list | None)


@judge
def logprobs_entries(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that each log probability, and each of its alternatives, has a text and a finite number.

    Bytes are a list or null where they are given; that the alternatives are no list is only recommended against.
    """
    for reading in _asked(row, evidence):
        entries = _entries(reading)
        faulty = (fault for where, entry in entries if (fault := _entry_fault(reading, where, entry)))
        if not entries:
            yield Unjudged("no answer has log probabilities")
        else:
            yield next(faulty, Kept(reading.exchange.id))


def _entry_fault(reading: Reading, where: str, entry: object) -> Finding | None:
    others = at(entry, "/top_logprobs")
    rest = others if isinstance(others, list) else []
    for place, each_ in [(where, entry), *((f"{where}/top_logprobs/{i}", other) for i, other in enumerate(rest))]:
        if not isinstance(at(each_, "/token"), str):
            return reading.finding("a token is no text", "a text", shown(at(each_, "/token")), f"{place}/token")
        chance = number(at(each_, "/logprob"))
        if chance is None or not math.isfinite(chance):
            said = shown(at(each_, "/logprob"))
            return reading.finding("a log probability is no finite number", "a number", said, f"{place}/logprob")
        if not isinstance(raw := at(each_, "/bytes"), list) and raw is not None and raw is not MISSING:
            return reading.finding("the bytes of a token are no list", "a list or null", shown(raw), f"{place}/bytes")
    if not isinstance(others, list):
        place = f"{where}/top_logprobs"
        return reading.finding("the alternatives of a token are no list", "a list", shown(others), place, Level.SHOULD)
    return None


@judge
def logprobs_alternatives(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that there are alternatives where they were asked for, and no more than that."""
    for reading in _asked(row, evidence):
        asked = integer(reading.word("top_logprobs"))
        counts = [(where, len(o)) for where, e in _entries(reading) if isinstance(o := at(e, "/top_logprobs"), list)]
        if not asked or not 0 < asked <= 20 or not counts:
            yield Unjudged("no answer to a request for alternatives has log probabilities")
            continue
        where, most = max(counts, key=lambda each_: each_[1])
        if 0 < most <= asked + _SPARE:
            yield Kept(reading.exchange.id)
        else:
            message = "there are more alternatives than were asked for" if most else "no token has alternatives"
            yield reading.finding(message, f"1 to {asked}", str(most), f"{where}/top_logprobs")


def _asked(row: Requirement, evidence: Evidence) -> Iterator[Reading]:
    for reading in evidence.of(row):
        if reading.word("logprobs") is True and faults.well_headed(reading):
            yield reading


def _came(reading: Reading) -> bool:
    if not reading.succeeded or reading.is_stream is not reading.asks_stream or not has_end(reading):
        return False
    return not reading.is_stream or not any(is_error(chunk) for _, chunk in chunks(reading))


def _fields(reading: Reading) -> list[tuple[str, Any]]:
    return [
        (f"{where}{way}", value) for where, body in bodies(reading) for way, value in each(body, "/choices/*/logprobs")
    ]


def _entries(reading: Reading) -> list[tuple[str, Any]]:
    return [
        (f"{where}/content{way}", entry)
        for where, value in _fields(reading)
        for way, entry in each(at(value, "/content"), "/*")
    ]


def _length(entry: object) -> int:
    raw, token = at(entry, "/bytes"), at(entry, "/token")
    if isinstance(raw, list):
        return len(raw)
    return len(token.encode("utf-8", "surrogatepass")) if isinstance(token, str) else 0


def _text(reading: Reading) -> str:
    """Return the words of an answer, streamed or whole."""
    pointer = "/choices/*/delta/content" if reading.is_stream else "/choices/*/message/content"
    return "".join(text for _, body in bodies(reading) for _, text in each(body, pointer) if isinstance(text, str))
