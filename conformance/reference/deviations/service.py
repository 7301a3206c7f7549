"""Deviations of the multi-model service's models, health and statistics."""

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


def bent(operation: str, incoming: Incoming, respond: Respond, change: Callable[[dict[str, Any]], object]) -> Answer:
    """Change the body of a successful answer of one operation."""
    answer = respond(incoming)
    if incoming.operation == operation and answer.status == 200 and isinstance(answer.body, dict):
        change(answer.body)
    return answer


def missing(operation: str, incoming: Incoming, respond: Respond) -> Answer:
    """Answer one operation with 405, as if its method were not there."""
    answer = respond(incoming)
    if incoming.operation != operation or answer.status == 401:
        return answer
    answer = refused(Refusal(405, "This method is not allowed here.", "method"))
    answer.headers["Allow"] = "OPTIONS"
    return answer


@breaks("models.offered", apis=APIS)
def models_missing(incoming: Incoming, respond: Respond) -> Answer:
    """Answers GET /models with 405."""
    return missing("listModels", incoming, respond)


@breaks("status.offered", apis=APIS)
def status_missing(incoming: Incoming, respond: Respond) -> Answer:
    """Answers GET /models/{model_id}/status with 405."""
    return missing("getModelStatus", incoming, respond)


@breaks("health.offered", apis=APIS)
def health_missing_here(incoming: Incoming, respond: Respond) -> Answer:
    """Answers GET /health with 405."""
    return missing("getHealth", incoming, respond)


@breaks("stats-usage.offered", apis=APIS)
def usage_missing(incoming: Incoming, respond: Respond) -> Answer:
    """Answers GET /stats/usage with 405."""
    return missing("getUsageStats", incoming, respond)


@breaks("stats-performance.offered", apis=APIS)
def performance_missing(incoming: Incoming, respond: Respond) -> Answer:
    """Answers GET /stats/performance with 405."""
    return missing("getPerformanceStats", incoming, respond)


@breaks("models.shape", apis=APIS)
def models_without_pricing(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the pricing out of the list of models."""
    return bent("listModels", incoming, respond, lambda body: [m.pop("pricing") for m in body["models"]])


@breaks("models.shape", apis=APIS)
def models_limits_as_text(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the limits of the listed models as text."""
    return bent(
        "listModels",
        incoming,
        respond,
        lambda body: [m.update(limits={k: str(v) for k, v in m["limits"].items()}) for m in body["models"]],
    )


@breaks("models.unique-ids", apis=APIS)
def models_share_an_id(incoming: Incoming, respond: Respond) -> Answer:
    """Gives the last listed model the id of the one before."""
    return bent("listModels", incoming, respond, lambda body: body["models"][-1].update(id=body["models"][-2]["id"]))


@breaks("models.usable", apis=APIS)
def models_listed_not_usable(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 503 for one of the models that it lists as available."""
    model = incoming.json.get("model") if isinstance(incoming.json, dict) else None
    if incoming.operation == "generate" and model == "gpt-4":
        answer = respond(incoming)
        if answer.status != 200:
            return answer
        details = {"model": model, "reason": "upstream", "retry_after": 0}
        return refused(Refusal(503, "The model is currently unavailable.", "unavailable", details=details))
    return respond(incoming)


@breaks("models.limits-consistent", apis=APIS)
def models_output_over_window(incoming: Incoming, respond: Respond) -> Answer:
    """Lists a max_tokens that is twice the context window."""

    def enlarge(body: dict[str, Any]) -> None:
        for model in body["models"]:
            model["limits"]["max_tokens"] = 2 * model["limits"]["context_window"]

    return bent("listModels", incoming, respond, enlarge)


@breaks("status.shape", apis=APIS)
def status_error_rate_in_percent(incoming: Incoming, respond: Respond) -> Answer:
    """Gives a model's error rate in percent."""
    return bent("getModelStatus", incoming, respond, lambda body: body.update(error_rate=100 * body["error_rate"] + 1))


@breaks("status.shape", apis=APIS)
def status_local_time(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the last check of a model without a time zone."""
    return bent("getModelStatus", incoming, respond, lambda body: body.update(last_check=body["last_check"][:-1]))


@breaks("status.model-id", apis=APIS)
def status_of_other_model(incoming: Incoming, respond: Respond) -> Answer:
    """Answers with the status of the documented example whatever model is asked."""
    return bent("getModelStatus", incoming, respond, lambda body: body.update(model_id="gpt-4-example"))


@breaks("status.model-id", apis=APIS, weakly=True)
def status_encoded_id_unknown(incoming: Incoming, respond: Respond) -> Answer:
    """Does not decode the id of a model in a path."""
    answer = respond(incoming)
    if incoming.operation == "getModelStatus" and answer.status == 200:
        name = incoming.path_parameters.get("model_id", "")
        if not name.replace("-", "").replace(".", "").isalnum():
            return refused(Refusal(404, "The requested model does not exist.", "unknown-model", "model"))
    return answer


@breaks("status.unknown", apis=APIS)
def status_of_unknown_model(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 400 where the status of an unknown model is asked."""
    answer = respond(incoming)
    if incoming.operation == "getModelStatus" and answer.status == 404:
        return refused(Refusal(400, "The requested model is not valid.", "unknown-model", "model"))
    return answer


@breaks("status.agrees", apis=APIS)
def status_differs_from_list(incoming: Incoming, respond: Respond) -> Answer:
    """Calls every model idle in its own status."""
    return bent("getModelStatus", incoming, respond, lambda body: body.update(status="idle"))


@breaks("health.shape", apis=APIS)
def health_without_services(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the services out of the health."""
    return bent("getHealth", incoming, respond, lambda body: body.pop("services"))


@breaks("health.counts", apis=APIS)
def health_degraded_not_available(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves degraded models out of the available ones."""
    return bent("getHealth", incoming, respond, lambda body: body["models"].update(available=body["models"]["healthy"]))


@breaks("health.counts", apis=APIS)
def health_counts_other_models(incoming: Incoming, respond: Respond) -> Answer:
    """Counts unavailable models in the health that are not listed."""

    def add(body: dict[str, Any]) -> None:
        body["models"]["unavailable"] += 3

    return bent("getHealth", incoming, respond, add)


@breaks("health.timestamp-now", apis=APIS)
def health_timestamp_fixed(incoming: Incoming, respond: Respond) -> Answer:
    """Gives the timestamp of the documented example."""
    return bent("getHealth", incoming, respond, lambda body: body.update(timestamp="2025-01-01T12:00:00Z"))


@breaks("stats.usage-params", apis=APIS)
def usage_refuses_model_filter(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses the parameter `model` of the usage."""
    answer = respond(incoming)
    if incoming.operation == "getUsageStats" and answer.status == 200 and "model" in incoming.query:
        return refused(Refusal(400, "An unknown parameter was sent.", "unknown-parameter"))
    return answer


@breaks("stats.bad-date", apis=APIS)
def usage_takes_any_date(incoming: Incoming, respond: Respond) -> Answer:
    """Reports an empty period where a date is wrong."""
    answer = respond(incoming)
    if incoming.operation != "getUsageStats" or answer.status != 400:
        return answer
    period = {"start": "1970-01-01", "end": "1970-01-01"}
    answer.status = 200
    answer.body = {"period": period, "total_requests": 0, "total_tokens": 0, "total_cost": 0, "by_model": {}}
    return answer


@breaks("stats.usage-shape", apis=APIS)
def usage_by_model_as_list(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the usage by model as an array."""
    return bent(
        "getUsageStats",
        incoming,
        respond,
        lambda body: body.update(by_model=[{"model": k, **v} for k, v in body["by_model"].items()]),
    )


@breaks("stats.period-echo", apis=APIS)
def usage_of_fixed_period(incoming: Incoming, respond: Respond) -> Answer:
    """Tells the same period whatever was asked."""
    return bent(
        "getUsageStats",
        incoming,
        respond,
        lambda body: body.update(period={"start": "2024-01-01", "end": "2024-12-31"}),
    )


@breaks("stats.parts-within-total", apis=APIS)
def usage_models_over_total(incoming: Incoming, respond: Respond) -> Answer:
    """Counts each model's tokens twice in the usage by model."""

    def double(body: dict[str, Any]) -> None:
        for used in body["by_model"].values():
            used["tokens"] *= 2

    return bent("getUsageStats", incoming, respond, double)


@breaks("stats.model-filter", apis=APIS)
def usage_ignores_model_filter(incoming: Incoming, respond: Respond) -> Answer:
    """Ignores the parameter `model` of the usage."""
    query = {name: value for name, value in incoming.query.items() if name != "model"}
    return respond(replace(incoming, query=query) if incoming.operation == "getUsageStats" else incoming)


@breaks("stats.counts-up", apis=APIS)
def usage_counts_nothing(incoming: Incoming, respond: Respond) -> Answer:
    """Tells the same usage for ever."""
    return bent(
        "getUsageStats",
        incoming,
        respond,
        lambda body: body.update(total_requests=7, total_tokens=7, total_cost=0.7, by_model={}),
    )


@breaks("stats.performance-shape", apis=APIS)
def performance_without_throughput(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the throughput out of the performance."""
    return bent("getPerformanceStats", incoming, respond, lambda body: body.pop("throughput"))


@breaks("stats.percentiles-ordered", apis=APIS)
def performance_percentiles_swapped(incoming: Incoming, respond: Respond) -> Answer:
    """Gives a 50th percentile that is larger than the 95th."""

    def swap(body: dict[str, Any]) -> None:
        body["response_times"]["p50_ms"] = body["response_times"]["p95_ms"] + 100

    return bent("getPerformanceStats", incoming, respond, swap)


@breaks("stats.rates-sum", apis=APIS)
def performance_rates_apart(incoming: Incoming, respond: Respond) -> Answer:
    """Gives rates of success and error that do not come to 1."""
    return bent("getPerformanceStats", incoming, respond, lambda body: body.update(success_rate=0.9, error_rate=0.05))
