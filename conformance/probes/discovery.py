"""Finds out, before anything else is sent, whether a target answers and which models can be used there."""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.exchange.model import Ending, Exchange
from conformance.probes.asking import ask
from conformance.probes.call import Call
from conformance.probes.target import Target, pointed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Models, Operation

Discovery = Generator[Call, Exchange, Target]


def discover(target: Target) -> Discovery:
    """List the models and ask one for a word; returns the target with the models that probes use."""
    models = target.api.profile.models
    chats = [o for o in target.api.of_kind("chat") if o.streams != "always"]
    if models.operation:
        listed = yield target.call(target.api.operation(models.operation))
        target = _informed(target, models, _value(listed))
    for candidate in [target.model] if target.model else list(models.candidates):
        target = replace(target, model=candidate)
        answered = yield from _first_words(target, chats)
        if answered is None or answered.status in range(200, 300) or not _about_model(answered):
            break
    for operation in target.api.of_kind("health"):
        yield target.call(operation)
    return target


def _first_words(target: Target, chats: list[Operation]) -> Generator[Call, Exchange, Exchange | None]:
    last = None
    for operation in chats[:1]:
        last = yield target.call(operation, ask(target, operation))
    return last


def _informed(target: Target, models: Models, listing: object) -> Target:
    entries = [entry for entry in pointed_list(listing, models.items) if isinstance(entry, dict)]
    usable: list[str] = []
    embedding = ""
    aliases: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        name = pointed(entry, models.id)
        if not isinstance(name, str) or not name:
            continue
        if models.embedding_pattern and re.search(models.embedding_pattern, name):
            embedding = embedding or name
        elif all(pointed_any(entry, where) in {wanted, None} for where, wanted in models.usable_when.items()):
            usable.append(name)
            aliases[name] = tuple(n for n in _names(entry, models) if n != name)
    chosen = target.model or (usable[0] if usable else "")
    return replace(
        target,
        model=chosen,
        models=tuple(usable),
        aliases=aliases.get(chosen, ()),
        embedding_model=embedding or chosen,
    )


def _names(entry: dict[str, Any], models: Models) -> Iterator[str]:
    for pointer in models.also:
        found = (
            pointed_list(entry, pointer.removesuffix("/*"))
            if pointer.endswith("/*")
            else [pointed(entry, pointer)]
        )
        yield from (name for name in found if isinstance(name, str) and name)


def pointed_list(body: object, pointer: str) -> list[Any]:
    """Return the array that a pointer leads to, or an empty list."""
    found = pointed(body, pointer) if pointer else body
    return found if isinstance(found, list) else []


def pointed_any(body: object, pointer: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return what a pointer leads to through objects and arrays, or None."""
    here = body
    for token in pointer.split("/")[1:]:
        if isinstance(here, list) and token.isdigit() and int(token) < len(here):
            here = here[int(token)]
        elif isinstance(here, dict) and token in here:
            here = here[token]
        else:
            return None
    return here


def trouble(exchanges: list[Exchange]) -> str:
    """Return why nothing can be judged at this target in one line, or an empty text.

    Only where every exchange of the discovery failed in the same way is the target as a whole to blame.
    """
    kinds = {_kind(exchange) for exchange in exchanges}
    return kinds.pop() if len(kinds) == 1 else ""


def _kind(exchange: Exchange) -> str:
    if exchange.response is None:
        return _NO_ANSWER[exchange.ending].format(detail=exchange.detail)
    if exchange.response.status in {401, 403}:
        return f"the credential was refused (status {exchange.response.status})"
    if exchange.response.body.lstrip()[:1] == b"<" and b"<html" in exchange.response.body[:4096].lower():
        return "the target answers with an HTML page, not with this API: is the base URL right?"
    return ""


_NO_ANSWER = {
    Ending.REFUSED: "the target cannot be reached: {detail}",
    Ending.RESET: "the target closed the connection without an answer: {detail}",
    Ending.TIMED_OUT: "the target did not answer within the time limit: {detail}",
    Ending.MALFORMED: "the target does not speak HTTP: {detail}",
    Ending.CUT_SHORT: "the target broke off its answer: {detail}",
    Ending.ABANDONED: "the connection was closed before an answer came",
    Ending.COMPLETE: "the target did not answer",
}


def _about_model(exchange: Exchange) -> bool:
    return exchange.response is not None and b"model" in exchange.response.body.lower()


def _value(exchange: Exchange) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(exchange.response.body) if exchange.response else None
    except (ValueError, RecursionError):
        return None
