"""Deviations of text completions, embeddings, ranking and transcription."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.options import refused
from conformance.reference.deviations.registry import breaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.answer import Answer, Incoming, Respond

_CLOUD_TEMPLE = ("cloud-temple",)


def _bent(operation: str, incoming: Incoming, respond: Respond, bend: Callable[[dict[str, Any]], object]) -> Answer:
    answer = respond(incoming)
    if incoming.operation == operation and answer.status == 200 and isinstance(answer.body, dict):
        bend(answer.body)
    return answer


@breaks("completions.offered", apis=_CLOUD_TEMPLE)
def completions_not_there(incoming: Incoming, respond: Respond) -> Answer:
    """Does not know the operation for text completions."""
    return (
        refused(incoming, respond, "Not Found", 404) if incoming.operation == "createCompletion" else respond(incoming)
    )


@breaks("completions.shape", apis=_CLOUD_TEMPLE)
def completions_without_text(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the text out of a completion."""
    return _bent("createCompletion", incoming, respond, lambda body: [c.pop("text", None) for c in body["choices"]])


@breaks("embeddings.offered", apis=_CLOUD_TEMPLE)
def embeddings_not_there(incoming: Incoming, respond: Respond) -> Answer:
    """Does not know the operation for embeddings."""
    return (
        refused(incoming, respond, "Not Found", 404) if incoming.operation == "createEmbedding" else respond(incoming)
    )


@breaks("embeddings.shape", apis=_CLOUD_TEMPLE)
def embeddings_without_usage(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the usage out of an answer with embeddings."""
    return _bent("createEmbedding", incoming, respond, lambda body: body.pop("usage"))


@breaks("embeddings.one-per-input", apis=_CLOUD_TEMPLE)
def embeddings_only_first(incoming: Incoming, respond: Respond) -> Answer:
    """Makes a vector of the first input only."""
    return _bent("createEmbedding", incoming, respond, lambda body: body.update(data=body["data"][:1]))


@breaks("embeddings.one-per-input", apis=_CLOUD_TEMPLE)
def embeddings_reversed(incoming: Incoming, respond: Respond) -> Answer:
    """Sends the vectors in the reverse order of the inputs."""
    return _bent("createEmbedding", incoming, respond, lambda body: body["data"].reverse())


@breaks("embeddings.one-per-input", apis=_CLOUD_TEMPLE)
def embeddings_of_two_lengths(incoming: Incoming, respond: Respond) -> Answer:
    """Makes the last of several vectors shorter."""

    def shorten(body: dict[str, Any]) -> None:
        body["data"][-1]["embedding"] = body["data"][-1]["embedding"][:-1]

    return _bent("createEmbedding", incoming, respond, shorten)


@breaks("rerank.offered", apis=_CLOUD_TEMPLE)
def rerank_not_there(incoming: Incoming, respond: Respond) -> Answer:
    """Does not know the operation that ranks documents."""
    return refused(incoming, respond, "Not Found", 404) if incoming.operation == "rerank" else respond(incoming)


@breaks("rerank.shape", apis=_CLOUD_TEMPLE)
def rerank_score_as_text(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the scores of ranked documents as texts."""

    def bend(body: dict[str, Any]) -> None:
        for result in body["results"]:
            result["relevance_score"] = str(result["relevance_score"])

    return _bent("rerank", incoming, respond, bend)


@breaks("rerank.sorted", apis=_CLOUD_TEMPLE)
def rerank_worst_first(incoming: Incoming, respond: Respond) -> Answer:
    """Ranks the worst document first."""
    return _bent("rerank", incoming, respond, lambda body: body["results"].reverse())


@breaks("rerank.sorted", apis=_CLOUD_TEMPLE)
def rerank_top_n_ignored(incoming: Incoming, respond: Respond) -> Answer:
    """Ranks all documents although fewer were asked for."""
    if incoming.operation == "rerank" and isinstance(incoming.json, dict):
        incoming.json.pop("top_n", None)
    return respond(incoming)


@breaks("transcription.offered", apis=_CLOUD_TEMPLE)
def transcription_not_there(incoming: Incoming, respond: Respond) -> Answer:
    """Does not know the operation that writes down recordings."""
    return (
        refused(incoming, respond, "Not Found", 404)
        if incoming.operation == "createTranscription"
        else respond(incoming)
    )


@breaks("transcription.shape", apis=_CLOUD_TEMPLE)
def transcription_without_text(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a recording with the duration instead of the text."""
    return _bent("createTranscription", incoming, respond, lambda body: body.update(text=None))
