"""Judges whether embeddings requests in every documented form are answered as that form wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.judges.embeddingsreading import Form, asked, floats, form, inputs, native_length, vectors
from conformance.judges.outcome import Kept, NotApplicable, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import at, integer, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

_SAME = 1e-6
"""How far numbers of two unit vectors may differ that stand for one text."""
_LONG = 2_000
"""Characters from which on a text may exceed what a model takes in: 512 tokens."""
_NAMES = {
    Form.BASE64: "vectors in base64",
    Form.TOKENS: "lists of tokens",
    Form.BATCH: "many short texts",
    Form.NATIVE: "vectors of their own length",
}


@judge
def embedding_form_accepted(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a request which differs from a plain one in its form alone is accepted.

    Parameters: `form` is `base64`, `tokens`, `batch` (more than eight short texts) or `native` (vectors of the length
    that they have).
    """
    wanted = Form(row.params["form"])
    length = native_length(asked(row, evidence))
    for reading in asked(row, evidence):
        if form(reading, length) is not wanted:
            continue
        if reading.succeeded:
            yield Kept(reading.exchange.id)
        elif reading.operation and not evidence.accepts(reading.operation):
            yield NotApplicable("no plain request for embeddings was accepted")
        elif reading.refused:
            message = f"a request for {_NAMES[wanted]} is refused"
            yield reading.finding(message, "a success status", f"status {reading.status}", "status")
        else:
            yield Unjudged(f"not judged: status {reading.status}")


@judge
def embedding_counted(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that there are as many vectors as inputs, where the form of the request is not the plain one."""
    for reading in asked(row, evidence):
        data, count = at(reading.answer, "/data"), len(inputs(reading))
        if not reading.succeeded or reading.proper or not count or not isinstance(data, list):
            continue
        if len(data) == count:
            yield Kept(reading.exchange.id)
        else:
            told = f"{len(data)} vectors"
            yield reading.finding("not each input has its vector", f"{count} vectors", told, "/data")
    yield NotApplicable("only plain requests for embeddings were accepted")


@judge
def embedding_nonzero(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that each vector of a text has a number other than zero."""
    for reading in asked(row, evidence):
        for place, vector in enumerate(vectors(reading)):
            numbers = floats(vector)
            if numbers and not any(numbers):
                expected = "a vector with a direction"
                yield reading.finding("a vector has only zeros", expected, "zeros", f"/data/{place}/embedding")
            elif numbers:
                yield Kept(reading.exchange.id)


@judge
def embedding_dimensions(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that vectors have the length that was asked for; who refuses it does not offer it."""
    for reading in asked(row, evidence):
        length = integer(reading.word("dimensions"))
        if length is None or length < 1:
            continue
        if reading.refused:
            yield NotApplicable(f"the target does not offer the choice of a length: status {reading.status}")
        for place, vector in enumerate(vectors(reading)):
            numbers = floats(vector)
            if numbers is not None and len(numbers) != length:
                message, where = "the vector is not as long as was asked", f"/data/{place}/embedding"
                yield reading.finding(message, f"{length} numbers", f"{len(numbers)} numbers", where)
            elif numbers is not None:
                yield Kept(reading.exchange.id)


@judge
def embedding_empty_refused(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that an empty list of inputs is refused; a server error is judged elsewhere."""
    for reading in asked(row, evidence):
        if reading.word("input") != [] or reading.operation is None:
            continue
        if not evidence.accepts(reading.operation) or reading.status >= 500:
            yield Unjudged(f"not judged: status {reading.status}")
        elif reading.refused:
            yield Kept(reading.exchange.id)
        else:
            yield reading.finding("an empty list of inputs is not refused", "status 400", f"status {reading.status}")


@judge
def embedding_not_truncated(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that two long texts of one request which differ only at the end are refused, or have different vectors."""
    for reading in asked(row, evidence):
        if not _differ_at_the_end(inputs(reading)):
            continue
        found = [floats(vector) for vector in vectors(reading)]
        if reading.refused:
            yield Kept(reading.exchange.id)
        elif len(found) != 2 or not found[0] or not found[1] or len(found[0]) != len(found[1]):
            yield Unjudged(f"no two vectors came back: status {reading.status}")
        elif max(abs(a - b) for a, b in zip(found[0], found[1], strict=True)) <= _SAME * max(map(abs, found[0])):
            message = "the end of a long text changes nothing: it was cut off"
            yield reading.finding(message, "status 400, or different vectors", "the same vector twice", "/data")
        else:
            yield Kept(reading.exchange.id)


def _differ_at_the_end(texts: list[str]) -> bool:
    if len(texts) != 2 or not all(texts) or texts[0] == texts[1]:
        return False
    shared = next((i for i, (a, b) in enumerate(zip(*texts, strict=False)) if a != b), 0)
    return shared >= _LONG


@judge
def base64_is_text(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that vectors which were asked for in base64 are texts."""
    for reading in _coded(row, evidence):
        for place, vector in enumerate(vectors(reading)):
            if isinstance(vector, str):
                yield Kept(reading.exchange.id)
            elif isinstance(vector, list):
                where = f"/data/{place}/embedding"
                yield reading.finding("base64 was asked for and is not sent", "a text", shown(vector, 60), where)
    yield NotApplicable("no request for base64 was accepted")


def _coded(row: Requirement, evidence: Evidence) -> Iterator[Reading]:
    return (r for r in asked(row, evidence) if r.word("encoding_format") == "base64" and r.succeeded)
