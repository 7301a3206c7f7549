"""Deviations of log probabilities, and of several choices."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.chat import bent, sent
from conformance.reference.deviations.registry import breaks
from conformance.reference.deviations.streambending import chunks_of, each_choice

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.answer import Answer, Incoming, Respond

_Choice = dict[str, Any]


def whole_choice(incoming: Incoming, respond: Respond, bend: Callable[[_Choice], object]) -> Answer:
    """Answer with each choice of whole answers that has log probabilities bent in place."""
    return bent(incoming, respond, lambda body: [bend(choice) for choice in body["choices"] if choice.get("logprobs")])


def every_choice(incoming: Incoming, respond: Respond, bend: Callable[[_Choice], object]) -> Answer:
    """Answer with each choice that has log probabilities bent in place, whole or in a chunk."""
    streamed = sent(incoming).get("stream") is True
    if not streamed:
        return whole_choice(incoming, respond, bend)
    return each_choice(incoming, respond, lambda choice: bend(choice) if choice.get("logprobs") else None)


def each_entry(incoming: Incoming, respond: Respond, bend: Callable[[dict[str, Any]], object]) -> Answer:
    """Answer with each log probability bent in place."""
    return every_choice(incoming, respond, lambda choice: [bend(entry) for entry in choice["logprobs"]["content"]])


@breaks("logprobs.given", apis=("genos", "openai"), bugs=("res-logprobs-ignored",))
def logprobs_ignored(incoming: Incoming, respond: Respond) -> Answer:
    """Gives no log probabilities in whole answers."""
    return whole_choice(incoming, respond, lambda choice: choice.update(logprobs=None))


@breaks("logprobs.streamed", apis=("genos", "openai"), bugs=("chk-logprobs-dropped",))
@breaks("stream.chunk-shape", apis=("genos",), weakly=True)
def logprobs_ignored_in_streams(incoming: Incoming, respond: Respond) -> Answer:
    """Gives no log probabilities in streams."""
    return each_choice(incoming, respond, lambda choice: choice.pop("logprobs", None))


@breaks("logprobs.streamed", apis=("genos", "openai"), bugs=("chk-logprobs-dropped",))
def logprobs_of_the_last_chunk(incoming: Incoming, respond: Respond) -> Answer:
    """Gives the log probabilities of the last piece of a stream alone."""
    answer = respond(incoming)
    told = [c for chunk in chunks_of(answer, incoming) for c in chunk["choices"] if c.get("logprobs")]
    for choice in told[:-1]:
        choice["logprobs"] = None
    return answer


@breaks("logprobs.shape", apis=("genos", "openai"), bugs=("res-logprobs-legacy-shape",))
def logprobs_of_texts(incoming: Incoming, respond: Respond) -> Answer:
    """Gives the log probabilities of chat answers as those of text completions."""

    def bend(choice: _Choice) -> None:
        entries = choice["logprobs"]["content"]
        choice["logprobs"] = {
            "tokens": [entry["token"] for entry in entries],
            "token_logprobs": [entry["logprob"] for entry in entries],
            "top_logprobs": [{other["token"]: other["logprob"] for other in e["top_logprobs"]} for e in entries],
            "text_offset": list(range(len(entries))),
        }

    return every_choice(incoming, respond, bend)


@breaks("logprobs.shape", apis=("genos", "openai"), bugs=("res-logprobs-float",))
@breaks("stream.chunk-shape", apis=("genos",), weakly=True)
def logprobs_as_number(incoming: Incoming, respond: Respond) -> Answer:
    """Gives one number for the log probabilities of a choice."""
    return every_choice(incoming, respond, lambda choice: choice.update(logprobs=-0.1))


@breaks("logprobs.entries", apis=("genos", "openai"), bugs=("res-logprob-null-entry",))
def logprob_null(incoming: Incoming, respond: Respond) -> Answer:
    """Says null where a log probability is."""
    return each_entry(incoming, respond, lambda entry: entry.update(logprob=None))


@breaks("chat.shape", "content.json-type", apis=("genos", "openai"), bugs=("res-logprob-null-entry",))
def logprob_infinite(incoming: Incoming, respond: Respond) -> Answer:
    """Writes -Infinity for the log probability of what never happens, which JSON does not have."""
    answer = respond(incoming)
    if sent(incoming).get("stream") is True:
        return answer
    for choice in answer.body.get("choices", ()) if isinstance(answer.body, dict) else ():
        for entry in (choice.get("logprobs") or {}).get("content") or ():
            entry["logprob"] = float("-inf")
    return answer


@breaks("logprobs.entries", apis=("genos",), bugs=("res-logprob-null-entry",))
@breaks("logprobs.entries", apis=("openai",), weakly=True)
def logprob_without_alternatives(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the list of alternatives out of each log probability."""
    return each_entry(incoming, respond, lambda entry: entry.pop("top_logprobs"))


@breaks("logprobs.alternatives", apis=("genos", "openai"))
def logprob_alternatives_ignored(incoming: Incoming, respond: Respond) -> Answer:
    """Gives no alternatives to a token."""
    return each_entry(incoming, respond, lambda entry: entry.update(top_logprobs=[]))


@breaks("logprobs.alternatives", apis=("genos", "openai"))
def logprob_alternatives_all(incoming: Incoming, respond: Respond) -> Answer:
    """Gives 20 alternatives to a token, however many are asked for."""
    return each_entry(incoming, respond, lambda entry: entry.update(top_logprobs=entry["top_logprobs"][:1] * 20))


@breaks("choices.count", apis=("genos", "openai"), bugs=("sem-n-ignored",))
def choices_only_one(incoming: Incoming, respond: Respond) -> Answer:
    """Answers with one choice, however many are asked for."""
    return respond(_of_one(incoming))


@breaks("choices.streamed", apis=("genos",), bugs=("chk-index-n-gt-1",))
@breaks("choices.streamed", apis=("openai",), weakly=True)
def choices_only_one_streamed(incoming: Incoming, respond: Respond) -> Answer:
    """Streams one choice, however many are asked for."""
    return respond(_of_one(incoming) if sent(incoming).get("stream") is True else incoming)


def _of_one(incoming: Incoming) -> Incoming:
    said = sent(incoming)
    return replace(incoming, json=said | {"n": 1}) if said.get("n") == 2 else incoming


@breaks("choices.streamed", apis=("genos", "openai"), bugs=("chk-index-n-gt-1",))
def choices_under_one_index(incoming: Incoming, respond: Respond) -> Answer:
    """Streams several choices under the index 0."""
    return each_choice(incoming, respond, lambda choice: choice.update(index=0))
