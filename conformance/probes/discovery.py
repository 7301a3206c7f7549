"""Finds out, before anything else is sent, whether a target answers and which models can be used there."""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeGuard

from conformance.exchange.model import Ending, Exchange
from conformance.exchange.visible import visible
from conformance.probes.asking import ask
from conformance.probes.call import Call
from conformance.probes.target import Target, pointed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Models, Operation

Discovery = Generator[Call, Exchange, Target]

MOST_RETRIES = 2
"""How often a model is asked again at most: without either word that it may refuse."""
NEWER_CAP = "max_completion_tokens"
_NAMED = re.compile(rb"\b(?:max_tokens|temperature)\b")
_UNPROCESSABLE = frozenset({400, 422})


def discover(target: Target) -> Discovery:
    """List the models and ask one for a word; returns the target with the models that probes use."""
    models = target.api.profile.models
    chats = [o for o in target.api.of_kind("chat") if o.streams != "always"]
    if models.operation:
        listed = yield target.call(target.api.operation(models.operation))
        target = _informed(target, models, _value(listed))
    for candidate in [target.model] if target.model else list(models.candidates):
        target, answered = yield from _first_words(replace(target, model=candidate), chats)
        if answered is None or answered.status in range(200, 300) or not _about_model(answered):
            break
    for operation in target.api.of_kind("health"):
        yield target.call(operation)
    return target


def _first_words(target: Target, chats: list[Operation]) -> Generator[Call, Exchange, tuple[Target, Exchange | None]]:
    """Ask for a word, again without what a refusal names; returns what the model takes, and the last answer.

    A model may take the cap by its newer name only, and no temperature but its own (OpenAI's guide to reasoning
    models). Where it helps nothing to do without them, the target stays as it was, as does the refusal.
    """
    if not chats:
        return target, None
    first = last = yield target.call(chats[0], ask(target, chats[0]))
    tried = target
    while (obliging := _without_named(tried, chats[0], last)) != tried:
        tried = obliging
        last = yield tried.call(chats[0], ask(tried, chats[0]))
    if last.status not in range(200, 300):
        return target, first
    return replace(tried, thinks=_is_thought_only(last)), last


def _without_named(target: Target, operation: Operation, answered: Exchange) -> Target:
    """Return the target without the words that a refusal names, which is as it was where there are none."""
    body = answered.response.body if answered.response and answered.status in _UNPROCESSABLE else b""
    named = set(_NAMED.findall(body))
    newer = b"max_tokens" in named and NEWER_CAP in operation.request
    return replace(target, cap=NEWER_CAP if newer else target.cap, cool=target.cool and b"temperature" not in named)


def _is_thought_only(answered: Exchange) -> bool:
    """Tell whether an answer used up its cap before it said anything."""
    choice = pointed(_value(answered), "/choices/0")
    message = pointed(choice, "/message")
    silent = isinstance(message, dict) and message.get("content") in (None, "") and not message.get("tool_calls")
    return silent and pointed(choice, "/finish_reason") == "length"


def _informed(target: Target, models: Models, listing: object) -> Target:
    entries = [entry for entry in pointed_list(listing, models.items) if isinstance(entry, dict)]
    usable: list[str] = []
    embedding = ""
    aliases: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        name = pointed(entry, models.id)
        if not _is_name(name):
            continue
        if models.embedding_pattern and re.search(models.embedding_pattern, name):
            embedding = embedding or name
        elif all(pointed(entry, where) in (wanted, None) for where, wanted in models.usable_when.items()):
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
        found = pointed_list(entry, pointer.removesuffix("/*")) if pointer.endswith("/*") else [pointed(entry, pointer)]
        yield from filter(_is_name, found)


def _is_name(value: object) -> TypeGuard[str]:
    """Tell whether a value can be sent as a name; half a surrogate pair cannot."""
    return isinstance(value, str) and value != "" and not any("\ud800" <= c <= "\udfff" for c in value)


def pointed_list(body: object, pointer: str) -> list[Any]:
    """Return the array that a pointer leads to, or an empty list."""
    found = pointed(body, pointer) if pointer else body
    return found if isinstance(found, list) else []


def trouble(target: Target, exchanges: list[Exchange]) -> str:
    """Return why nothing can be judged at this target in one line, or an empty text.

    Only where every exchange of the discovery failed in the same way is the target as a whole to blame. A health
    check may be open to all, so it says nothing of the credential.
    """
    open_to_all = {target.call(operation).url for operation in target.api.of_kind("health")}
    if all(_refuses(exchange) for exchange in exchanges if exchange.request.url not in open_to_all):
        exchanges = [exchange for exchange in exchanges if exchange.request.url not in open_to_all] or exchanges
    kinds = dict(map(_kind, reversed(exchanges)))
    return next(iter(kinds.values())) if len(kinds) == 1 else ""


def _refuses(exchange: Exchange) -> bool:
    return exchange.status in {401, 403}


def _kind(exchange: Exchange) -> tuple[str, str]:
    """Return in which way an exchange failed, and what to say of it; empty texts where it did not fail."""
    response = exchange.response
    if response is None:
        return exchange.ending, _NO_ANSWER[exchange.ending].format(detail=exchange.detail)
    if _refuses(exchange):
        return "credential", f"the credential was refused (status {response.status})"
    if 300 <= response.status < 400:
        place = visible(response.header("location") or "elsewhere", most=200)
        return "redirect", f"the target redirects every request, to {place}: is the base URL right?"
    if response.body.lstrip()[:1] == b"<" and b"<html" in response.body[:4096].lower():
        return "page", "the target answers with an HTML page, not with this API: is the base URL right?"
    return "", ""


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
