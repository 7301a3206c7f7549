"""Deviations of the multi-model service's own way to generate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.reference.deviations.registry import breaks
from conformance.reference.multi_llm.errors import refused
from conformance.reference.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.answer import Answer, Incoming, Respond

APIS = ("multi-llm",)


def _bent(incoming: Incoming, respond: Respond, change: Callable[[dict[str, Any]], object]) -> Answer:
    """Change the body of a successful whole answer."""
    answer = respond(incoming)
    if incoming.operation == "generate" and answer.status == 200 and isinstance(answer.body, dict):
        change(answer.body)
    return answer


@breaks("generate.offered", apis=APIS)
def generate_missing(incoming: Incoming, respond: Respond) -> Answer:
    """Answers POST /generate with 405."""
    answer = respond(incoming)
    if incoming.operation != "generate" or answer.status == 401:
        return answer
    answer = refused(Refusal(405, "This method is not allowed here.", "method"))
    answer.headers["Allow"] = "OPTIONS"
    return answer


@breaks("generate.request", apis=APIS)
def generate_demands_parameters(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses a request without parameters."""
    answer = respond(incoming)
    body = incoming.json
    if (
        incoming.operation == "generate"
        and answer.status == 200
        and isinstance(body, dict)
        and "parameters" not in body
    ):
        return refused(Refusal(400, "parameters is required.", "missing", "parameters"))
    return answer


@breaks("generate.request", apis=APIS)
def generate_demands_each_parameter(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses parameters that do not say max_tokens."""
    answer = respond(incoming)
    said = incoming.json.get("parameters") if isinstance(incoming.json, dict) else None
    if (
        incoming.operation == "generate"
        and answer.status == 200
        and isinstance(said, dict)
        and "max_tokens" not in said
    ):
        return refused(Refusal(400, "max_tokens is required.", "missing", "parameters.max_tokens"))
    return answer


@breaks("generate.shape", apis=APIS)
def generate_without_cost(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves `cost` out of an answer."""
    return _bent(incoming, respond, lambda body: body.pop("cost", None))


@breaks("generate.shape", apis=APIS)
def generate_cost_as_text(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the costs of an answer as text."""
    return _bent(incoming, respond, lambda body: body.update(cost={k: f"{v:f}" for k, v in body["cost"].items()}))


@breaks("generate.shape", apis=APIS)
def generate_flat_choice(incoming: Incoming, respond: Respond) -> Answer:
    """Puts the text of a choice beside its message."""

    def flatten(body: dict[str, Any]) -> None:
        for choice in body["choices"]:
            choice["text"] = choice.pop("message")["content"]

    return _bent(incoming, respond, flatten)


@breaks("generate.usage-adds-up", apis=APIS)
def generate_total_counts_prompt_twice(incoming: Incoming, respond: Respond) -> Answer:
    """Counts the prompt twice in the total of tokens."""

    def add(body: dict[str, Any]) -> None:
        body["usage"]["total_tokens"] += body["usage"]["prompt_tokens"]

    return _bent(incoming, respond, add)


@breaks("generate.cost-adds-up", apis=APIS)
def generate_total_cost_without_input(incoming: Incoming, respond: Respond) -> Answer:
    """Gives the cost of the output as the total cost."""
    return _bent(incoming, respond, lambda body: body["cost"].update(total_cost=body["cost"]["output_cost"]))


@breaks("generate.cost-adds-up", apis=APIS)
def generate_total_cost_zero(incoming: Incoming, respond: Respond) -> Answer:
    """Gives no total cost but 0."""
    return _bent(incoming, respond, lambda body: body["cost"].update(total_cost=0))


@breaks("generate.cost-matches-pricing", apis=APIS)
def generate_cost_of_other_price(incoming: Incoming, respond: Respond) -> Answer:
    """Charges twice the listed price."""
    return _bent(incoming, respond, lambda body: body.update(cost={k: v * 2 for k, v in body["cost"].items()}))


@breaks("generate.model-echo", apis=APIS)
def generate_names_other_model(incoming: Incoming, respond: Respond) -> Answer:
    """Names a model in an answer that was not asked for."""
    return _bent(incoming, respond, lambda body: body.update(model="default-model"))


@breaks("generate.id", apis=APIS)
def generate_same_id(incoming: Incoming, respond: Respond) -> Answer:
    """Gives every answer the id of the documented example."""
    return _bent(incoming, respond, lambda body: body.update(id="req_12345"))


@breaks("generate.indices", apis=APIS)
def generate_index_from_one(incoming: Incoming, respond: Respond) -> Answer:
    """Numbers the choices of an answer from 1."""

    def shift(body: dict[str, Any]) -> None:
        for number, choice in enumerate(body["choices"], 1):
            choice["index"] = number

    return _bent(incoming, respond, shift)


@breaks("generate.max-tokens", apis=APIS)
def generate_over_the_cap(incoming: Incoming, respond: Respond) -> Answer:
    """Writes as many tokens as it likes where parameters.max_tokens is small."""
    said = incoming.json.get("parameters") if isinstance(incoming.json, dict) else None
    cap = said.get("max_tokens") if isinstance(said, dict) else None
    if incoming.operation != "generate" or not isinstance(cap, int) or cap >= 20:
        return respond(incoming)
    return respond(replace(incoming, json={**incoming.json, "parameters": {**(said or {}), "max_tokens": 60}}))
