"""Judges whether what an answer says can be right, whatever model said it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.judges import faults
from conformance.judges.optionforms import talk
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.semantictexts import said, same_question
from conformance.judges.streams import deltas
from conformance.judges.values import MISSING, at, each, integer, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

_REASONING = ("reasoning", "reasoning_content")
_LONG = 200_000
"""Characters of a conversation from which on it may exceed what a model takes in."""
_PER_TOKEN = 100
"""Characters that one token may stand for at most, in plain text."""
_QUOTED = re.compile(r"```.*?```|`[^`\n]*`|\"[^\"\n]*\"|(?<!\w)'[^'\n]*'(?!\w)|“[^”\n]*”", re.DOTALL)
"""What a text tells of, rather than says."""
_AROUND = " \t\r\n.,!\"'`*“”"
"""What may stand around a word that is a whole answer."""
_ASKED_WORD = re.compile(r"Reply with the single word: ([a-z]{5,20})\Z")


@judge
def text_free_of_marks(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that an answer's text has no marks that only the model and its runtime use between them.

    Parameters: texts that are a leak where an answer begins with them (`opening`), begins or ends with them (`outer`),
    or has them anywhere but in quotes (`closing`). Marks that the request has itself do not count.
    """
    for reading in evidence.of(row):
        for answer in said(reading):
            found = _leak(row, answer.text, str(reading.sent))
            if found is None:
                yield Kept(reading.exchange.id)
            else:
                yield reading.finding(f"the text has {found}", "text without it", shown(answer.text), answer.where)


def _leak(row: Requirement, text: str, sent: str) -> str | None:
    opening, outer, closing = (
        [mark for mark in row.params.get(name, ()) if mark not in sent] for name in ("opening", "outer", "closing")
    )
    told, bare = text.strip(), _QUOTED.sub("", text)
    begins = next((mark for mark in (*opening, *outer) if told.startswith(mark)), None)
    return begins or next(
        (mark for mark in (*outer, *closing) if mark in bare and (mark in closing or told.endswith(mark))), None
    )


@judge
def reasoning_named_alike(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that reasoning has the same name in streams and in whole answers."""
    whole, streamed = set[str](), set[str]()
    last: Reading | None = None
    for reading in evidence.of(row):
        if reading.succeeded and reading.is_stream:
            streamed |= {name for delta in deltas(reading) for name in _REASONING if delta.fields.get(name)}
            last = reading
        elif reading.succeeded:
            messages = [message for _, message in each(reading.answer, "/choices/*/message")]
            whole |= {name for m in messages for name in _REASONING if isinstance(m, dict) and m.get(name)}
    if last is None:
        yield Unjudged("no stream was answered")
    elif whole and streamed and not whole & streamed:
        names = ", ".join(sorted(whole)), ", ".join(sorted(streamed))
        yield last.finding("reasoning has another name in streams than in whole answers", *names, "deltas")
    else:
        yield Kept(last.exchange.id)


@judge
def prompt_read_whole(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that an answered conversation of hundreds of thousands of characters is counted as about so many."""
    for reading in evidence.of(row):
        length = sum(len(m["content"]) for m in talk(reading) if isinstance(m.get("content"), str))
        if length < _LONG or not faults.well_headed(reading) or reading.limited or reading.status >= 500:
            continue
        counted = integer(at(reading.answer, "/usage/prompt_tokens"))
        if reading.refused:
            yield Kept(reading.exchange.id)
        elif counted is None:
            yield Unjudged("the answer to a long prompt does not say how many tokens were read")
        elif counted < length // _PER_TOKEN:
            yield reading.finding(
                f"a prompt of {length} characters is answered, but only its beginning or end was read",
                f"a refusal with 4xx, or at least {length // _PER_TOKEN} tokens",
                f"{counted} tokens",
                "/usage/prompt_tokens",
            )
        else:
            yield Kept(reading.exchange.id)


@judge
def stream_ends_as_whole(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that at temperature 0 a stream says what the whole answer to the same request says, ended alike."""
    whole = [reading for reading in evidence.of(row) if not reading.is_stream and reading.word("stop") is not MISSING]
    for reading in evidence.of(row):
        if not reading.is_stream:
            continue
        for other in whole:
            if same_question(reading, other) and _ends_alike(reading, other):
                yield _parity(reading, other)


def _ends_alike(one: Reading, other: Reading) -> bool:
    some, more = sorted((_stops(one), _stops(other)), key=len)
    return some <= more and all(one.word(word) == other.word(word) for word in ("max_tokens", "max_completion_tokens"))


def _stops(reading: Reading) -> set[str]:
    said = reading.word("stop")
    return {stop for stop in (said if isinstance(said, list) else [said]) if isinstance(stop, str)}


def _parity(streamed: Reading, whole: Reading) -> Outcome:
    first, second = ([(answer.text, answer.finish) for answer in said(each)] for each in (whole, streamed))
    if len(first) != 1 or len(second) != 1 or not first[0][0] or not second[0][0]:
        return Unjudged("one of two answers to the same question has no text")
    if first == second:
        return Kept(streamed.exchange.id)
    message = f"a stream does not say what the whole answer {whole.exchange.id} to the same request says"
    return streamed.finding(message, shown(first[0]), shown(second[0]), "deltas")


@judge
def ends_uncapped(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that an answer to a request without a cap on its tokens is not cut for its length."""
    for reading in evidence.of(row):
        caps = [reading.word(word) for word in ("max_tokens", "max_completion_tokens")]
        if (
            not faults.well_headed(reading)
            or not reading.sent_text.ok
            or any(cap is not MISSING and cap is not None for cap in caps)
        ):
            continue
        for answer in said(reading):
            if answer.finish == "length":
                used = shown(at(reading.answer, "/usage/completion_tokens"))
                message = "an answer that was not capped is cut for its length"
                yield reading.finding(message, "'stop'", f"'length' after {used} tokens", "finish_reason")
            else:
                yield Kept(reading.exchange.id)


@judge
def answers_kept_apart(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that no answer is the single word that another request of the run asks for."""
    asked = {reading.exchange.id: word for reading in evidence.of(row) if (word := _asked(reading))}
    for reading in evidence.of(row):
        own, sent = asked.get(reading.exchange.id), str(reading.sent)
        if own is None:
            continue
        for answer in said(reading):
            told = answer.text.strip(_AROUND).lower()  # a word within an answer is chance: models say any word
            if told == own or told not in asked.values() or told in sent:
                yield Kept(reading.exchange.id)
            else:
                message = "the answer is the word that another request asks for"
                yield reading.finding(message, shown(own), shown(answer.text), answer.where)


def _asked(reading: Reading) -> str | None:
    messages = talk(reading)
    content = messages[-1].get("content") if messages else None
    found = _ASKED_WORD.search(content) if isinstance(content, str) else None
    return found.group(1) if found else None
