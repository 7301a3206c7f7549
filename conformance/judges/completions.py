"""Judges whether text completions have the choices that were asked for, each going on with its own prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.exchange.model import NO_SUCH_MODEL
from conformance.judges.faults import well_headed
from conformance.judges.outcome import Kept, NotApplicable
from conformance.judges.registry import judge
from conformance.judges.streams import choices, choices_asked
from conformance.judges.values import MISSING, at, integer, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading


def completing(row: Requirement, evidence: Evidence, word: str = "") -> Iterator[Reading]:
    """Yield the well-headed requests of a requirement's operations that have a prompt, and the word where one is given.

    Those for a model that does not exist are left out, as are answers of a busy target, and broken ones.
    """
    for reading in evidence.of(row):
        known = isinstance(reading.word("model"), str) and reading.word("model") != NO_SUCH_MODEL
        said = bool(prompts(reading)) and (not word or reading.word(word) not in (MISSING, None, False))
        if known and said and well_headed(reading) and not reading.limited and (reading.whole or not reading.succeeded):
            yield reading


def prompts(reading: Reading) -> list[str]:
    """Return the prompts of a request that are texts."""
    said = reading.word("prompt")
    if isinstance(said, str):
        return [said]
    return [each for each in said if isinstance(each, str)] if isinstance(said, list) else []


def not_offered(reading: Reading, what: str) -> NotApplicable:
    """Return what a refusal amounts to where the target need not offer what was asked for."""
    return NotApplicable(f"the target does not offer {what}: status {reading.status}")


@judge
def completion_choices(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a whole answer has a choice for each prompt, n times.

    Parameters: `asked` is `prompts` for requests with several prompts and no n, `n` for those with one prompt and n.
    """
    by_n = row.params["asked"] == "n"
    for reading in completing(row, evidence):
        wanted, n = choices_asked(reading), max(1, integer(reading.word("n")) or 1)
        if wanted == 1 or (n > 1) is not by_n or (by_n and wanted != n):
            continue
        if reading.refused:
            yield not_offered(reading, "several choices" if by_n else "several prompts")
        elif reading.succeeded and isinstance(at(reading.answer, "/choices"), list):
            yield _counted(reading, wanted)
    yield NotApplicable("no request for several choices was answered")


def _counted(reading: Reading, wanted: int) -> Outcome:
    count = len(at(reading.answer, "/choices"))
    if count == wanted:
        return Kept(reading.exchange.id)
    message = "there are not as many choices as were asked for"
    return reading.finding(message, f"{wanted} choices", f"{count} choices", "/choices")


@judge
def completion_indices(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the choices of a whole answer have the indices from 0 on, each once; their order is free."""
    for reading in completing(row, evidence):
        if not reading.succeeded or not (found := choices(reading.answer)):
            continue
        numbers = [integer(choice.get("index")) for choice in found]
        if None in numbers or len(found) != choices_asked(reading):
            continue
        if {*numbers} == {*range(len(found))}:
            yield Kept(reading.exchange.id)
        else:
            expected = f"each of {list(range(len(found)))} once"
            yield reading.finding("the choices are numbered otherwise", expected, shown(numbers), "/choices/*/index")
    yield NotApplicable("no completion has choices with indices")


@judge
def completion_echo(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that each text of an echoing answer begins with one of the prompts, white space and case apart."""
    for reading in completing(row, evidence, "echo"):
        if reading.refused:
            yield not_offered(reading, "echo")
        for where, text, _ in _texts(reading):
            if any(_begins(text, prompt) for prompt in prompts(reading)):
                yield Kept(reading.exchange.id)
            else:
                expected = f"{shown(prompts(reading)[0], 60)} first"
                yield reading.finding("the text does not begin with the prompt", expected, shown(text), where)


@judge
def completion_prompt_order(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the choice numbered k goes on with prompt k, or with prompt k // n, as far as echoed prompts tell."""
    for reading in completing(row, evidence, "echo"):
        asked, n = prompts(reading), max(1, integer(reading.word("n")) or 1)
        found = list(_texts(reading))
        if len(asked) < 2 or len(found) != choices_asked(reading) or len({index for _, _, index in found}) < len(found):
            continue
        for where, text, index in found:
            own = asked[index // n] if index is not None and 0 <= index < len(found) else ""
            other = next((prompt for prompt in asked if prompt != own and _begins(text, prompt)), None)
            if own and _begins(text, own):
                yield Kept(reading.exchange.id)
            elif own and other is not None:
                yield reading.finding("a choice has the index of another prompt", shown(own), shown(text), where)
    yield NotApplicable("no answer echoes several prompts")


def _texts(reading: Reading) -> Iterator[tuple[str, str, int | None]]:
    """Yield the text of each choice of a whole answer, with where it stands and its index."""
    for place, choice in enumerate(choices(reading.answer) if reading.succeeded else ()):
        if isinstance(text := choice.get("text"), str):
            yield f"/choices/{place}/text", text, integer(choice.get("index"))


def _begins(text: str, prompt: str) -> bool:
    return squeezed(text).startswith(squeezed(prompt))


def squeezed(text: str) -> str:
    """Return a text without what a tokeniser may change: white space, and case."""
    return "".join(text.split()).casefold()


@judge
def completion_logprobs_key(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that each choice of a whole answer has a member `logprobs`, whatever it is."""
    for reading in completing(row, evidence):
        for place, choice in enumerate(choices(reading.answer) if reading.succeeded else ()):
            if "logprobs" in choice:
                yield Kept(reading.exchange.id)
            else:
                expected = "logprobs, null where none were asked for"
                yield reading.finding("a choice has no logprobs", expected, shown(sorted(choice)), f"/choices/{place}")
