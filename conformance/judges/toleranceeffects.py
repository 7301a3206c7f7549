"""Judges whether a form that a target takes has the effect that it has elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.judges import faults
from conformance.judges.optionforms import forms, parts_text, talk
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.streams import chunks, streamed
from conformance.judges.values import at, integer, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

_FEWEST = 8
"""Words of a text whose absence shows in the tokens of a prompt, whatever the tokeniser and the template."""
_PROMPT = "/usage/prompt_tokens"
_SPECIAL = frozenset({"role:developer", "parts:system", "parts:developer", "parts:user", "parts:assistant", "media"})


@judge
def read_alike(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that text sent in another form is read as the plain text is, by the tokens that the prompt is counted as.

    Parameters: `forms` are the forms of which a request has one (`parts:<role>`, `role:developer`); it is compared
    with the one that says the same as plain text, in system messages. Only the loss of most of the text counts.
    """
    wanted = set(row.params["forms"])
    counted = [(reading, count) for reading in evidence.of(row) if (count := _counted(reading)) is not None]
    plain = {_plain(reading): (reading, count) for reading, count in counted if not _SPECIAL & forms(reading)}
    for reading, count in counted:
        if not wanted & forms(reading):
            continue
        other, usual = plain.get(_plain(reading), (None, 0))
        words = _special_words(reading, wanted)
        if other is None or words < _FEWEST:
            yield Unjudged("no request says the same as plain text, or too few words to tell")
        elif count < usual - words // 2:
            yield reading.finding(
                f"{words} words that are sent as {', '.join(sorted(wanted & forms(reading)))} are not read",
                f"about {usual} tokens, as in {other.exchange.id}",
                f"{count} tokens",
                _PROMPT,
            )
        else:
            yield Kept(reading.exchange.id)


def _counted(reading: Reading) -> int | None:
    if not (faults.well_headed(reading) and reading.succeeded and talk(reading)):
        return None
    return integer(at(reading.answer, _PROMPT))


def _plain(reading: Reading) -> tuple[Any, ...]:
    """Return the turns as plain text by the plain roles; the last one only by its length in words."""
    turns = [("system" if m.get("role") == "developer" else str(m.get("role")), _text(m)) for m in talk(reading)]
    *earlier, (role, last) = turns
    return str(reading.word("model")), *earlier, role, len(last.split())


def _text(message: dict[str, Any]) -> str:
    content = message.get("content")
    return parts_text(content) or (content if isinstance(content, str) else shown(content))


def _special_words(reading: Reading, wanted: set[str]) -> int:
    special = [
        message
        for message in talk(reading)
        if f"role:{message.get('role')}" in wanted
        or (isinstance(message.get("content"), list) and f"parts:{message.get('role')}" in wanted)
    ]
    return min((len(_text(message).split()) for message in special), default=0)


@judge
def no_usage_unasked(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a stream whose options do not ask for the usage has no chunk with it."""
    for reading in streamed(row, evidence):
        options = reading.word("stream_options")
        if not isinstance(options, dict) or options.get("include_usage"):
            continue
        found = next(
            ((e.number, c["usage"]) for e, c in chunks(reading) if isinstance(c, dict) and c.get("usage")), None
        )
        if found is None:
            yield Kept(reading.exchange.id)
        else:
            message = "stream options that do not ask for the usage are answered with it"
            yield reading.finding(message, "no usage", shown(found[1]), f"event {found[0]} /usage")
