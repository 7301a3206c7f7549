"""Valid requests: every documented field at its boundaries, text of every kind, and what Schemathesis draws."""

from __future__ import annotations

from itertools import chain, count, islice, zip_longest
from typing import TYPE_CHECKING, Any

from conformance.generation import texts
from conformance.generation.draft import Draft, capped, replaced
from conformance.generation.drawing import draw
from conformance.generation.plainly import key, numbered, path_of, plain, worded
from conformance.probes.target import pointed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conformance.contract.model import Api, Operation
    from conformance.generation.documents import Source

CAPS = (8, 1, 16)
"""Output tokens of drawn requests, in turn: few, fewest, and enough for a stream of several pieces."""

BEYOND_PROMISE = "beyond what is promised: "
"""How the label begins of a request that may be refused, though it is documented."""


def valid(source: Source, operation: Operation, most: int, seed: int) -> list[Draft]:
    """Return up to so many requests that the documents describe; those at boundaries and of special text come first."""
    api = source.api
    special, ends = _of_texts(api, operation), _at_boundaries(source, operation)
    # Three of special text and two at boundaries for each that is drawn.
    sources = (special, ends, special, _drawn(source, operation, most, seed), special, ends)
    found: dict[bytes, Draft] = {}
    for label, body in _in_turn(*sources):
        capped_body = capped(body, operation, CAPS[len(found) % len(CAPS)] if "max_tokens" not in label else CAPS[-1])
        draft = Draft(operation.id, label, capped_body, path_of(operation))
        long = label.startswith(BEYOND_PROMISE)
        if api.schemas.valid(operation.request_schema if long else operation.promise, capped_body):
            found.setdefault(draft.text, draft)
        if len(found) >= most:
            break
    return list(found.values())


def _in_turn(*sources: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield one of each source, and again, so that a small quota has some of all."""
    for some in zip_longest(*sources):
        yield from (each for each in some if each is not None)


def _of_texts(api: Api, operation: Operation) -> Iterator[tuple[str, Any]]:
    """Yield requests with text of each kind, whole and streamed, the first of each kind before the second of any."""
    if operation.effect != "generate":
        return
    rounds = zip_longest(*([(kind, text) for text in several] for kind, several in texts.SAMPLES.items()))
    known = [each for some in rounds for each in some if each]
    long = [(f"{size} characters", texts.of_length(size)) for size in texts.LENGTHS]
    beyond = [(f"{BEYOND_PROMISE}{size} characters", texts.of_length(size)) for size in texts.BEYOND]
    turn = count()
    for kind, text in chain(known[:6], beyond[:1], long[-1:], known[6:], beyond[1:], long[:-1]):
        for streamed in _ways(operation, next(turn)):
            body = worded(plain(api, operation, text), operation, stream=streamed or None)
            yield f"{kind}{', streamed' if streamed else ''}", body


def _ways(operation: Operation, turn: int) -> tuple[bool, ...]:
    """Return whether to stream: both ways for an operation that can, beginning with another one each time."""
    if operation.streams != "on-request" or "stream" not in operation.request:
        return (False,)
    return (turn % 2 == 1, turn % 2 == 0)


def _at_boundaries(source: Source, operation: Operation) -> Iterator[tuple[str, Any]]:
    """Yield a plain request with one field at a boundary, each field's first value before any second, ends first."""
    base = worded(plain(source.api, operation), operation, temperature=None)
    by_field: dict[str, dict[str, Any]] = {}
    told = source.boundaries(operation.id)
    for _, body in sorted(told, key=lambda each: not any(end in each[0] for end in _ENDS)):
        for name, value in body.items():
            if name not in {"model", *_texted(operation)}:
                said = numbered(value)
                by_field.setdefault(name, {}).setdefault(key(said), said)
    fields = [
        [(f"{name} is {key(value)}", replaced(base, name, value)) for value in values.values()]
        for name, values in by_field.items()
    ]
    singles = _in_turn(*fields, _extremes(operation, base))
    yield from islice(singles, len(fields))
    yield from _together(base, by_field)
    yield from singles


def _together(base: dict[str, Any], by_field: dict[str, dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield plain requests with all numbers at an end at once: the first of each, the last, and each in turn."""
    values = {name: list(found.values()) for name, found in by_field.items() if _are_numbers(found.values())}
    for label, places in (("the first end", (0, 0)), ("the last end", (-1, -1)), ("the ends in turn", (0, -1))):
        body = base
        for turn, (name, several) in enumerate(values.items()):
            body = replaced(body, name, several[places[turn % 2]])
        yield f"all numbers at {label}", body


_ENDS = ("Maximum", "Minimum")
_LARGEST = (2**63 - 1, -(2**63), 2**53 + 1)
"""The ends of 64-bit integers, and one that no double holds: JSON says nothing of a size (RFC 8259 § 6)."""


def _extremes(operation: Operation, base: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield requests with seeds that are integers, which is all that is documented of them."""
    if "seed" in operation.request:
        for seed in _LARGEST:
            yield f"{BEYOND_PROMISE}seed is {seed}", worded(base, operation, seed=seed)


def _are_numbers(values: Iterable[Any]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _texted(operation: Operation) -> set[str]:
    """Return the fields whose content texts of our own stand for."""
    words = ("messages", "prompt", "input", "query", "documents")
    return {pointer.split("/")[1] for word in words if (pointer := operation.request.get(word))}


def _drawn(source: Source, operation: Operation, most: int, seed: int) -> Iterator[tuple[str, Any]]:
    """Yield what Schemathesis draws of all fields together."""
    for body in draw(source.bodies(operation), most, seed):
        if isinstance(body, dict):
            said = numbered(body)
            optional = sorted(set(said) - {"model", *_texted(operation)})
            streamed = pointed(said, operation.request.get("stream", "/stream")) is True
            yield f"drawn: {', '.join(optional) or 'required fields'}{', streamed' if streamed else ''}", said
