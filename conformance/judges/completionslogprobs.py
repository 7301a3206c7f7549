"""Judges the log probabilities of text completions: four parallel arrays, in whole answers as in streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.contract.model import Level
from conformance.judges.bodies import bodies
from conformance.judges.completions import completing, not_offered, prompts, squeezed
from conformance.judges.outcome import Kept, NotApplicable
from conformance.judges.registry import judge
from conformance.judges.streams import choices
from conformance.judges.values import integer, number, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading
    from conformance.report import Finding

_REQUIRED = ("tokens", "token_logprobs")
_RECOMMENDED = ("top_logprobs", "text_offset")


def _asking(row: Requirement, evidence: Evidence) -> Iterator[tuple[Reading, int]]:
    """Yield the requests that ask for the alternatives to each token, with how many."""
    for reading in completing(row, evidence, "logprobs"):
        asked = integer(reading.word("logprobs"))
        if asked is not None and asked > 0:
            yield reading, asked


def _told(reading: Reading) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Yield each choice of an answer or of its chunks that has a text, where its logprobs stand, and what they are."""
    for where, body in bodies(reading):
        for place, choice in enumerate(choices(body)):
            if choice.get("text"):
                yield f"{where}/choices/{place}/logprobs", choice, choice.get("logprobs")


@judge
def completion_logprobs_given(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that an answer has the log probabilities that were asked for: in each choice, or in any chunk."""
    for reading, _ in _asking(row, evidence):
        if reading.refused:
            yield not_offered(reading, "log probabilities")
            continue
        found = list(_told(reading))
        absent = [where for where, _, said in found if said is None]
        if not found:
            continue
        if absent and (len(absent) == len(found) or not reading.is_stream):
            yield reading.finding("log probabilities were asked for and are not given", "logprobs", "null", absent[0])
        else:
            yield Kept(reading.exchange.id)


@judge
def completion_logprobs_shape(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that log probabilities are parallel arrays; those of other tokens, and offsets, are recommended."""
    for reading, _ in _asking(row, evidence):
        for where, _, said in _told(reading):
            if said is not None:
                yield _misshapen(reading, where, said) or Kept(reading.exchange.id)
    yield NotApplicable("no log probabilities were given")


def _misshapen(reading: Reading, where: str, said: object) -> Finding | None:
    if not isinstance(said, dict):
        return reading.finding("the log probabilities are no object", "an object", shown(said), where)
    absent = [name for name in _REQUIRED if not isinstance(said.get(name), list)]
    if absent:
        expected = "the arrays tokens, token_logprobs, top_logprobs and text_offset"
        return reading.finding(f"the log probabilities have no array {absent[0]}", expected, shown(sorted(said)), where)
    wrong = next((name for name, right in _TYPES.items() if not all(map(right, _array(said, name)))), None)
    if wrong:
        told = shown(said[wrong])
        return reading.finding(f"{wrong} has entries of another type", _EXPECTED[wrong], told, f"{where}/{wrong}")
    lengths = {name: len(said[name]) for name in _TYPES if isinstance(said.get(name), list)}
    if len(set(lengths.values())) > 1:
        return reading.finding("the arrays are not of one length", "one entry a token in each", shown(lengths), where)
    sparse = [name for name in _RECOMMENDED if not isinstance(said.get(name), list)]
    if sparse:
        message = f"the log probabilities have no array {sparse[0]}"
        return reading.finding(message, "four arrays", shown(sorted(said)), where, Level.SHOULD)
    return None


def _array(said: dict[str, Any], name: str) -> list[Any]:
    found = said.get(name)
    return found if isinstance(found, list) else []


_TYPES = {
    "tokens": lambda each: isinstance(each, str),
    "token_logprobs": lambda each: each is None or number(each) is not None,
    "top_logprobs": lambda each: each is None or isinstance(each, dict),
    "text_offset": lambda each: integer(each) is not None,
}
_EXPECTED = {
    "tokens": "texts",
    "token_logprobs": "numbers, or null",
    "top_logprobs": "objects that map tokens to numbers, or null",
    "text_offset": "integers",
}


@judge
def completion_alternatives(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that each token has from one alternative to one more than were asked for: the one that was chosen."""
    for reading, asked in _asking(row, evidence):
        for where, _, said in _told(reading):
            others = [each for each in _array(said, "top_logprobs") if isinstance(each, dict)] if _is(said) else []
            wrong = next((each for each in others if not 1 <= len(each) <= asked + 1), None)
            if wrong is not None:
                told = f"{len(wrong)}: {shown(wrong, 80)}"
                expected = f"1 to {asked + 1} alternatives"
                yield reading.finding("a token has too many alternatives or none", expected, told, where)
            elif others:
                yield Kept(reading.exchange.id)
    yield NotApplicable("no alternatives were given")


def _is(said: object) -> bool:
    return isinstance(said, dict)


@judge
def completion_echo_logprobs(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the tokens of an echoing answer are those of the prompt, too, the first of them without a number."""
    for reading, _ in _asking(row, evidence):
        if reading.word("echo") is not True or reading.is_stream:
            continue
        for where, _, said in _told(reading):
            tokens = _array(said, "tokens") if _is(said) else []
            if tokens and all(isinstance(token, str) for token in tokens):
                yield _echoed(reading, where, tokens, _array(said, "token_logprobs")) or Kept(reading.exchange.id)
    yield NotApplicable("no echoing answer has log probabilities")


def _echoed(reading: Reading, where: str, tokens: list[str], chances: list[Any]) -> Finding | None:
    told = squeezed("".join(tokens))
    if not any(squeezed(prompt) in told for prompt in prompts(reading)):
        message = "the prompt's tokens have no log probabilities"
        return reading.finding(message, "the prompt among the tokens", shown(tokens), f"{where}/tokens")
    if chances and chances[0] is not None:
        message = "the first token has a probability, with nothing before it"
        return reading.finding(message, "null", shown(chances[0]), f"{where}/token_logprobs/0", Level.MAY)
    return None
