"""Legal variations of models, embeddings and text completions: they break no promise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.options import refused
from conformance.reference.deviations.registry import OPENAI_LIKE, breaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.answer import Answer, Incoming, Respond

_NOISE = 1e-5


def _bodies(incoming: Incoming, respond: Respond, operation: str, bend: Callable[[dict[str, Any]], object]) -> Answer:
    """Answer with the whole body, or each chunk, of an operation bent in place."""
    answer = respond(incoming)
    if incoming.operation == operation and answer.status == 200:
        for body in [answer.body] if answer.frames is None else [frame.data for frame in answer.frames]:
            if isinstance(body, dict):
                bend(body)
    return answer


def _said(incoming: Incoming, operation: str) -> dict[str, Any]:
    return incoming.json if incoming.operation == operation and isinstance(incoming.json, dict) else {}


@breaks(apis=OPENAI_LIKE)
def legal_vectors_with_noise(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: has vectors that differ a little with the number of texts in the request."""

    def bend(body: dict[str, Any]) -> None:
        for entry in body["data"]:
            if not isinstance(entry["embedding"], str):
                shift = _NOISE * len(body["data"])
                entry["embedding"] = [x + shift * (-1) ** i for i, x in enumerate(entry["embedding"])]

    return _bodies(incoming, respond, "createEmbedding", bend)


@breaks(apis=OPENAI_LIKE)
def legal_dimensions_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses vectors of another length than its model's."""
    said = _said(incoming, "createEmbedding").get("dimensions")
    fewer = said is not None and said != 768
    return refused(incoming, respond, "the model's vectors have 768 numbers") if fewer else respond(incoming)


@breaks(apis=OPENAI_LIKE)
def legal_long_texts_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses to embed texts of more than five hundred words or so."""
    long = len(str(_said(incoming, "createEmbedding").get("input"))) > 4_000
    return refused(incoming, respond, "the text is too long: 512 tokens at most", 413) if long else respond(incoming)


@breaks(apis=OPENAI_LIKE)
def legal_empty_text_embedded(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: embeds the empty text."""
    said = _said(incoming, "createEmbedding")
    if said.get("input") == "":
        said["input"] = " "
    return respond(incoming)


@breaks(apis=OPENAI_LIKE)
def legal_choices_in_any_order(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: has the choices of a text completion in another order than their indices."""
    return _bodies(incoming, respond, "createCompletion", lambda body: body["choices"].reverse())


@breaks(apis=OPENAI_LIKE)
def legal_several_prompts_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses several prompts, several choices, the prompt repeated, and log probabilities."""
    said = _said(incoming, "createCompletion")
    asked = isinstance(said.get("prompt"), list) or any(said.get(name) for name in ("n", "echo", "logprobs"))
    return refused(incoming, respond, "not supported") if asked else respond(incoming)


@breaks(apis=OPENAI_LIKE)
def legal_prompt_begins_with_mark(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: counts the mark of the beginning as the first token of a repeated prompt."""

    def bend(body: dict[str, Any]) -> None:
        for choice in body["choices"]:
            found = choice.get("logprobs")
            if found and _said(incoming, "createCompletion").get("echo"):
                found["tokens"].insert(0, "<s>")
                found["token_logprobs"].insert(0, None)
                found["top_logprobs"].insert(0, None)
                found["text_offset"].insert(0, 0)

    return _bodies(incoming, respond, "createCompletion", bend)


@breaks(apis=OPENAI_LIKE)
def legal_logprobs_null_in_last_chunk(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: leaves log probabilities out of chunks that have none."""

    def bend(body: dict[str, Any]) -> None:
        for choice in body["choices"]:
            if body.get("usage") is None and choice.get("logprobs") is None:
                choice.pop("logprobs", None)

    streamed = _said(incoming, "createCompletion").get("stream") is True
    return _bodies(incoming, respond, "createCompletion", bend) if streamed else respond(incoming)


@breaks(apis=OPENAI_LIKE)
def legal_models_with_further_fields(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: tells of its models what no document names."""

    def bend(body: dict[str, Any]) -> None:
        for model in body["data"]:
            model.update(root=model["id"], parent=None, permission=[], max_model_len=32_768, shutdown_date=None)

    return _bodies(incoming, respond, "listModels", bend)


@breaks(apis=OPENAI_LIKE)
def legal_model_made_for_completions(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: lists a model that is made for another operation than chat."""
    other = _said(incoming, "createChatCompletion").get("model") == "reference-lab/reference-large"
    text = "This is not a chat model and thus not supported in the v1/chat/completions endpoint."
    return refused(incoming, respond, text, 404) if other else respond(incoming)
