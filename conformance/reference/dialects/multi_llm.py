"""The multi-model service with its own format (`002_e3b758b4b9e4b62b.txt`)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from conformance.reference.answer import Answer, Frame
from conformance.reference.credentials import bearer, same, unauthorised
from conformance.reference.dialect import Dialect
from conformance.reference.engine.generation import Task, generate
from conformance.reference.engine.turns import prompt_tokens
from conformance.reference.jsonbody import demanded
from conformance.reference.multi_llm.catalogue import MODELS
from conformance.reference.multi_llm.errors import refused
from conformance.reference.multi_llm.fleet import Fleet
from conformance.reference.multi_llm.ledger import Ledger, Use
from conformance.reference.multi_llm.request import generate_request, period
from conformance.reference.multi_llm.settings import balancing_settings, model_settings
from conformance.reference.refusal import Refusal
from conformance.reference.routes import Routes

if TYPE_CHECKING:
    from decimal import Decimal

    from conformance.reference.answer import Incoming
    from conformance.reference.dialect import Terms
    from conformance.reference.engine.generation import Generated
    from conformance.reference.multi_llm.catalogue import Model

ROUTES = Routes(
    ("/api/llm", "/api/v1/llm"),
    {
        ("POST", "/generate"): "generate",
        ("POST", "/generate/stream"): "generateStream",
        ("GET", "/models"): "listModels",
        ("GET", "/models/{model_id}/status"): "getModelStatus",
        ("GET", "/health"): "getHealth",
        ("GET", "/stats/usage"): "getUsageStats",
        ("GET", "/stats/performance"): "getPerformanceStats",
        ("PUT", "/config/models/{model_id}"): "configureModel",
        ("PUT", "/config/load-balancing"): "configureLoadBalancing",
    },
)


def dialect(terms: Terms) -> Dialect:
    """Return the dialect of the multi-model service, with a state of its own."""
    server = _Server(terms)
    handlers = {
        "generate": server.generate,
        "generateStream": server.generate_stream,
        "listModels": server.list_models,
        "getModelStatus": server.model_status,
        "getHealth": server.health,
        "getUsageStats": server.usage,
        "getPerformanceStats": lambda _incoming: Answer(body=server.ledger.performance()),
        "configureModel": server.configure_model,
        "configureLoadBalancing": lambda incoming: Answer(body=balancing_settings(demanded(incoming))),
    }
    return Dialect("multi-llm", ROUTES, server.admit, handlers, refused)


@dataclass(frozen=True)
class _Server:
    terms: Terms
    fleet: Fleet = field(default_factory=Fleet)
    ledger: Ledger = field(default_factory=Ledger)

    def admit(self, incoming: Incoming) -> None:
        """Take either credential; where both are sent, both must be right."""
        said = incoming.headers.get("x-api-key")
        found = [
            bearer(incoming, self.terms.api_key),
            None if said is None else same(said.strip(), self.terms.api_key),
        ]
        given = [each for each in found if each is not None]
        if not given or not all(given):
            raise unauthorised("A valid API key or bearer token is required.")

    def generate(self, incoming: Incoming) -> Answer:
        model, spoken, answer = self._answered(incoming)
        cost_in, cost_out = model.cost(spoken, answer.tokens)
        message = {"role": "assistant", "content": answer.text}
        return Answer(
            body={
                "id": f"req_{uuid4().hex}",
                "model": model.id,
                "choices": [{"index": 0, "message": message, "finish_reason": answer.finish}],
                "usage": {
                    "prompt_tokens": spoken,
                    "completion_tokens": answer.tokens,
                    "total_tokens": spoken + answer.tokens,
                },
                "cost": {
                    "input_cost": float(cost_in),
                    "output_cost": float(cost_out),
                    "total_cost": float(cost_in + cost_out),
                },
            }
        )

    def generate_stream(self, incoming: Incoming) -> Answer:
        _, _, answer = self._answered(incoming)
        name, wait = f"stream_{uuid4().hex}", self.terms.seconds_per_token
        frames = [Frame({"id": name, "choices": [{"delta": {"content": piece}}]}, wait) for piece in answer.pieces]
        return Answer(frames=[*frames, Frame("[DONE]")])

    def _answered(self, incoming: Incoming) -> tuple[Model, int, Generated]:
        """Return the model, the tokens on the way in, and what was generated; counted in the ledger."""
        request = generate_request(demanded(incoming))
        model = self.fleet.model(request.model)
        try:
            self.fleet.available(model.id)
        except Refusal:
            self.ledger.record(self._use(model, 0, model.cost(0, 0), 0, succeeded=False))
            raise
        spoken = prompt_tokens(request.turns)
        if spoken > model.window:
            raise Refusal(400, f"The model's context window is {model.window} tokens.", "context", "messages")
        default = self.fleet.settings(model).get("parameters", {}).get("max_tokens")
        answer = generate(Task(model.id, request.turns, cap=request.cap or default))
        cost = model.cost(spoken, answer.tokens)
        self.ledger.record(self._use(model, spoken + answer.tokens, cost, answer.tokens, succeeded=True))
        return model, spoken, answer

    def _use(self, model: Model, tokens: int, cost: tuple[Decimal, Decimal], written: int, *, succeeded: bool) -> Use:
        took = self.terms.latency + written * self.terms.seconds_per_token
        return Use(model.id, time.time(), tokens, sum(cost, start=cost[0] * 0), took * 1000, succeeded)

    def list_models(self, _incoming: Incoming) -> Answer:
        return Answer(body={"models": [model.listed(self.fleet.status(model)) for model in MODELS]})

    def model_status(self, incoming: Incoming) -> Answer:
        model = self.fleet.model(incoming.path_parameters.get("model_id", ""))
        return Answer(
            body={
                "model_id": model.id,
                "status": self.fleet.status(model),
                "health": self.fleet.health(model),
                "response_time_ms": model.response_ms,
                "last_check": _now(),
                "error_rate": 0.08 if model.degraded else 0.01,
            }
        )

    def health(self, _incoming: Incoming) -> Answer:
        services = dict.fromkeys(("llm_service", "model_manager", "cost_tracker"), "healthy")
        counts = self.fleet.counts()
        status = "healthy" if counts["available"] else "unavailable"
        return Answer(body={"status": status, "timestamp": _now(), "services": services, "models": counts})

    def usage(self, incoming: Incoming) -> Answer:
        start, end = period(incoming.query)
        return Answer(body=self.ledger.usage(start, end, incoming.query.get("model")))

    def configure_model(self, incoming: Incoming) -> Answer:
        model = self.fleet.model(incoming.path_parameters.get("model_id", ""))
        settings: dict[str, Any] = model_settings(demanded(incoming))
        self.fleet.configure(model, settings)
        return Answer(body={"model_id": model.id, **settings})


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
