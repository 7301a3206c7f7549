"""Deviations of embeddings: their codings, their order, their lengths, and what is refused."""

from __future__ import annotations

import base64
import json
import struct
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.options import refused
from conformance.reference.deviations.registry import OPENAI, breaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.answer import Answer, Incoming, Respond

_FEW_TOKENS = 2_000
"""Characters that make about 512 tokens."""
Entry = dict[str, Any]


def _said(incoming: Incoming) -> dict[str, Any]:
    """Return the JSON object that was sent for embeddings; empty where there is none."""
    return incoming.json if incoming.operation == "createEmbedding" and isinstance(incoming.json, dict) else {}


def _bent(incoming: Incoming, respond: Respond, bend: Callable[[dict[str, Any]], object]) -> Answer:
    answer = respond(incoming)
    if incoming.operation == "createEmbedding" and answer.status == 200 and isinstance(answer.body, dict):
        bend(answer.body)
    return answer


def _each(incoming: Incoming, respond: Respond, bend: Callable[[Entry], object]) -> Answer:
    return _bent(incoming, respond, lambda body: [bend(entry) for entry in body["data"]])


def _resaid(incoming: Incoming, respond: Respond, **said: object) -> Answer:
    """Answer as if the request had said something else; None leaves a field out."""
    if not _said(incoming):
        return respond(incoming)
    kept = {name: value for name, value in (_said(incoming) | said).items() if value is not None}
    return respond(replace(incoming, json=kept))


def _recoded(incoming: Incoming, respond: Respond, write: Callable[[bytes], str]) -> Answer:
    """Answer with the bytes of base64 vectors written otherwise."""

    def bend(entry: Entry) -> None:
        if isinstance(entry["embedding"], str):
            entry["embedding"] = write(base64.b64decode(entry["embedding"]))

    return _each(incoming, respond, bend)


def _texted(content: bytes) -> str:
    return base64.b64encode(content).decode()


@breaks("embeddings.offered", apis=("cloud-temple", "openai"))
def embeddings_route_missing(incoming: Incoming, respond: Respond) -> Answer:
    """Has no operation for embeddings."""
    missing = incoming.operation == "createEmbedding"
    return refused(incoming, respond, "Not Found", 404) if missing else respond(incoming)


@breaks("embeddings.base64-accepted", apis=OPENAI, bugs=("emb-base64-unsupported",))
def embeddings_base64_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses to write vectors in base64."""
    asked = _said(incoming).get("encoding_format") == "base64"
    return refused(incoming, respond, "encoding_format must be float") if asked else respond(incoming)


@breaks("embeddings.base64", apis=OPENAI, bugs=("emb-base64-unsupported", "emb-base64-garbage"))
def embeddings_base64_as_list(incoming: Incoming, respond: Respond) -> Answer:
    """Writes lists of numbers although base64 was asked for."""
    return _resaid(incoming, respond, encoding_format=None)


@breaks("embeddings.base64-floats", apis=OPENAI, bugs=("emb-base64-garbage",))
def embeddings_base64_of_doubles(incoming: Incoming, respond: Respond) -> Answer:
    """Writes 64-bit floats in base64."""

    def write(content: bytes) -> str:
        floats = struct.unpack(f"<{len(content) // 4}f", content)
        return _texted(struct.pack(f"<{len(floats)}d", *floats))

    return _recoded(incoming, respond, write)


@breaks("embeddings.base64-floats", apis=OPENAI, bugs=("emb-base64-garbage",))
def embeddings_base64_big_endian(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the floats in base64 with their highest byte first."""

    def write(content: bytes) -> str:
        return _texted(b"".join(content[i : i + 4][::-1] for i in range(0, len(content), 4)))

    return _recoded(incoming, respond, write)


@breaks("embeddings.base64-floats", apis=OPENAI, bugs=("emb-base64-garbage",))
def embeddings_base64_url_safe(incoming: Incoming, respond: Respond) -> Answer:
    """Writes vectors in the URL-safe alphabet of base64."""
    return _recoded(incoming, respond, lambda content: base64.urlsafe_b64encode(content).decode())


@breaks("embeddings.tokens", apis=OPENAI, bugs=("emb-token-array-rejected",))
def embeddings_tokens_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses lists of tokens."""
    said = _said(incoming).get("input")
    texts = isinstance(said, str) or (isinstance(said, list) and all(isinstance(each, str) for each in said))
    return respond(incoming) if texts or said is None else refused(incoming, respond, "input must be text", 422)


@breaks("embeddings.batch", apis=OPENAI, bugs=("emb-batch-limit",))
def embeddings_few_at_once(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses more than 32 texts at once."""
    said = _said(incoming).get("input")
    many = isinstance(said, list) and len(said) > 32
    return refused(incoming, respond, "batch size is limited to 32", 413) if many else respond(incoming)


@breaks("embeddings.counted", apis=OPENAI, bugs=("emb-200-empty-data",))
def embeddings_tokens_as_one(incoming: Incoming, respond: Respond) -> Answer:
    """Takes all lists of tokens of a request for one input."""

    def bend(body: dict[str, Any]) -> None:
        if isinstance(_said(incoming)["input"][0], list):
            body["data"] = body["data"][:1]

    return _bent(incoming, respond, bend)


@breaks(
    "embeddings.counted", "embeddings.one-per-input", "embeddings.shape", apis=("openai",), bugs=("emb-200-empty-data",)
)
@breaks("embeddings.one-per-input", "embeddings.shape", apis=("cloud-temple",))
def embeddings_without_data(incoming: Incoming, respond: Respond) -> Answer:
    """Answers with an empty list of vectors."""
    return _bent(incoming, respond, lambda body: body.update(data=[]))


@breaks("embeddings.order", apis=("cloud-temple", "openai"), bugs=("emb-order-index",))
def embeddings_vectors_backwards(incoming: Incoming, respond: Respond) -> Answer:
    """Has the vectors in the reverse order of the inputs, numbered from 0 on."""

    def bend(body: dict[str, Any]) -> None:
        vectors = [entry["embedding"] for entry in body["data"]]
        for entry, vector in zip(body["data"], reversed(vectors), strict=True):
            entry["embedding"] = vector

    return _bent(incoming, respond, bend)


@breaks("embeddings.one-per-input", apis=("cloud-temple", "openai"), bugs=("emb-order-index",))
def embeddings_index_all_zero(incoming: Incoming, respond: Respond) -> Answer:
    """Gives every vector the index 0."""
    return _each(incoming, respond, lambda entry: entry.update(index=0))


@breaks("embeddings.one-per-input", "embeddings.order", apis=("cloud-temple", "openai"), bugs=("emb-order-index",))
def embeddings_index_backwards(incoming: Incoming, respond: Respond) -> Answer:
    """Numbers the vectors backwards."""

    def bend(body: dict[str, Any]) -> None:
        for entry in body["data"]:
            entry["index"] = len(body["data"]) - 1 - entry["index"]

    return _bent(incoming, respond, bend)


@breaks("embeddings.nonzero", apis=("cloud-temple", "openai"), bugs=("emb-null-nan",))
def embeddings_zero_in_batches(incoming: Incoming, respond: Respond) -> Answer:
    """Has a vector of zeros at the end of a batch."""

    def bend(body: dict[str, Any]) -> None:
        if len(body["data"]) > 1:
            body["data"][-1]["embedding"] = [0.0] * len(body["data"][-1]["embedding"])

    return _bent(incoming, respond, bend)


@breaks("embeddings.shape", apis=("cloud-temple", "openai"), bugs=("emb-null-nan",))
def embeddings_null_numbers(incoming: Incoming, respond: Respond) -> Answer:
    """Writes null for a number of a vector."""

    def bend(entry: Entry) -> None:
        if isinstance(entry["embedding"], (list, tuple)):
            entry["embedding"] = [None, *entry["embedding"][1:]]

    return _each(incoming, respond, bend)


@breaks("content.json-type", "embeddings.shape", apis=("cloud-temple", "openai"), bugs=("emb-null-nan",))
def embeddings_not_a_number(incoming: Incoming, respond: Respond) -> Answer:
    """Writes NaN for a number of the vectors of several texts, which is no JSON."""
    answer = respond(incoming)
    several = isinstance(_said(incoming).get("input"), list)
    if several and answer.status == 200 and isinstance(answer.body, dict):
        answer.body["data"][0]["embedding"] = [float("nan"), *answer.body["data"][0]["embedding"][1:]]
        answer.body = json.dumps(answer.body).encode()
        answer.headers["Content-Type"] = "application/json"
    return answer


@breaks("embeddings.shape", apis=("cloud-temple", "openai"), bugs=("emb-usage-null",))
def embeddings_usage_null(incoming: Incoming, respond: Respond) -> Answer:
    """Writes null for the usage of embeddings, and for their model."""
    return _bent(incoming, respond, lambda body: body.update(usage=None, model=None))


@breaks("embeddings.shape", apis=("cloud-temple", "openai"), bugs=("emb-single-string-shape",))
def embeddings_single_as_object(incoming: Incoming, respond: Respond) -> Answer:
    """Answers one text with an object where the list of vectors stands."""

    def bend(body: dict[str, Any]) -> None:
        if isinstance(_said(incoming)["input"], str):
            body["data"] = body["data"][0]

    return _bent(incoming, respond, bend)


@breaks("embeddings.dimensions", apis=OPENAI, bugs=("emb-dimensions-ignored",))
def embeddings_dimensions_ignored(incoming: Incoming, respond: Respond) -> Answer:
    """Ignores how long a vector is to be."""
    return _resaid(incoming, respond, dimensions=None)


@breaks("embeddings.dimensions-native", apis=OPENAI, bugs=("emb-dimensions-rejected",))
def embeddings_dimensions_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses to be told how long a vector is to be."""
    said = "dimensions" in _said(incoming)
    return refused(incoming, respond, "the model does not support dimensions") if said else respond(incoming)


@breaks("embeddings.empty-refused", apis=OPENAI, bugs=("emb-empty-input",))
def embeddings_of_nothing(incoming: Incoming, respond: Respond) -> Answer:
    """Answers a request for the vectors of nothing."""
    if _said(incoming).get("input") != []:
        return respond(incoming)
    return _resaid(incoming, respond, input="nothing")


@breaks("robustness.no-5xx", apis=OPENAI, bugs=("emb-empty-input",))
def embeddings_fail_on_nothing(incoming: Incoming, respond: Respond) -> Answer:
    """Fails on an empty input."""
    empty = _said(incoming).get("input") in ([], "")
    return refused(incoming, respond, "division by zero", 500) if empty else respond(incoming)


@breaks("robustness.no-5xx", "robustness.long-string", apis=OPENAI, bugs=("emb-overlong-500",))
def embeddings_fail_on_long_texts(incoming: Incoming, respond: Respond) -> Answer:
    """Fails on a text that is too long."""
    long = len(str(_said(incoming).get("input"))) > 2 * _FEW_TOKENS
    return refused(incoming, respond, "index out of range", 500) if long else respond(incoming)


@breaks("embeddings.not-truncated", apis=OPENAI, bugs=("emb-truncated-silently",))
def embeddings_cut_texts(incoming: Incoming, respond: Respond) -> Answer:
    """Cuts a text that is too long, and does not say so."""
    said = _said(incoming).get("input")
    if not isinstance(said, list):
        return respond(incoming)
    return _resaid(incoming, respond, input=[each[:_FEW_TOKENS] for each in said if isinstance(each, str | list)])
