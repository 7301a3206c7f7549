"""Cloud Temple LLMaaS, OpenAI-compatible (`000_1e1b237afa9c0e05.txt`, `001_da3f9b528cb36a56.txt`)."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from conformance.reference.answer import Answer
from conformance.reference.credentials import demand_bearer
from conformance.reference.dialect import Dialect
from conformance.reference.dialects.cloud_temple_extras import rerank, transcribe
from conformance.reference.jsonbody import demanded
from conformance.reference.openai.catalogue import Model, serving, within
from conformance.reference.openai.chat import chat_request, model_name
from conformance.reference.openai.completions import completed
from conformance.reference.openai.embedding import embedded
from conformance.reference.openai.errors import refused
from conformance.reference.openai.wire import Head, Style, completion, stream
from conformance.reference.routes import Routes

if TYPE_CHECKING:
    from conformance.reference.answer import Incoming
    from conformance.reference.dialect import Terms
    from conformance.reference.fields import Fields

MODELS = (
    Model("granite3.3:8b", aliases=("granite3.3:8b", "granite3.3")),
    Model("mistral-small3.2:24b", aliases=("mistral-small3.2:24b",), window=128_000),
    Model("granite-embedding:278m", "embedding", ("granite-embedding:278m",), window=512),
)
ROUTES = Routes(
    ("/v1",),
    {
        ("POST", "/chat/completions"): "createChatCompletion",
        ("POST", "/completions"): "createCompletion",
        ("POST", "/embeddings"): "createEmbedding",
        ("GET", "/models"): "listModels",
        ("POST", "/rerank"): "rerank",
        ("POST", "/audio/transcriptions"): "createTranscription",
    },
)
_BACKEND = {"engine_type": "engo", "machine_name": "ma02"}
_STYLE = Style(body={"backend": _BACKEND}, usage=lambda _answers: {"reasoning_tokens": 0})
_LIMIT = 10_000


def dialect(terms: Terms) -> Dialect:
    """Return the Cloud Temple dialect."""
    server = _Server(terms, int(time.time()))
    handlers = {
        "createChatCompletion": server.chat,
        "createCompletion": server.complete,
        "createEmbedding": server.embed,
        "listModels": server.list_models,
        "rerank": rerank,
        "createTranscription": transcribe,
    }
    return Dialect("cloud-temple", ROUTES, lambda i: demand_bearer(i, terms.api_key), handlers, refused, _dressed)


@dataclass(frozen=True)
class _Server:
    terms: Terms
    started: int

    def chat(self, incoming: Incoming) -> Answer:
        return self._chat(demanded(incoming))

    def complete(self, incoming: Incoming) -> Answer:
        """Answer in chat's format where `messages` are sent, else continue `prompt`: the overview shows neither."""
        request = demanded(incoming)
        if request.present("messages"):
            return self._chat(request)
        name = model_name(request)
        model = serving(MODELS, name, "chat")
        return completed(request, model, self._head("cmpl", name), _STYLE, self.terms.seconds_per_token)

    def embed(self, incoming: Incoming) -> Answer:
        request = demanded(incoming)
        name = model_name(request)
        serving(MODELS, name, "embedding")
        return embedded(request, name)

    def list_models(self, _incoming: Incoming) -> Answer:
        return Answer(body={"object": "list", "data": [_listed(model, self.started) for model in MODELS]})

    def _chat(self, fields: Fields) -> Answer:
        request = chat_request(fields)
        within(serving(MODELS, request.task.model, "chat"), request.prompt_tokens)
        head = self._head("chatcmpl", request.task.model)
        if request.stream:
            return stream(head, request, _STYLE, self.terms.seconds_per_token)
        return completion(head, request, _STYLE)

    @staticmethod
    def _head(prefix: str, model: str) -> Head:
        return Head(f"{prefix}-{uuid4()}", int(time.time()), model)


def _dressed(answer: Answer) -> Answer:
    """Add the documented headers, and those that the vendor's reference has about rate limits."""
    own = answer.body.get("id") if isinstance(answer.body, dict) else None
    answer.headers |= {
        "id": own or f"req-{uuid4()}",
        "backend": json.dumps(_BACKEND),
        "X-RateLimit-Limit-Requests": str(_LIMIT),
        "X-RateLimit-Remaining-Requests": str(_LIMIT - 1),
        "X-RateLimit-Reset-Requests": "60",
    }
    if answer.frames is not None:
        answer.headers["id"] = _chunk_id(answer)
    return answer


def _chunk_id(answer: Answer) -> str:
    first = answer.frames[0].data if answer.frames else None
    return first["id"] if isinstance(first, dict) else f"req-{uuid4()}"


def _listed(model: Model, created: int) -> dict[str, Any]:
    return {
        "id": model.id,
        "object": "model",
        "created": created,
        "owned_by": "CloudTemple",
        "root": model.id,
        "aliases": list(model.aliases),
        "parent": None,
        "max_model_len": model.window,
        "permission": [_permission(model, created)],
    }


def _permission(model: Model, created: int) -> dict[str, Any]:
    return {
        "id": f"modelperm-{model.id}-{created}",
        "object": "model_permission",
        "created": created,
        "allow_create_engine": False,
        "allow_sampling": model.kind == "chat",
        "allow_logprobs": True,
        "allow_search_indices": False,
        "allow_view": True,
        "allow_fine_tuning": False,
        "organization": "*",
        "group": None,
        "is_blocking": False,
    }
