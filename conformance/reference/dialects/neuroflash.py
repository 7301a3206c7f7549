"""neuroflash: chat completions in a workspace (`003_27f04dc02b9170ec.txt`)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from uuid import uuid4

from conformance.reference.answer import Answer
from conformance.reference.credentials import demand_bearer
from conformance.reference.dialect import Dialect
from conformance.reference.fields import Fields
from conformance.reference.jsonbody import demanded
from conformance.reference.openai.catalogue import Model, serving, within
from conformance.reference.openai.chat import chat_request
from conformance.reference.openai.wire import Head, Style, completion, stream
from conformance.reference.refusal import Refusal
from conformance.reference.routes import Routes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.reference.answer import Incoming
    from conformance.reference.dialect import Terms
    from conformance.reference.engine.generation import Generated

MODELS = (Model("gpt-4o-mini", window=128_000), Model("gpt-4o", window=128_000))
ROUTES = Routes(
    ("/api/ds-prototypes",),
    {("POST", "/chat/completions"): "createChatCompletion", ("GET", "/health"): "getHealth"},
)
_REQUIRED = ("messages", "model")


def _words_used(answers: Sequence[Generated]) -> dict[str, int]:
    return {"words_used": sum(len(answer.text.split()) for answer in answers)}


_STYLE = Style(body={}, usage=_words_used)


def dialect(terms: Terms) -> Dialect:
    """Return the neuroflash dialect."""

    def admit(incoming: Incoming) -> None:
        demand_bearer(incoming, terms.api_key)
        if not incoming.headers.get("x-workspace-id", "").strip():
            raise Refusal(400, "The header x-workspace-id is required.", "workspace")

    def health(_incoming: Incoming) -> Answer:
        return Answer(body={"status": "ok"})

    def chat(incoming: Incoming) -> Answer:
        request = chat_request(_meant(demanded(incoming)), lenient=True)
        within(serving(MODELS, request.task.model, "chat"), request.prompt_tokens)
        head = Head(f"chatcmpl-{uuid4().hex}", int(time.time()), request.task.model)
        if request.stream:
            return stream(head, request, _STYLE, terms.seconds_per_token)
        return completion(head, request, _STYLE)

    handlers = {"createChatCompletion": chat, "getHealth": health}
    return Dialect("neuroflash", ROUTES, admit, handlers, _refused)


def _meant(request: Fields) -> Fields:
    """Return the request without options that are `{}`: the documented sample sends that for "anything"."""
    return Fields({name: value for name, value in request.all().items() if value != {} or name in _REQUIRED})


def _refused(refusal: Refusal) -> Answer:
    if refusal.field_name and refusal.status == 400:
        fault = {"field": refusal.field_name, "message": refusal.message, "type": refusal.reason}
        return Answer(400, body={"errors": [fault]})
    code = refusal.reason.replace("-", "_").upper()
    return Answer(refusal.status, body={"error": refusal.message, "code": code})
