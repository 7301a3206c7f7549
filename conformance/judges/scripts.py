"""Judges whether text in any script survives the way there and back."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from conformance.contract.model import Level
from conformance.exchange.model import Unseen
from conformance.judges.acceptance import accepts
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import at, integer, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading
    from conformance.report import Finding

_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_SURE = 4
"""Bytes of UTF-8 from which on its misreading is no coincidence."""


@judge
def scripts_survive(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    r"""Non-ASCII text is accepted, as it is and in `\u` escapes, and what comes back was not decoded wrongly.

    Parameters: `features` and `also` as in `accepts`; `prompt_tokens` points to the count of tokens sent, which is
    the same for both forms (a should).
    """
    yield from accepts(row, evidence)
    concerned = [r for r in evidence.of(row) if _sends_scripts(r) and r.succeeded and not r.is_stream]
    for reading in concerned:
        if Unseen.TEXT in reading.exchange.unseen:
            yield Unjudged("the recording keeps the text, not its bytes")
        elif reading.whole and reading.answer_text.ok:
            yield next(_broken(reading), None) or Kept(reading.exchange.id)
    yield from _counted_alike(row, concerned)


def _sends_scripts(reading: Reading) -> bool:
    return bool({"non-ascii", "escaped"} & reading.features) and bool(_FOREIGN.search("".join(_texts(reading.sent))))


def _broken(reading: Reading) -> Iterator[Finding]:
    sent, answered = "\n".join(_texts(reading.sent)), list(_texts(reading.answer))
    for pointer in reading.answer_text.lone_surrogates[:1]:
        yield reading.finding("half a surrogate pair stands alone", "whole characters", "", f"body {pointer}")
        return
    # An answer that was cut at its cap may end within a character.
    text = "\n".join(each.rstrip("\ufffd") for each in answered)
    if "\ufffd" in text and "\ufffd" not in sent:
        around = text[max(0, text.index("\ufffd") - 10) :]
        yield reading.finding("characters were replaced by U+FFFD", "the text as it is", shown(around, 40), "body")
        return
    for word in sorted(set(_FOREIGN.findall(sent))):
        misread = next((each for each in _misreadings(word) if each in text and each not in sent), None)
        if misread is not None:
            yield reading.finding("UTF-8 was read as another encoding", shown(word), shown(misread), "body")
            return


def _misreadings(word: str) -> list[str]:
    """Return what becomes of a word when its UTF-8 is read as an eight-bit encoding."""
    data = word.encode(errors="replace")
    if len(data) < _SURE:
        return []
    # Windows leaves five bytes undefined; decoders pass them through as control characters (WHATWG Encoding § 9).
    windows = "".join(bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in data)
    return [data.decode("latin-1"), windows]


def _counted_alike(row: Requirement, readings: list[Reading]) -> Iterator[Outcome]:
    pointer = row.params.get("prompt_tokens", "")
    groups: dict[str, list[tuple[Reading, int]]] = defaultdict(list)
    for reading in readings:
        count = integer(at(reading.answer, pointer)) if pointer else None
        if count is not None and reading.operation:
            key = f"{reading.operation.id} {json.dumps(reading.sent, sort_keys=True)}"
            groups[key].append((reading, count))
    for group in groups.values():
        forms = {"escaped" in reading.features for reading, _ in group}
        (_, first), (last, count) = group[0], max(group, key=lambda pair: pair[1] != group[0][1])
        if len(forms) == 2 and count != first:
            message = "the same text costs another count of tokens when it is written in escapes"
            yield last.finding(message, str(first), str(count), f"body {pointer}", Level.SHOULD)


def _texts(value: object) -> Iterator[str]:
    """Yield every string of a JSON value, in its order."""
    left = [value]
    while left:
        here = left.pop()
        if isinstance(here, str):
            yield here
        elif isinstance(here, dict):
            left.extend(reversed(here.values()))
        elif isinstance(here, list):
            left.extend(reversed(here))
