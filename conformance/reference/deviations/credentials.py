"""Deviations in how credentials are demanded, taken and kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.exchange.model import INVALID_CREDENTIAL
from conformance.reference.deviations.registry import ALL_APIS, breaks
from conformance.reference.server import DEFAULT_KEY

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond

WAYS = ("authorization", "x-api-key")
LISTING = ("cloud-temple", "genos", "multi-llm")


def _presented(incoming: Incoming) -> list[str]:
    return [incoming.headers[name] for name in WAYS if name in incoming.headers]


def _is_wrong(incoming: Incoming) -> bool:
    return any(INVALID_CREDENTIAL in value for value in _presented(incoming))


def _let_in(incoming: Incoming) -> Incoming:
    """Return the request with the server's own key, as if it had been sent."""
    headers = {name: value for name, value in incoming.headers.items() if name not in WAYS}
    return replace(incoming, headers={**headers, "authorization": f"Bearer {DEFAULT_KEY}"})


def _restated(answer: Answer, status: int, code: str) -> Answer:
    """Give a refusal another status, and another code where it has one."""
    answer.status = status
    if isinstance(answer.body, dict):
        error = answer.body.get("error")
        (error if isinstance(error, dict) else answer.body)["code"] = code
    return answer


@breaks("auth.required", apis=ALL_APIS, bugs=("auth-not-enforced",))
def credential_not_needed(incoming: Incoming, respond: Respond) -> Answer:
    """Answers everything but the health check without a credential."""
    open_to_all = not _presented(incoming) and incoming.operation != "getHealth"
    return respond(_let_in(incoming) if open_to_all else incoming)


@breaks("auth.required", apis=LISTING, bugs=("auth-models-open",))
def models_listed_to_anyone(incoming: Incoming, respond: Respond) -> Answer:
    """Lists the models without a credential."""
    open_to_all = not _presented(incoming) and incoming.operation == "listModels"
    return respond(_let_in(incoming) if open_to_all else incoming)


@breaks("auth.required", apis=("multi-llm",))
def settings_changed_by_anyone(incoming: Incoming, respond: Respond) -> Answer:
    """Takes new settings without a credential."""
    open_to_all = not _presented(incoming) and incoming.method == "PUT"
    return respond(_let_in(incoming) if open_to_all else incoming)


@breaks("auth.required", apis=ALL_APIS)
def missing_credential_called_bad_request(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 400 where the credential is missing."""
    answer = respond(incoming)
    return _restated(answer, 400, "INVALID_REQUEST") if answer.status == 401 and not _presented(incoming) else answer


@breaks("auth.invalid", apis=ALL_APIS, bugs=("auth-not-enforced",))
def any_credential_taken(incoming: Incoming, respond: Respond) -> Answer:
    """Takes any credential, for everything but the health check."""
    return respond(_let_in(incoming) if _is_wrong(incoming) and incoming.operation != "getHealth" else incoming)


@breaks("auth.invalid", apis=("multi-llm",))
def any_bearer_token_taken(incoming: Incoming, respond: Respond) -> Answer:
    """Takes any bearer token for the list of models."""
    wrong = INVALID_CREDENTIAL in incoming.headers.get("authorization", "")
    return respond(_let_in(incoming) if wrong and incoming.operation == "listModels" else incoming)


@breaks("auth.invalid", "robustness.no-5xx", apis=ALL_APIS)
def wrong_credential_crashes(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 500 to a wrong credential."""
    answer = respond(incoming)
    return _restated(answer, 500, "INTERNAL_ERROR") if answer.status == 401 and _is_wrong(incoming) else answer


@breaks("auth.required", "auth.invalid", apis=("multi-llm",))
def unauthorised_called_forbidden(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 403 where 401 is documented."""
    answer = respond(incoming)
    return _restated(answer, 403, "FORBIDDEN") if answer.status == 401 else answer


@breaks("auth.required", "auth.invalid", "errors.code-status", apis=("multi-llm",))
def unauthorised_with_another_code(incoming: Incoming, respond: Respond) -> Answer:
    """Gives a 401 the code INVALID_API_KEY."""
    answer = respond(incoming)
    return _restated(answer, 401, "INVALID_API_KEY") if answer.status == 401 else answer


@breaks("auth.scheme-case", apis=ALL_APIS, bugs=("auth-scheme-case",))
def scheme_with_capital_only(incoming: Incoming, respond: Respond) -> Answer:
    """Knows the scheme `Bearer` only with a capital letter."""
    said = incoming.headers.get("authorization", "")
    spoilt = {**incoming.headers, "authorization": "none"}
    return respond(replace(incoming, headers=spoilt) if said.startswith("bearer ") else incoming)


@breaks("auth.challenge", apis=ALL_APIS, bugs=("auth-no-www-authenticate",))
def unauthorised_without_challenge(incoming: Incoming, respond: Respond) -> Answer:
    """Sends a 401 without WWW-Authenticate."""
    answer = respond(incoming)
    answer.headers.pop("WWW-Authenticate", None)
    return answer


@breaks("auth.not-echoed", apis=ALL_APIS)
def wrong_credential_quoted(incoming: Incoming, respond: Respond) -> Answer:
    """Quotes a wrong credential in the error message."""
    answer = respond(incoming)
    if answer.status == 401 and _is_wrong(incoming) and isinstance(answer.body, dict):
        error, message = answer.body.get("error"), f"Incorrect API key provided: {_presented(incoming)[0]}"
        if isinstance(error, dict):
            error["message"] = message
        else:
            answer.body["error"] = message
    return answer


@breaks("auth.not-echoed", apis=ALL_APIS)
def credential_in_a_header(incoming: Incoming, respond: Respond) -> Answer:
    """Repeats the credential in a header of every answer."""
    answer = respond(incoming)
    for value in _presented(incoming)[:1]:
        answer.headers["X-Api-User"] = value
    return answer


@breaks("auth.not-echoed", apis=ALL_APIS)
def credential_in_the_answer(incoming: Incoming, respond: Respond) -> Answer:
    """Adds the headers of the request to an answer, the credential among them."""
    answer = respond(incoming)
    if answer.status == 200 and isinstance(answer.body, dict) and incoming.method == "POST":
        answer.body["debug"] = {name: incoming.headers[name] for name in WAYS if name in incoming.headers}
    return answer


@breaks("auth.api-key", apis=("multi-llm",))
def performance_with_bearer_only(incoming: Incoming, respond: Respond) -> Answer:
    """Takes only a bearer token for the performance statistics."""
    if incoming.operation == "getPerformanceStats" and "authorization" not in incoming.headers:
        return respond(replace(incoming, headers={}))
    return respond(incoming)


@breaks("auth.bearer", apis=("multi-llm",))
def bearer_token_not_taken(incoming: Incoming, respond: Respond) -> Answer:
    """Does not take a bearer token."""
    alone = "authorization" in incoming.headers and "x-api-key" not in incoming.headers
    return respond(replace(incoming, headers={}) if alone else incoming)


@breaks("auth.both", apis=("multi-llm",))
def both_credentials_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses a request that has both headers."""
    return respond(replace(incoming, headers={}) if len(_presented(incoming)) > 1 else incoming)


@breaks("auth.workspace-required", apis=("neuroflash",))
def workspace_not_needed(incoming: Incoming, respond: Respond) -> Answer:
    """Completes chats without a workspace."""
    if incoming.operation != "createChatCompletion":
        return respond(incoming)
    return respond(replace(incoming, headers={"x-workspace-id": "default", **incoming.headers}))


@breaks("auth.workspace-required", "robustness.no-5xx", apis=("neuroflash",))
def missing_workspace_crashes(incoming: Incoming, respond: Respond) -> Answer:
    """Answers 500 to a chat without a workspace."""
    answer = respond(incoming)
    crashes = incoming.operation == "createChatCompletion" and "x-workspace-id" not in incoming.headers
    return _restated(answer, 500, "INTERNAL") if crashes and answer.status == 400 else answer


@breaks("auth.health-open", apis=("neuroflash",))
@breaks("auth.required", apis=("multi-llm",))
def health_open_to_anyone(incoming: Incoming, respond: Respond) -> Answer:
    """Answers the health check without any header."""
    if incoming.operation != "getHealth" or _is_wrong(incoming):
        return respond(incoming)
    let_in = _let_in(incoming)
    return respond(replace(let_in, headers={"x-workspace-id": "default", **let_in.headers}))


@breaks("health.offered", apis=("neuroflash",))
def health_missing(incoming: Incoming, respond: Respond) -> Answer:
    """Has no health check."""
    answer = respond(incoming)
    return _restated(answer, 404, "NOT_FOUND") if incoming.operation == "getHealth" and answer.status == 200 else answer
