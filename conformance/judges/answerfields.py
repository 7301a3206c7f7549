"""Judges members of whole answers that schemas let pass and that clients stumble over."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from conformance.judges.bodies import bodies
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import MISSING, at, each, integer, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

_FEW = 1
"""Output tokens of an answer that says nothing: the one that ends it."""
_LAYOUT = 8
"""Bytes of white space that may be layout rather than padding."""
_FILE = re.compile(r"(?i)\.{0,2}/|~/|[a-z]:[\\/]|file:")
"""How the name of a file or folder on a disk begins."""
_EMPTY_CHUNKS = ("", None)


def whole_answers(row: Requirement, evidence: Evidence) -> Iterator[Reading]:
    """Return the readings of successful whole answers that are JSON objects with choices."""
    return (reading for reading in evidence.of(row) if is_whole_answer(reading))


def is_whole_answer(reading: Reading) -> bool:
    """Tell whether a response is a successful whole answer, as it was asked for: a JSON object with choices."""
    whole = reading.succeeded and reading.whole and not reading.asks_stream
    return whole and isinstance(at(reading.answer, "/choices"), list)


@judge
def answer_has_text(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that an answer in words that came to its end has a text as content, not null.

    What says something else (calls, a refusal, reasoning, sound), and what says nothing at all, is left out.
    """
    for reading in whole_answers(row, evidence):
        for where, choice in each(reading.answer, "/choices/*"):
            message = at(choice, "/message")
            if not isinstance(message, dict) or "content" not in message or at(choice, "/finish_reason") != "stop":
                continue
            if message["content"] is not None:
                yield Kept(reading.exchange.id)
            elif _says_otherwise(message) or _says_nothing(reading):
                yield Unjudged("the answer is not in words")
            else:
                place = f"{where}/message/content"
                yield reading.finding("an answer in words has no text", "a text", "None", place)


def _says_otherwise(message: dict[str, Any]) -> bool:
    return any(value for name, value in message.items() if name not in {"role", "content"})


def _says_nothing(reading: Reading) -> bool:
    used = integer(at(reading.answer, "/usage/completion_tokens"))
    return used is not None and used <= _FEW


@judge
def answer_member_among(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a member of an answer, or of each chunk, has one of the known values, is null, or is absent.

    Parameters: `pointer` leads to the member, `values` are the known ones.
    """
    pointer, known = row.params["pointer"], row.params["values"]
    for reading in evidence.of(row):
        found = [(where, at(body, pointer)) for where, body in bodies(reading) if isinstance(body, dict)]
        odd = [(where, value) for where, value in found if value not in (MISSING, None) and value not in known]
        for where, value in odd[:1]:
            name = pointer.rpartition("/")[2]
            yield reading.finding(f"{name} has an unknown value", ", ".join(known), shown(value), f"{where}{pointer}")
        if found and not odd:
            yield Kept(reading.exchange.id)


@judge
def answer_member_not_null(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that members of a whole answer which the reference does not let be null are absent rather than null.

    Parameters: `pointers` lead to the members.
    """
    for reading in whole_answers(row, evidence):
        null = [pointer for pointer in row.params["pointers"] if at(reading.answer, pointer) is None]
        for pointer in null[:1]:
            name = pointer.rpartition("/")[2]
            yield reading.finding(f"{name} is null", "a value, or no such member", "None", pointer)
        if not null:
            yield Kept(reading.exchange.id)


@judge
def answer_has_refusal(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that each message of a whole answer has the member refusal, null or not."""
    for reading in whole_answers(row, evidence):
        messages = [(way, said) for way, said in each(reading.answer, "/choices/*/message") if isinstance(said, dict)]
        lacking = next((way for way, message in messages if "refusal" not in message), None)
        if lacking is not None:
            yield reading.finding("a message has no member refusal", "a text or null", "nothing", f"{lacking}/refusal")
        elif messages:
            yield Kept(reading.exchange.id)


@judge
def answer_without_error(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a whole answer with choices has no member error that says nothing."""
    for reading in whole_answers(row, evidence):
        error = at(reading.answer, "/error")
        if error is MISSING:
            yield Kept(reading.exchange.id)
        elif error:
            yield Unjudged("the answer is an error as well")
        else:
            message = "an answer that is no error has a member error, which clients take for a failure"
            yield reading.finding(message, "no error", shown(error), "/error")


@judge
def answer_unpadded(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that no padding of white space, as kept-alive connections have, stands before a whole answer."""
    for reading in whole_answers(row, evidence):
        before = len(reading.body) - len(reading.body.lstrip(b" \t\r\n"))
        if before > _LAYOUT:
            said = f"{before} bytes of white space"
            yield reading.finding("white space stands before the answer", "the JSON text alone", said, "body")
        else:
            yield Kept(reading.exchange.id)


@judge
def answer_model_plain(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the model of an answer is not empty, and no path of a file unless that was asked or is listed."""
    for reading, where, named, asked in _named(row, evidence):
        if named == "":
            yield reading.finding("the model of the answer is empty", "a name", "an empty text", where)
        elif _FILE.match(named) and named != asked and named not in evidence.model_names:
            yield reading.finding(
                "the model of the answer is a path", f"{shown(asked)}, or a name", shown(named), where
            )
        else:
            yield Kept(reading.exchange.id)


@judge
def answer_model_kin(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the model of an answer has the name that was asked, one that extends it, or one listed for it."""
    for reading, where, named, asked in _named(row, evidence):
        if not named or (_FILE.match(named) and named != asked):
            continue  # another promise's
        listed = (names for own, names in evidence.model_names.items() if asked in {own, *names})
        if _kin(named, asked) or named in set().union(*listed):
            yield Kept(reading.exchange.id)
        else:
            said = f"{shown(asked)}, or a name that extends it"
            yield reading.finding("the answer names another model", said, shown(named), where)


def _kin(named: str, asked: str) -> bool:
    """Tell whether one name extends the other, be it by a vendor before a slash or by a date or tag after it."""
    one, other = (re.split(r"[/:@]", name.lower().rstrip("/")) for name in (named, asked))
    return any(a.startswith(b) or b.startswith(a) for a in one for b in other if len(a) > 1 and len(b) > 1)


def _named(row: Requirement, evidence: Evidence) -> Iterator[tuple[Reading, str, str, str]]:
    for reading in evidence.of(row):
        asked = reading.word("model")
        if not isinstance(asked, str) or not reading.proper:
            continue
        told = [(where, at(body, "/model"), at(body, "/id")) for where, body in bodies(reading)]
        for where, name, identity in told:
            if isinstance(name, str) and (name or identity not in _EMPTY_CHUNKS):  # Azure's first chunk has neither
                yield reading, f"{where}/model", name, asked
                break
