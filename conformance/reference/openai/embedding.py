"""Embeddings in OpenAI's format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.answer import Answer
from conformance.reference.engine import embeddings, tokens
from conformance.reference.openai.catalogue import within

if TYPE_CHECKING:
    from conformance.reference.fields import Fields
    from conformance.reference.openai.catalogue import Model

_MOST_INPUTS = 2048


def embedded(request: Fields, model: str, window: Model | None = None) -> Answer:
    """Answer an embeddings request: one vector an input, in order; none longer than the window of the model.

    Raises:
        Refusal: 400 naming the field that is missing, of another type or out of range.
    """
    request.required("input")
    texts = inputs(request, "input")
    said = request.value("input")
    if isinstance(said, list) and len(said) > _MOST_INPUTS:
        raise request.wrong("input", f"an array of at most {_MOST_INPUTS}")
    if window is not None:
        within(window, max(count for _, count in texts), "input")
    length = request.integer("dimensions", 1, embeddings.LENGTH) or embeddings.LENGTH
    encoding = request.text("encoding_format") or "float"
    if encoding not in {"float", "base64"}:
        raise request.wrong("encoding_format", "float or base64")
    request.text("user")
    data = []
    for index, (text, _) in enumerate(texts):
        numbers = embeddings.vector(text, length)
        vector = embeddings.packed(numbers) if encoding == "base64" else numbers
        data.append({"object": "embedding", "index": index, "embedding": vector})
    spent = sum(count for _, count in texts)
    return Answer(
        body={
            "object": "list",
            "data": data,
            "model": model,
            "usage": {"prompt_tokens": spent, "total_tokens": spent},
        }
    )


def inputs(request: Fields, name: str, *, empty: bool = False) -> list[tuple[str, int]]:
    """Return the texts of a field with their tokens: a string, strings, token numbers, or arrays of token numbers.

    `empty` allows the empty string.
    """
    said = request.value(name)
    several = said if isinstance(said, list) and not _numbers(said) else [said]
    if not several or len(several) > _MOST_INPUTS or not all(_input(each, empty=empty) for each in several):
        raise request.wrong(name, f"a non-empty string, or an array of 1 to {_MOST_INPUTS} of them")
    return [
        (each, tokens.count(each)) if isinstance(each, str) else (" ".join(map(str, each)), len(each))
        for each in several
    ]


def _input(said: object, *, empty: bool) -> bool:
    return bool(said or empty) if isinstance(said, str) else _numbers(said)


def _numbers(said: object) -> bool:
    return isinstance(said, list) and bool(said) and all(isinstance(n, int) and not isinstance(n, bool) for n in said)
