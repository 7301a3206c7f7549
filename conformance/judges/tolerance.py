"""Judges whether a target takes the forms of a request that OpenAI's reference allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.judges import faults
from conformance.judges.optionforms import accepts_other, forms, talk
from conformance.judges.outcome import Kept, NotApplicable, Unjudged
from conformance.judges.registry import judge
from conformance.judges.robustness import endured
from conformance.judges.values import at, each, integer, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from conformance.contract.model import Requirement
    from conformance.contract.schema import Schemas
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

_BESIDE = ("stream", "param:stream", "temperature-zero", "multi-turn", "role:system", "role:assistant")
"""Forms that requests of any kind may have."""


@judge
def takes(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a request in a certain form is answered with success, where the same without the form is.

    Parameters: `forms` are the forms that a request must have one of, and may have no other beside `also`; a trailing
    `*` matches any ending. With `given`, a refusal counts only where a request with one of those forms is accepted.
    `excuses` are texts in a refusal that give a reason which the reference's own server has. `wished` are those of
    the forms that ask for something of a target, which need not be able to do it.
    """
    for reading in evidence.of(row):
        if faults.well_headed(reading) and _has(row, reading):
            yield _taken(row, evidence, reading)


def _has(row: Requirement, reading: Reading) -> bool:
    wanted, found = row.params["forms"], forms(reading)
    allowed = [*wanted, *_BESIDE, *row.params.get("also", ())]
    return any(_matches(form, wanted) for form in found) and all(_matches(form, allowed) for form in found)


def _matches(form: str, patterns: Collection[str]) -> bool:
    return any(form == p or (p.endswith("*") and form.startswith(p[:-1])) for p in patterns)


def _taken(row: Requirement, evidence: Evidence, reading: Reading) -> Outcome:
    body = reading.body.decode(errors="replace")
    if reading.refused and any(text in body.lower() for text in row.params.get("excuses", ())):
        return NotApplicable(f"refused for another reason: {shown(body)}")
    if reading.refused and forms(reading) & set(row.params.get("wished", ())):
        return NotApplicable(f"refused, and not to be expected of every target: {shown(body)}")
    given = row.params.get("given", ())
    if given and not any(r.succeeded and forms(r) & set(given) for r in evidence.of(row)):
        return Kept(reading.exchange.id) if reading.succeeded else NotApplicable(f"not offered: {', '.join(given)}")
    return taken(reading, evidence, row.params["forms"])


def taken(reading: Reading, evidence: Evidence, wanted: Collection[str]) -> Outcome:
    """Return what an answer amounts to that is promised to a request in the wanted forms.

    A server error is left to `robustness.no-5xx`, a refusal that a target gives for the model in use is none of a form.
    """
    if reading.succeeded:
        return Kept(reading.exchange.id)
    if reading.limited or not reading.refused:
        return Unjudged(f"not judged: status {reading.status}")
    said = f"status {reading.status}: {shown(reading.body.decode(errors='replace'))}"
    if not _is_of_format(reading):
        return Unjudged("the request is not as the reference describes it")
    if reading.about_model:
        return NotApplicable(f"refused for the model in use: {said}")
    if _demands_reasoning(reading):
        return Unjudged(f"refused for want of reasoning: {said}")
    special = sorted(form for form in forms(reading) if _matches(form, wanted))
    rest = forms(reading) - set(special)
    if not _taken_without(evidence, reading, rest, wanted):
        optional = any(form.startswith("param:") for form in rest)
        reason = "the same request without the form is not accepted"
        return NotApplicable(reason) if optional else Unjudged(reason)
    what = f"a request in a form that the reference allows is refused: {', '.join(special) or 'an own message'}"
    return reading.finding(what, "a success status", said, "status")


_REQUESTS = {"chat": "ChatRequest", "completion": "CompletionRequest", "embedding": "EmbeddingRequest"}
"""The schema of OpenAI's reference that describes a request, by the kind of its operation."""


def _is_of_format(reading: Reading) -> bool:
    """Tell whether the reference describes all of a request: a target may refuse it for any other part."""
    schemas = reading.api.formats.get("openai")
    name = _REQUESTS.get(reading.operation.kind, "") if reading.operation else ""
    if reading.sent_text.duplicate_keys or reading.sent_text.lone_surrogates:
        return False
    if schemas is None or not name:
        return True
    return schemas.valid(name, reading.sent) and all(_is_usual(schemas, name, *said) for said in reading.sent.items())


def _is_usual(schemas: Schemas, name: str, field: str, value: object) -> bool:
    """Tell whether a field has a value of the kind that every endpoint takes; null, `n` and messages are rows' own."""
    promised = f"/components/schemas/Promised{name}/properties/{field}"
    judged_apart = value is None or field in {"n", "messages", "input", "prompt"}
    return judged_apart or promised not in schemas or schemas.valid(promised, value)


def _taken_without(evidence: Evidence, refused: Reading, rest: frozenset[str], wanted: Collection[str]) -> bool:
    return any(
        other.succeeded and rest <= forms(other) and not any(_matches(form, wanted) for form in forms(other))
        for other in evidence.readings
        if other.operation is refused.operation and other.answered
    )


def _demands_reasoning(reading: Reading) -> bool:
    speaks = "role:assistant" in forms(reading) and b"reasoning" not in reading.exchange.request.body
    return speaks and reading.refused and b"reasoning" in reading.body.lower()


@judge
def takes_own_message(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that an assistant message is taken back just as the target wrote it; calls of tools are left out."""
    written = [
        message
        for reading in evidence.of(row)
        if reading.succeeded
        for _, message in each(reading.answer, "/choices/*/message")
        if isinstance(message, dict) and not message.get("tool_calls")
    ]
    for reading in evidence.of(row):
        if faults.well_headed(reading) and any(message in written for message in talk(reading)):
            yield taken(reading, evidence, ("reasoning-sent", "member:*"))


@judge
def takes_without_reasoning(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a conversation is taken although the assistant's turns do not say how they were thought out."""
    for reading in evidence.of(row):
        found = forms(reading)
        if "role:assistant" not in found or "reasoning-sent" in found or not faults.well_headed(reading):
            continue
        if _demands_reasoning(reading):
            said = f"status {reading.status}: {shown(reading.body.decode(errors='replace'))}"
            yield reading.finding("a turn without its reasoning is refused", "a success status", said, "status")
        elif reading.succeeded:
            yield Kept(reading.exchange.id)
        else:
            yield Unjudged(f"not judged: status {reading.status}")


@judge
def endures_form(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a request in a certain form is answered with a 2xx or a 4xx within the time limit.

    Parameters: `forms` as `takes` has them.
    """
    wanted = row.params["forms"]
    for reading in evidence.readings:
        if reading.operation and reading.operation.id in row.operations and faults.well_headed(reading):
            special = sorted(form for form in forms(reading) if _matches(form, wanted))
            if special:
                yield endured(reading, evidence, ", ".join(special))


@judge
def mistyped_flag_starts_nothing(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a `stream` that is the text False, in whatever case, is not answered with a stream."""
    for reading in evidence.of(row):
        said = reading.word("stream")
        if not isinstance(said, str) or said.lower() != "false" or not faults.well_headed(reading):
            continue
        if reading.is_stream:
            yield reading.finding(
                "a stream starts", "a refusal with 4xx, or one JSON object", "an event stream", "body"
            )
        elif reading.limited or reading.status >= 500:
            yield Unjudged(f"not judged: status {reading.status}")
        else:
            yield Kept(reading.exchange.id)


@judge
def accept_header_yields(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the body's `stream` decides what is answered, where the header Accept names the other media type.

    Parameters: `streamed` says whether the row is about requests for a stream.
    """
    streamed, beside = bool(row.params["streamed"]), {*_BESIDE, "name", "stream-options", "accept-other"}
    asked = [r for r in evidence.of(row) if r.asks_stream is streamed and faults.well_headed(r)]
    usual = any(r.succeeded and r.is_stream is streamed for r in asked if not accepts_other(r))
    for reading in asked:
        if not accepts_other(reading) or not forms(reading) <= beside:
            continue
        if not usual:
            yield Unjudged("no answer to another header Accept is of the kind that the body asks for")
        elif reading.succeeded and reading.is_stream is not streamed:
            wanted, got = ("a stream", "one JSON object")[:: 1 if streamed else -1]
            yield reading.finding("the header Accept overrides the field stream of the body", wanted, got, "body")
        else:
            yield taken(reading, evidence, ("accept-other",))


@judge
def cap_word_counts(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a cap on output tokens is taken and kept.

    Parameters: `word` is the profile's word for the cap.
    """
    word = str(row.params["word"])
    for reading in evidence.of(row):
        cap = integer(reading.word(word))
        if cap is None or cap < 1 or not faults.well_headed(reading) or not _only_cap(reading, word):
            continue
        used, choices = integer(at(reading.answer, "/usage/completion_tokens")), integer(reading.word("n")) or 1
        if reading.succeeded and used is not None and used > cap * max(choices, 1):
            most = f"at most {cap * max(choices, 1)} tokens"
            yield reading.finding(f"{word} is not kept", most, f"{used} tokens", "/usage/completion_tokens")
        else:
            yield taken(reading, evidence, (f"param:{word}",))


def _only_cap(reading: Reading, word: str) -> bool:
    return forms(reading) <= {*_BESIDE, f"param:{word}"}
