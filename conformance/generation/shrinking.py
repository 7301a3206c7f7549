"""Makes a failing request small: ever simpler requests, as long as they fail in the same way."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.generation.draft import Draft, addressed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Api, Operation
    from conformance.exchange.model import Exchange
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

Fails = Callable[["Exchange"], bool]

_SIMPLE = ("ok", "a")
_SHORT = 2
"""Characters of a text that is not made any shorter."""


def shrink(target: Target, draft: Draft, fails: Fails, most: int) -> Calls:
    """Send a failing request once more, then simpler ones, up to so many in all; the last that failed is the smallest.

    A simpler request is documented, and promised an answer, just as the first one is or is not. Where the first does
    not fail again, nothing else is sent.
    """
    operation = target.api.operation(draft.operation)
    found, tried = draft, {draft.text}
    if not fails((yield addressed(draft, target))):
        return
    left = most - 1
    candidates = _simpler(target.api, operation, found)
    while left > 0 and (candidate := next(candidates, None)):
        if candidate.text in tried:
            continue
        tried.add(candidate.text)
        left -= 1
        if fails((yield addressed(candidate, target))):
            found, candidates = candidate, _simpler(target.api, operation, candidate)


def as_draft(operation: Operation, exchange: Exchange, label: str, most: int) -> Draft:
    """Return the draft of a request that was sent as one of several."""
    body: Any = exchange.request.body
    with suppress(ValueError, RecursionError):
        body = json.loads(body)
    return Draft(operation.id, label, body if isinstance(body, dict) else exchange.request.body, most=most)


def _simpler(api: Api, operation: Operation, draft: Draft) -> Iterator[Draft]:
    """Yield simpler drafts that are as valid as the given one, the simplest first."""
    if not isinstance(draft.body, dict):
        return
    kind = _fault(api, operation, draft.body)
    for body in simpler(draft.body):
        if body.get("model") == draft.body.get("model") and _fault(api, operation, body) == kind:
            yield replace(draft, body=body)


def _fault(api: Api, operation: Operation, body: object) -> tuple[str, ...]:
    """Return what is wrong with a body, so that it is not made small into one that is wrong in another way."""
    problems = (api.schemas.problem(name, body) for name in (operation.request_schema, operation.promise))
    return tuple(f"{problem.where} {problem.expected}" if problem else "" for problem in problems)


def simpler(value: Any) -> Iterator[Any]:  # noqa: ANN401 - any JSON value
    """Yield JSON values that are simpler than a value: with less in it, each part as it was or simpler."""
    if isinstance(value, dict):
        yield from _fewer_members(value)
        for name, held in value.items():
            yield from ({**value, name: less} for less in simpler(held))
    elif isinstance(value, list):
        yield from _fewer_items(value)
        for place, held in enumerate(value):
            yield from ([*value[:place], less, *value[place + 1 :]] for less in simpler(held))
    elif isinstance(value, str):
        yield from _shorter(value)


def _fewer_members(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    names = list(value)
    half = len(names) // 2
    if half > 1:
        yield {name: value[name] for name in names if name in _ALWAYS}
        yield {name: value[name] for name in names[:half] if name not in _ALWAYS} | _kept(value)
        yield {name: value[name] for name in names[half:] if name not in _ALWAYS} | _kept(value)
    for gone in names:
        yield {name: held for name, held in value.items() if name != gone}


_ALWAYS = ("model", "messages", "prompt", "input", "query", "documents", "max_tokens", "parameters")
"""Members without which a request asks nothing, or may cost more."""


def _kept(value: dict[str, Any]) -> dict[str, Any]:
    return {name: held for name, held in value.items() if name in _ALWAYS}


def _fewer_items(value: list[Any]) -> Iterator[list[Any]]:
    if len(value) > 1:
        yield value[-1:]
        yield value[:1]
        yield value[len(value) // 2 :]
        for place in range(len(value)):
            yield [*value[:place], *value[place + 1 :]]


def _shorter(value: str) -> Iterator[str]:
    """Yield shorter texts, then one as long that is easier to read."""
    if len(value) <= _SHORT:
        return
    yield from (simple for simple in _SIMPLE if simple != value)
    half, quarter = len(value) // 2, len(value) // 4
    yield value[half:]
    yield value[:half]
    if quarter:
        yield value[quarter:]
        yield value[:-quarter]
    if set(value) != {"a"}:
        yield "a" * len(value)
