"""Judges whether the counts of a usage can be those of its request and its answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.judges.bodies import bodies
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.semantictexts import said
from conformance.judges.streams import deltas
from conformance.judges.usagechunks import telling
from conformance.judges.values import at, each, integer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading
    from conformance.judges.semantictexts import Said

_PROMPT = "/usage/prompt_tokens"
_COMPLETION = "/usage/completion_tokens"
_CALLS = ("/choices/*/message/tool_calls", "/choices/*/delta/tool_calls")
_SHORT = 2_000
"""Bytes of a request that leaves every model room to answer."""
_SMALL_CAP = 64
_OFF_BY = 1
"""Tokens by which a count may be off: the token that ends an answer is counted or not."""
_UNREAD = frozenset(
    (
        *(
            "stream",
            "stream_options",
            "max_tokens",
            "max_completion_tokens",
            "temperature",
            "top_p",
            "n",
            "seed",
            "stop",
        ),
        *(
            "logprobs",
            "top_logprobs",
            "presence_penalty",
            "frequency_penalty",
            "logit_bias",
            "user",
            "metadata",
            "store",
        ),
    )
)
"""Words that say nothing to the model: the prompt has as many tokens with them as without."""


@judge
def usage_part_within(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a part of a count is not more than the count, where the part is told.

    Parameters: `part` and `count` are pointers.
    """
    part, count = row.params["part"], row.params["count"]
    for reading in evidence.of(row):
        for where, body in bodies(reading):
            some, all_ = integer(at(body, part)), integer(at(body, count))
            if all_ is None:
                continue
            if some is not None and some > all_:
                names = (part.rpartition("/")[2], count.rpartition("/")[2])
                expected = f"at most {all_}, the {names[1]}"
                yield reading.finding(f"{names[0]} is more than {names[1]}", expected, str(some), f"{where}{part}")
            else:
                yield Kept(reading.exchange.id)


@judge
def usage_counts_prompt(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the prompt of an answer is counted as at least one token."""
    for reading in evidence.of(row):
        if not reading.proper:
            continue
        for where, body in bodies(reading):
            count = integer(at(body, _PROMPT))
            if count is None:
                continue
            if count > 0 or integer(at(body, "/usage/total_tokens")) == 0:  # a running usage may begin with zeros
                yield Kept(reading.exchange.id)
            else:
                yield reading.finding("the prompt has no tokens", "more than 0", str(count), f"{where}{_PROMPT}")


@judge
def usage_prompt_steady(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that one prompt is counted alike each time, streamed or not; only half the tokens and less counts."""
    first: dict[str, tuple[Reading, int]] = {}
    for reading in evidence.of(row):
        count = _prompt_tokens(reading)
        if count is None or not reading.proper:
            continue
        before, usual = first.setdefault(_prompt(reading), (reading, count))
        if before is reading:
            yield Unjudged("no prompt was counted twice")
        elif min(count, usual) * 2 <= max(count, usual):
            message = f"the prompt is that of {before.exchange.id}, its count is not"
            yield reading.finding(message, f"about {usual} tokens", f"{count} tokens", _PROMPT)
        else:
            yield Kept(reading.exchange.id)


def _prompt_tokens(reading: Reading) -> int | None:
    counts = [integer(at(body, _PROMPT)) for _, body in bodies(reading)]
    return next((count for count in reversed(counts) if count), None)


def _prompt(reading: Reading) -> str:
    sent: dict[str, Any] = reading.sent if isinstance(reading.sent, dict) else {}
    kept = {name: value for name, value in sent.items() if name not in _UNREAD}
    operation = reading.operation.id if reading.operation else ""
    return json.dumps([operation, kept], sort_keys=True)


@judge
def usage_counts_completion(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that an answer in words has tokens, and as many as its small cap where that cut it, streamed or not."""
    for reading in evidence.of(row):
        spoken, used, where = _spoken(reading), *_used(reading)
        if spoken is None or used is None:
            continue
        cap = _cap(reading) if spoken.finish == "length" else None
        if used == 0:
            yield reading.finding("an answer in words is counted as having no tokens", "more than 0", "0 tokens", where)
        elif cap is None:
            continue
        elif len(reading.exchange.request.body) > _SHORT:
            yield Unjudged("a long prompt may leave too little room for the answer")
        elif used < cap - _OFF_BY:
            message = "an answer that was cut at its cap is counted as having fewer tokens"
            yield reading.finding(message, f"{cap} tokens", f"{used} tokens", where)
        else:
            yield Kept(reading.exchange.id)


def _spoken(reading: Reading) -> Said | None:
    """Return the text of an answer in words, where there is one choice of it that calls no tool."""
    found = said(reading)
    calls = [call for path in _CALLS for _, body in bodies(reading) for _, call in each(body, path) if call]
    return found[0] if len(found) == 1 and found[0].text and found[0].finish and not calls else None


def _used(reading: Reading) -> tuple[int | None, str]:
    """Return the completion tokens that an answer tells when all is said, with the place."""
    if not reading.is_stream:
        return integer(at(reading.answer, _COMPLETION)), _COMPLETION
    last = max((delta.number for delta in deltas(reading) if delta.texts), default=0)
    told = [(integer(at(chunk, _COMPLETION)), number) for number, chunk in telling(reading) if number >= last]
    return (told[-1][0], f"event {told[-1][1]} {_COMPLETION}") if told else (None, "")


def _cap(reading: Reading) -> int | None:
    caps = [cap for word in ("max_tokens", "max_completion_tokens") if (cap := integer(reading.word(word))) is not None]
    return caps[0] if len(caps) == 1 and 0 < caps[0] <= _SMALL_CAP else None
