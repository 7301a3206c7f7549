"""Deviations in documented headers and base paths."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.reference.deviations.registry import breaks

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond

CLOUD, GENOS, FLEET = ("cloud-temple",), ("genos",), ("multi-llm",)
USER = "x-genos-user-id"


@breaks("headers.request-id", apis=CLOUD)
def no_request_id(incoming: Incoming, respond: Respond) -> Answer:
    """Sends no header `id`."""
    answer = respond(incoming)
    answer.headers.pop("id", None)
    return answer


@breaks("headers.request-id", apis=CLOUD)
def one_request_id_for_all(incoming: Incoming, respond: Respond) -> Answer:
    """Sends the same `id` header with every answer."""
    answer = respond(incoming)
    answer.headers["id"] = "req-1"
    return answer


@breaks("headers.request-id", apis=CLOUD)
def no_request_id_on_errors(incoming: Incoming, respond: Respond) -> Answer:
    """Sends the header `id` with successful answers only."""
    answer = respond(incoming)
    if answer.status >= 400:
        answer.headers.pop("id", None)
    return answer


@breaks("headers.backend", apis=CLOUD)
def no_backend_header(incoming: Incoming, respond: Respond) -> Answer:
    """Sends no header `backend`."""
    answer = respond(incoming)
    answer.headers.pop("backend", None)
    return answer


@breaks("headers.backend", apis=CLOUD)
def backend_header_without_machine(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves the machine out of the header `backend`."""
    answer = respond(incoming)
    answer.headers["backend"] = '{"engine_type": "engo", "machine_name": ""}'
    return answer


@breaks("headers.rate-limit", apis=CLOUD)
def more_remaining_than_allowed(incoming: Incoming, respond: Respond) -> Answer:
    """Says that more requests remain than the limit allows."""
    answer = respond(incoming)
    answer.headers["X-RateLimit-Remaining-Requests"] = "10001"
    return answer


@breaks("headers.rate-limit", apis=CLOUD)
def rate_limit_in_words(incoming: Incoming, respond: Respond) -> Answer:
    """Sends a rate limit that is no integer."""
    answer = respond(incoming)
    answer.headers["X-RateLimit-Limit-Requests"] = "unlimited"
    return answer


@breaks("headers.user-id", apis=GENOS)
def user_id_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses a request that names its user."""
    return respond(replace(incoming, json=[]) if USER in incoming.headers else incoming)


@breaks("headers.user-id", apis=GENOS, weakly=True)
@breaks("robustness.no-5xx", apis=GENOS)
def user_id_must_be_a_number(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 500 where the user id is no number."""
    answer = respond(incoming)
    if not incoming.headers.get(USER, "0").isdigit():
        error = {"message": "Something went wrong.", "type": "server_error", "param": None, "code": None}
        answer.status, answer.body, answer.frames = 500, {"error": error}, None
    return answer


@breaks("serving.unknown-id", apis=GENOS)
def any_serving_answers(incoming: Incoming, respond: Respond) -> Answer:
    """Answers for a serving that does not exist."""
    return respond(replace(incoming, base_parameters={"serving_id": "43"}))


@breaks("serving.unknown-id", apis=GENOS)
def serving_id_must_be_a_number(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 500 where the serving id is no integer."""
    answer = respond(incoming)
    if answer.status == 404 and not incoming.base_parameters.get("serving_id", "").isdigit():
        answer.status = 500
    return answer


@breaks("versioning.path", apis=FLEET)
def no_versioned_path(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 404 under the versioned base path."""
    return respond(replace(incoming, operation="", path="/") if "/v1/" in incoming.base else incoming)


@breaks("versioning.path", apis=FLEET)
def versioned_models_under_data(incoming: Incoming, respond: Respond) -> Answer:
    """Lists the models under another name in the versioned form."""
    answer = respond(incoming)
    if "/v1/" in incoming.base and incoming.operation == "listModels" and isinstance(answer.body, dict):
        answer.body = {"data": answer.body.pop("models", [])}
    return answer
