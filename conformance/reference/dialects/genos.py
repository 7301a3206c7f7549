"""GenOS: one served model behind a gateway, in OpenAI's format as vLLM writes it (`004_8f4853ce9e627b47.txt`)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from uuid import uuid4

from conformance.reference.answer import Answer
from conformance.reference.credentials import demand_bearer
from conformance.reference.dialect import Dialect
from conformance.reference.jsonbody import demanded
from conformance.reference.openai.catalogue import Model, serving, within
from conformance.reference.openai.chat import chat_request
from conformance.reference.openai.errors import refused
from conformance.reference.openai.wire import Head, Style, completion, stream
from conformance.reference.refusal import Refusal
from conformance.reference.routes import Routes

if TYPE_CHECKING:
    from conformance.reference.answer import Incoming
    from conformance.reference.dialect import Terms
    from conformance.reference.engine.generation import Generated

SERVING = "43"
"""The serving id of the documented sample, the only one here."""
MODEL = Model("/model/snapshots/9eb2daaa8597bf192a8b0e73f848f3a102794df5", window=32_768)
ROUTES = Routes(
    ("/api/gateway/rep/serving/{serving_id}",),
    {("GET", "/v1/models"): "listModels", ("POST", "/v1/chat/completions"): "createChatCompletion"},
)


def _choice(answer: Generated) -> dict[str, object]:
    return {"logprobs": None, "stop_reason": answer.stop}


# The documented client takes `choices[0]` of every event, so usage comes with the last choice.
_STYLE = Style(body={}, choice=_choice, usage_apart=False)


def dialect(terms: Terms) -> Dialect:
    """Return the GenOS dialect."""
    started = int(time.time())

    def admit(incoming: Incoming) -> None:
        demand_bearer(incoming, terms.api_key)
        if incoming.base_parameters.get("serving_id") != SERVING:
            raise Refusal(404, "There is no serving of this id.", "unknown-path")

    def list_models(_incoming: Incoming) -> Answer:
        model = {"id": MODEL.id, "object": "model", "created": started, "owned_by": "vllm", "root": MODEL.id}
        return Answer(body={"object": "list", "data": [{**model, "parent": None, "max_model_len": MODEL.window}]})

    def chat(incoming: Incoming) -> Answer:
        request = chat_request(demanded(incoming))
        within(serving((MODEL,), request.task.model, "chat"), request.prompt_tokens)
        head = Head(f"chat-{uuid4().hex}", int(time.time()), request.task.model)
        if request.stream:
            return stream(head, request, _STYLE, terms.seconds_per_token)
        return completion(head, request, _STYLE)

    handlers = {"listModels": list_models, "createChatCompletion": chat}
    return Dialect("genos", ROUTES, admit, handlers, refused)
