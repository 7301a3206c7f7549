"""Deviations outside chats that only an unusual request shows: text completions, embeddings, paths, queries."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.reference.deviations.registry import OPENAI, breaks
from conformance.reference.deviations.unusualfaults import bent, failing, paged
from conformance.reference.deviations.unusualreading import said

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond

_BATCH = 8


@breaks("embeddings.one-per-input", apis=("cloud-temple", "openai"), generated=True)
@breaks("embeddings.counted", apis=OPENAI, generated=True)
def repeated_inputs_merged(incoming: Incoming, respond: Respond) -> Answer:
    """Answers inputs that are the same with one vector."""
    return respond(_merged(incoming, "createEmbedding", "input"))


@breaks("completions.prompts", apis=("openai",), generated=True)
def repeated_prompts_merged(incoming: Incoming, respond: Respond) -> Answer:
    """Completes prompts that are the same once."""
    return respond(_merged(incoming, "createCompletion", "prompt"))


def _merged(incoming: Incoming, operation: str, name: str) -> Incoming:
    given = said(incoming).get(name) if incoming.operation == operation else None
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        return incoming
    return replace(incoming, json={**said(incoming), name: list(dict.fromkeys(given))})


@breaks("embeddings.counted", apis=("openai",), generated=True)
def inputs_after_the_eighth_dropped(incoming: Incoming, respond: Respond) -> Answer:
    """Answers no more than the first eight of a few inputs with a vector."""
    given = said(incoming).get("input") if incoming.operation == "createEmbedding" else None
    more = isinstance(given, list) and _BATCH < len(given) < 2 * _BATCH
    return bent(incoming, respond, lambda body: body.update(data=body["data"][:_BATCH]), where=more)


@breaks("completions.shape", apis=("cloud-temple", "openai"), generated=True)
def empty_prompt_has_no_choices(incoming: Incoming, respond: Respond) -> Answer:
    """Completes the empty prompt with no choices at all."""
    empty = incoming.operation == "createCompletion" and said(incoming).get("prompt") == ""
    return bent(incoming, respond, lambda body: body.update(choices=None), where=empty)


@breaks("robustness.no-5xx", apis=("multi-llm", "openai"), generated=True)
@breaks("errors.envelope", apis=("multi-llm",), generated=True)
@breaks("errors.shape", apis=("openai",), generated=True)
def model_path_beyond_ascii_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a path with a model's name beyond ASCII with the 500 page of a proxy."""
    return paged(incoming, respond, where=not all(name.isascii() for name in incoming.path_parameters.values()))


@breaks("robustness.no-5xx", "stats-usage.offered", apis=("multi-llm",), generated=True)
def leap_day_fails(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 500 to a period that begins or ends on 29 February."""
    days = [incoming.query.get(name, "") for name in ("start_date", "end_date")]
    return failing(incoming, respond, where=any(day.endswith("-02-29") for day in days))
