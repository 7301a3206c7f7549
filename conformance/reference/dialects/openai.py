"""OpenAI's own API: chat, text completions, embeddings, models (`openai/openai-openapi`, `openapi.yaml`)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from conformance.reference.answer import Answer
from conformance.reference.credentials import demand_bearer
from conformance.reference.dialect import Dialect
from conformance.reference.jsonbody import demanded
from conformance.reference.openai.catalogue import Model, serving, within
from conformance.reference.openai.chat import chat_request, model_name
from conformance.reference.openai.checks import check_chat, check_completion
from conformance.reference.openai.coding import uncompressed
from conformance.reference.openai.completions import Manner, completed
from conformance.reference.openai.embedding import embedded
from conformance.reference.openai.errors import refused
from conformance.reference.openai.wire import Head, Style, completion, stream
from conformance.reference.refusal import Refusal
from conformance.reference.routes import Routes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.reference.answer import Incoming
    from conformance.reference.dialect import Terms
    from conformance.reference.fields import Fields

MODELS = (
    Model("reference-mini", window=32_768),
    Model("reference-lab/reference-large", window=128_000),
    Model("reference-embedding-small", "embedding", window=8_192),
)
ROUTES = Routes(
    ("/openai/v1",),
    {
        ("POST", "/chat/completions"): "createChatCompletion",
        ("POST", "/completions"): "createCompletion",
        ("POST", "/embeddings"): "createEmbedding",
        ("GET", "/models"): "listModels",
        ("GET", "/models/{model:path}"): "retrieveModel",
    },
)
_MOST_ANSWERS = 128
_FINGERPRINT = {"system_fingerprint": "fp_44709d6fcb"}
_TIER = {"service_tier": "default", **_FINGERPRINT}
_PROMPT_DETAILS = {"cached_tokens": 0, "audio_tokens": 0}
_COMPLETION_DETAILS = dict.fromkeys(
    ("reasoning_tokens", "audio_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens"), 0
)


def _details(_answers: object) -> Mapping[str, Any]:
    return {"prompt_tokens_details": dict(_PROMPT_DETAILS), "completion_tokens_details": dict(_COMPLETION_DETAILS)}


_CHAT = Style(
    body=_TIER,
    choice=lambda _answer: {"logprobs": None},
    message={"refusal": None, "annotations": []},
    usage=_details,
    usage_null=True,
    chunk=_TIER,
    opening={"refusal": None},
    null_beside_calls=True,
)
_TEXT = Style(body=_FINGERPRINT, usage=_details, usage_null=True, chunk=_FINGERPRINT)
_MANNER = Manner(cap=16, least=0, most_answers=_MOST_ANSWERS)


def dialect(terms: Terms) -> Dialect:
    """Return the OpenAI dialect."""
    server = _Server(terms, int(time.time()))
    handlers = {
        "createChatCompletion": server.chat,
        "createCompletion": server.complete,
        "createEmbedding": server.embed,
        "listModels": server.list_models,
        "retrieveModel": server.retrieve_model,
    }
    return Dialect("openai", ROUTES, server.admit, handlers, refused, server.dressed)


@dataclass(frozen=True)
class _Server:
    terms: Terms
    started: int

    def admit(self, incoming: Incoming) -> None:
        demand_bearer(incoming, self.terms.api_key)
        if not ROUTES.methods(incoming.path):
            text = f"Unknown request URL: {incoming.method} {incoming.base}{incoming.path[:200]}."
            raise Refusal(404, text, "unknown-path")

    def chat(self, incoming: Incoming) -> Answer:
        fields = demanded(uncompressed(incoming))
        check_chat(fields)
        request = chat_request(fields, most_answers=_MOST_ANSWERS)
        within(serving(MODELS, request.task.model, "chat"), request.prompt_tokens)
        head = _head("chatcmpl", request.task.model)
        if request.stream:
            return stream(head, request, _CHAT, self.terms.seconds_per_token)
        return completion(head, request, _CHAT)

    def complete(self, incoming: Incoming) -> Answer:
        fields = demanded(uncompressed(incoming))
        name = model_name(fields)
        check_completion(fields)
        model = serving(MODELS, name, "chat")
        return completed(fields, model, _head("cmpl", name), _TEXT, self.terms.seconds_per_token, _MANNER)

    def embed(self, incoming: Incoming) -> Answer:
        fields: Fields = demanded(uncompressed(incoming))
        name = model_name(fields)
        return embedded(fields, name, serving(MODELS, name, "embedding"))

    def list_models(self, _incoming: Incoming) -> Answer:
        return Answer(body={"object": "list", "data": [self._listed(model) for model in MODELS]})

    def retrieve_model(self, incoming: Incoming) -> Answer:
        name = incoming.path_parameters["model"]
        found = next((model for model in MODELS if model.id == name), None)
        if found is None:
            raise Refusal(404, f"The model '{name[:100]}' does not exist.", "unknown-model", "model")
        return Answer(body=self._listed(found))

    def dressed(self, answer: Answer) -> Answer:
        """Add the headers that OpenAI sends with every answer, and what a browser needs (Fetch § 3.2)."""
        answer.headers |= {
            "x-request-id": f"req_{uuid4().hex}",
            "openai-processing-ms": str(round(self.terms.latency * 1000)),
            "openai-version": "2020-10-01",
            "x-ratelimit-limit-requests": "10000",
            "x-ratelimit-remaining-requests": "9999",
            "x-ratelimit-reset-requests": "6ms",
            "x-ratelimit-limit-tokens": "2000000",
            "x-ratelimit-remaining-tokens": "1999000",
            "x-ratelimit-reset-tokens": "30ms",
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": _EXPOSED,
        }
        if answer.status == 204:
            answer.headers["Access-Control-Allow-Methods"] = answer.headers.get("Allow", "")
            answer.headers["Access-Control-Allow-Headers"] = _ALLOWED
        return answer

    def _listed(self, model: Model) -> dict[str, Any]:
        return {"id": model.id, "object": "model", "created": self.started, "owned_by": "reference"}


_EXPOSED = "x-request-id, openai-processing-ms, openai-version, " + ", ".join(
    f"x-ratelimit-{what}-{unit}" for what in ("limit", "remaining", "reset") for unit in ("requests", "tokens")
)
_ALLOWED = ", ".join(
    (
        "authorization",
        "content-type",
        "openai-organization",
        "openai-project",
        *(
            f"x-stainless-{about}"
            for about in (
                *("arch", "lang", "os", "package-version", "retry-count"),
                *("runtime", "runtime-version", "timeout", "helper-method", "async", "read-timeout"),
            )
        ),
    )
)


def _head(prefix: str, model: str) -> Head:
    return Head(f"{prefix}-{uuid4().hex}", int(time.time()), model)
