"""Judges whether a text has the same vector in every answer: in any place of a batch, in any coding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.judges.embeddingsreading import asked, decoded, floats, inputs, likeness, unpacked, vectors
from conformance.judges.outcome import Kept, NotApplicable
from conformance.judges.registry import judge
from conformance.judges.values import MISSING, at, integer, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

_ALIKE = 0.999
"""The least cosine of two vectors of one text: what is computed in another batch may differ a little."""
_KIN = 0.5
"""The least cosine of two vectors of one text that were computed apart; other bytes than the vector's have none."""
_UNLIKE = 0.98
"""The cosine below which two vectors cannot be of one text."""

_Placed = dict[str, list[float]]


@judge
def embedding_order(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that no text of a batch has the vector that another of its texts has, by what other answers say."""
    answers = [(reading, placed) for reading in asked(row, evidence) if (placed := _placed(reading))]
    compared = False
    for reading, placed in answers:
        others = [other for known, other in answers if known is not reading]
        for text in placed if len(placed) > 1 else ():
            found = [_misplaced(text, placed, other[text]) for other in others if text in other]
            compared = compared or bool(found)
            if wrong := next(filter(None, found), None):
                message = "a vector has the index of another text"
                yield reading.finding(
                    message, f"the vector of {shown(text, 60)}", f"that of {shown(wrong, 60)}", "/data"
                )
                break
        else:
            if len(placed) > 1 and any(text in other for other in others for text in placed):
                yield Kept(reading.exchange.id)
    if not compared:
        yield NotApplicable("no text has a vector in two answers, one of them to several texts")


def _placed(reading: Reading) -> _Placed:
    """Return the vector of each text of a request, found by its index; none where the length was asked for."""
    texts, data = inputs(reading), vectors(reading)
    if len(texts) != len(data) or reading.word("dimensions") is not MISSING or not all(texts):
        return {}
    numbers = [integer(at(reading.answer, f"/data/{place}/index")) for place in range(len(data))]
    places = (
        [n for n in numbers if n is not None] if sorted(map(str, numbers)) == _counted(len(data)) else range(len(data))
    )
    found = [(texts[place], floats(vector)) for place, vector in zip(places, data, strict=True)]
    return {text: vector for text, vector in found if vector}


def _counted(length: int) -> list[str]:
    return sorted(map(str, range(length)))


def _misplaced(text: str, placed: _Placed, known: list[float]) -> str:
    """Return the text whose place has the known vector of this text, where its own place clearly has not."""
    if likeness(placed[text], known) >= _UNLIKE:
        return ""
    return next((other for other in placed if other != text and likeness(placed[other], known) >= _ALIKE), "")


@judge
def base64_has_floats(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that base64 vectors are 32-bit floats, lowest byte first, and those of the same text alone in numbers."""
    readings = list(asked(row, evidence))
    alone = (placed for r in readings if not _is_coded(r) and len(placed := _placed(r)) == 1)
    known = {text: vector for placed in alone for text, vector in placed.items()}
    for reading in filter(_is_coded, readings):
        for place, (text, vector) in enumerate(zip(inputs(reading), vectors(reading), strict=False)):
            if isinstance(vector, str):
                wrong = _miscoded(vector, known.get(text) if reading.word("dimensions") is MISSING else None)
                where = f"/data/{place}/embedding"
                said = shown(vector, 60)
                yield reading.finding(wrong, _EXPECTED, said, where) if wrong else Kept(reading.exchange.id)
    yield NotApplicable("no vector came in base64")


_EXPECTED = "base64 of the same 32-bit floats, lowest byte first"


def _is_coded(reading: Reading) -> bool:
    return bool(reading.word("encoding_format") == "base64")


def _miscoded(text: str, known: list[float] | None) -> str:
    """Return what is wrong with a base64 vector, or an empty text."""
    content = decoded(text)
    if content is None:
        return "the vector is no base64 with padding, in the standard alphabet"
    found = unpacked(text)
    if known is None:
        return "" if found else "the bytes are no finite 32-bit floats"
    if found and likeness(found, known) >= _KIN:
        return ""  # the same text may get a somewhat other vector from one request to the next
    return next((said for said, order, size in _SLIPS if _alike(unpacked(text, order, size), known)), _OTHER)


_SLIPS = (("the floats have their highest byte first", ">", 4), ("the floats have 64 bits", "<", 8))
_OTHER = "the bytes are other numbers than the list of numbers has"


def _alike(found: list[float] | None, known: list[float]) -> bool:
    return found is not None and likeness(found, known) >= _ALIKE
