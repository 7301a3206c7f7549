"""Deviations of text completions: their choices, their shape, their log probabilities."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.options import refused
from conformance.reference.deviations.registry import OPENAI, breaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.answer import Answer, Incoming, Respond

Choice = dict[str, Any]


def _said(incoming: Incoming) -> dict[str, Any]:
    """Return the JSON object that was sent for a completion; empty where there is none."""
    return incoming.json if incoming.operation == "createCompletion" and isinstance(incoming.json, dict) else {}


def _resaid(incoming: Incoming, respond: Respond, **said: object) -> Answer:
    """Answer as if the request had said something else; None leaves a field out."""
    if not _said(incoming):
        return respond(incoming)
    kept = {name: value for name, value in (_said(incoming) | said).items() if value is not None}
    return respond(replace(incoming, json=kept))


def _each_body(incoming: Incoming, respond: Respond, bend: Callable[[dict[str, Any]], object]) -> Answer:
    """Answer with a whole completion, or each of its chunks, bent in place."""
    answer = respond(incoming)
    if incoming.operation == "createCompletion" and answer.status == 200:
        for body in [answer.body] if answer.frames is None else [frame.data for frame in answer.frames]:
            if isinstance(body, dict):
                bend(body)
    return answer


def _each_choice(incoming: Incoming, respond: Respond, bend: Callable[[Choice], object]) -> Answer:
    return _each_body(incoming, respond, lambda body: [bend(choice) for choice in body["choices"]])


def _whole(incoming: Incoming, respond: Respond, bend: Callable[[dict[str, Any]], object]) -> Answer:
    """Answer with a whole completion bent in place."""
    return respond(incoming) if _said(incoming).get("stream") is True else _each_body(incoming, respond, bend)


def _each_logprobs(incoming: Incoming, respond: Respond, bend: Callable[[Choice], object]) -> Answer:
    """Answer with the log probabilities of each choice bent in place."""
    return _each_choice(incoming, respond, lambda choice: choice.get("logprobs") and bend(choice["logprobs"]))


@breaks("completions.offered", apis=("cloud-temple", "openai"), bugs=("cmp-endpoint-gateway",))
def completions_route_missing(incoming: Incoming, respond: Respond) -> Answer:
    """Has no operation for text completions."""
    missing = incoming.operation == "createCompletion"
    return refused(incoming, respond, "Not Found", 404) if missing else respond(incoming)


@breaks("completions.shape", apis=("cloud-temple", "openai"), bugs=("cmp-object",))
def completions_named_chat(incoming: Incoming, respond: Respond) -> Answer:
    """Calls a whole text completion a chat completion."""
    return _whole(incoming, respond, lambda body: body.update(object="chat.completion"))


@breaks("completions.chunk-shape", apis=OPENAI, bugs=("cmp-object",))
def completions_chunks_named_chunk(incoming: Incoming, respond: Respond) -> Answer:
    """Calls the chunks of a text completion `text_completion.chunk`."""

    def bend(body: dict[str, Any]) -> None:
        if _said(incoming).get("stream") is True:
            body["object"] = "text_completion.chunk"

    return _each_body(incoming, respond, bend)


@breaks("completions.chunk-shape", apis=OPENAI, bugs=("cmp-delta",))
def completions_chunks_with_delta(incoming: Incoming, respond: Respond) -> Answer:
    """Streams the text of a completion in a chat's delta."""

    def bend(choice: Choice) -> None:
        if _said(incoming).get("stream") is True:
            choice["delta"] = {"content": choice.pop("text")}

    return _each_choice(incoming, respond, bend)


@breaks("completions.prompts", apis=OPENAI, bugs=("cmp-prompt-array",))
def completions_first_prompt_only(incoming: Incoming, respond: Respond) -> Answer:
    """Goes on with the first of several prompts only."""
    said = _said(incoming).get("prompt")
    return _resaid(incoming, respond, prompt=said[0] if isinstance(said, list) and said else said)


@breaks("completions.prompts", apis=OPENAI, bugs=("cmp-prompt-array",))
def completions_prompts_joined(incoming: Incoming, respond: Respond) -> Answer:
    """Takes several prompts for one long one."""
    said = _said(incoming).get("prompt")
    texts = [each for each in said if isinstance(each, str)] if isinstance(said, list) else []
    return _resaid(incoming, respond, prompt=" ".join(texts) or said)


@breaks("completions.n", apis=OPENAI, bugs=("cmp-n-best-of",))
def completions_n_ignored(incoming: Incoming, respond: Respond) -> Answer:
    """Has one choice for each prompt, however many were asked for."""
    return _resaid(incoming, respond, n=None)


@breaks("completions.indices", apis=OPENAI, bugs=("cmp-prompt-array",))
def completions_indices_all_zero(incoming: Incoming, respond: Respond) -> Answer:
    """Gives every choice of a whole completion the index 0."""
    return _whole(incoming, respond, lambda body: [choice.update(index=0) for choice in body["choices"]])


@breaks("completions.prompt-order", apis=OPENAI, bugs=("cmp-prompt-array",))
def completions_prompts_swapped(incoming: Incoming, respond: Respond) -> Answer:
    """Goes on with several prompts in the reverse order."""
    said = _said(incoming).get("prompt")
    several = isinstance(said, list) and all(isinstance(each, str) for each in said)
    return _resaid(incoming, respond, prompt=said[::-1]) if several and said else respond(incoming)


@breaks("completions.echo", "completions.echo-logprobs", apis=OPENAI, bugs=("cmp-echo-logprobs",))
def completions_echo_ignored(incoming: Incoming, respond: Respond) -> Answer:
    """Does not repeat the prompt although it was asked to."""
    return _resaid(incoming, respond, echo=None)


@breaks("completions.echo-logprobs", apis=OPENAI, bugs=("cmp-echo-logprobs",))
def completions_echo_without_logprobs(incoming: Incoming, respond: Respond) -> Answer:
    """Has log probabilities of the answer only, where the prompt is repeated."""

    def bend(logprobs: Choice) -> None:
        if _said(incoming).get("echo") is True:
            logprobs.update({name: values[-2:] for name, values in logprobs.items()})

    return _each_logprobs(incoming, respond, bend)


@breaks("completions.echo-logprobs", apis=OPENAI, weakly=True, bugs=("cmp-echo-logprobs",))
def completions_first_token_likely(incoming: Incoming, respond: Respond) -> Answer:
    """Gives the first token of the prompt a probability."""

    def bend(logprobs: Choice) -> None:
        logprobs["token_logprobs"] = [chance or 0.0 for chance in logprobs["token_logprobs"]]

    return _each_logprobs(incoming, respond, bend)


@breaks("completions.logprobs", apis=OPENAI, bugs=("cmp-logprobs-shape",))
def completions_logprobs_ignored(incoming: Incoming, respond: Respond) -> Answer:
    """Has no log probabilities although they were asked for."""
    return _resaid(incoming, respond, logprobs=None)


@breaks("completions.logprobs", apis=OPENAI, bugs=("cmp-logprobs-shape",))
def completions_logprobs_not_streamed(incoming: Incoming, respond: Respond) -> Answer:
    """Has no log probabilities in a stream although they were asked for."""
    streamed = _said(incoming).get("stream") is True
    return _resaid(incoming, respond, logprobs=None) if streamed else respond(incoming)


@breaks("completions.logprobs-shape", apis=OPENAI, bugs=("cmp-logprobs-shape",))
def completions_logprobs_as_chat(incoming: Incoming, respond: Respond) -> Answer:
    """Writes log probabilities as a chat has them."""

    def bend(logprobs: Choice) -> None:
        pairs = zip(logprobs["tokens"], logprobs["token_logprobs"], strict=True)
        content = [{"token": token, "logprob": chance, "bytes": None, "top_logprobs": []} for token, chance in pairs]
        logprobs.clear()
        logprobs["content"] = content

    return _each_logprobs(incoming, respond, bend)


@breaks("completions.logprobs-shape", apis=OPENAI, bugs=("cmp-logprobs-shape",))
def completions_logprobs_of_two_lengths(incoming: Incoming, respond: Respond) -> Answer:
    """Has no entry in the array of probabilities for a token that has none."""
    return _each_logprobs(incoming, respond, lambda logprobs: logprobs["token_logprobs"].pop())


@breaks("completions.logprobs-shape", apis=OPENAI, weakly=True, bugs=("cmp-logprobs-shape",))
def completions_logprobs_without_offsets(incoming: Incoming, respond: Respond) -> Answer:
    """Does not say at which character each token begins."""
    return _each_logprobs(incoming, respond, lambda logprobs: logprobs.pop("text_offset"))


@breaks("completions.logprobs-most", apis=OPENAI, bugs=("cmp-logprobs-type",))
def completions_many_alternatives(incoming: Incoming, respond: Respond) -> Answer:
    """Has twenty alternatives to each token, however few were asked for."""

    def bend(logprobs: Choice) -> None:
        many = {f" word{place}": -9.0 - place for place in range(20)}
        logprobs["top_logprobs"] = [each and many for each in logprobs["top_logprobs"]]

    return _each_logprobs(incoming, respond, bend)


@breaks("completions.logprobs-most", apis=OPENAI, bugs=("cmp-logprobs-type",))
def completions_no_alternatives(incoming: Incoming, respond: Respond) -> Answer:
    """Takes the number of alternatives for a flag, and has none."""
    return _each_logprobs(
        incoming, respond, lambda logprobs: logprobs.update(top_logprobs=[{} for _ in logprobs["top_logprobs"]])
    )


@breaks("completions.logprobs-key", apis=OPENAI, bugs=("cmp-logprobs-key-missing",))
def completions_without_logprobs_key(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves null log probabilities out of a choice."""

    def bend(choice: Choice) -> None:
        if choice.get("logprobs") is None:
            choice.pop("logprobs", None)

    return _each_choice(incoming, respond, bend)
