"""Deviations in the format of errors: other envelopes, other types, other words."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from conformance.exchange.model import INVALID_CREDENTIAL, NO_SUCH_PATH
from conformance.reference.deviations.failing import reworded
from conformance.reference.deviations.registry import OPENAI_LIKE, breaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.answer import Answer, Incoming, Respond

_TEXT = "The request is not valid."
_LONG = 500_000
"""Bytes of a request body whose refusal is about the model's context."""
_ERROR = {"message": _TEXT, "type": "invalid_request_error", "param": None, "code": None}


def _bad_chat(incoming: Incoming, answer: Answer) -> bool:
    return incoming.operation == "createChatCompletion" and answer.status == 400 and isinstance(answer.body, dict)


def _worded(incoming: Incoming, respond: Respond, body: object, media_type: str = "application/json") -> Answer:
    """Answer, with another body and media type of errors about a chat request."""
    answer = respond(incoming)
    if _bad_chat(incoming, answer):
        answer.body, answer.headers["Content-Type"] = body, media_type
    return answer


def _bent(incoming: Incoming, respond: Respond, bend: Callable[[dict[str, Any]], object]) -> Answer:
    """Answer, with the error object of errors about a chat request bent in place."""
    answer = respond(incoming)
    if _bad_chat(incoming, answer) and len(incoming.body) < _LONG:
        bend(answer.body["error"])
    return answer


@breaks("errors.shape", apis=("cloud-temple", "openai"), bugs=("err-string",))
def error_as_text(incoming: Incoming, respond: Respond) -> Answer:
    """Writes a text where an error about a chat request has an object."""
    return _worded(incoming, respond, {"error": _TEXT, "error_type": "validation"})


@breaks("errors.shape", apis=("cloud-temple", "neuroflash", "openai"), bugs=("err-detail",))
def error_as_detail(incoming: Incoming, respond: Respond) -> Answer:
    """Words errors about a chat request as FastAPI does: a text `detail`."""
    return _worded(incoming, respond, {"detail": _TEXT})


@breaks("errors.shape", apis=("cloud-temple", "neuroflash", "openai"), bugs=("err-detail",))
def error_as_list_of_details(incoming: Incoming, respond: Respond) -> Answer:
    """Words errors about a chat request as Pydantic does: a list `detail`."""
    fault = {"type": "missing", "loc": ["body", "messages"], "msg": "Field required", "input": {}}
    return _worded(incoming, respond, {"detail": [fault]})


@breaks("errors.shape", apis=("cloud-temple", "neuroflash", "openai"), bugs=("err-flat",))
def error_without_envelope(incoming: Incoming, respond: Respond) -> Answer:
    """Puts what belongs into the object `error` at the top of an error about a chat request."""
    return _worded(incoming, respond, {"object": "error", **_ERROR, "code": 400})


@breaks("errors.shape", apis=("cloud-temple", "neuroflash", "openai"), bugs=("err-vendor-envelope",))
def error_with_a_list(incoming: Incoming, respond: Respond) -> Answer:
    """Words errors about a chat request as a CDN does: `success` false and a list `errors`."""
    return _worded(incoming, respond, {"success": False, "errors": [{"code": 7003, "message": _TEXT}], "result": None})


@breaks("errors.shape", apis=("cloud-temple", "neuroflash", "openai"), bugs=("err-vendor-envelope",))
def error_code_beside_message(incoming: Incoming, respond: Respond) -> Answer:
    """Words errors about a chat request as `error_code` and `message`."""
    return _worded(incoming, respond, {"error_code": "BAD_REQUEST", "message": _TEXT})


@breaks("errors.shape", apis=("cloud-temple", "neuroflash", "openai"), bugs=("err-array",))
def error_in_an_array(incoming: Incoming, respond: Respond) -> Answer:
    """Wraps errors about a chat request into an array."""
    return _worded(incoming, respond, [{"error": _ERROR}])


@breaks("errors.shape", apis=("cloud-temple", "neuroflash", "openai"), bugs=("err-problem-json",))
def error_as_problem(incoming: Incoming, respond: Respond) -> Answer:
    """Words errors about a chat request as RFC 9457 does."""
    problem = {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": _TEXT}
    return _worded(incoming, respond, problem, "application/problem+json")


@breaks("chat.documented-example", "errors.shape", apis=("neuroflash",), bugs=("err-non-json",))
@breaks("content.json-type", "errors.shape", apis=("cloud-temple",))
@breaks("errors.shape", apis=("openai",))
def error_as_page(incoming: Incoming, respond: Respond) -> Answer:
    """Sends an HTML page as an error about a chat request."""
    return _worded(incoming, respond, b"<html><body><h1>400 Bad Request</h1></body></html>", "text/html")


@breaks("errors.shape", apis=("cloud-temple", "openai"), bugs=("err-empty-body",))
@breaks("chat.documented-example", "errors.shape", apis=("neuroflash",))
def error_without_body(incoming: Incoming, respond: Respond) -> Answer:
    """Sends nothing but the status of an error about a chat request."""
    return _worded(incoming, respond, b"")


@breaks("content.json-type", apis=("cloud-temple", "genos", "neuroflash"), bugs=("err-wrong-ct",))
@breaks("content.json-type", apis=("openai",), weakly=True)
def error_declared_as_text(incoming: Incoming, respond: Respond) -> Answer:
    """Declares errors about a chat request as plain text."""
    return _worded(incoming, respond, {"error": _ERROR}, "text/plain; charset=utf-8")


@breaks("errors.shape", apis=("neuroflash", "openai"), bugs=("auth-error-shape", "err-non-json"))
@breaks("content.json-type", "errors.shape", apis=("cloud-temple",))
def unauthorised_in_plain_text(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses credentials in plain text."""
    answer = respond(incoming)
    if answer.status == 401:
        answer.body, answer.headers["Content-Type"] = b"Unauthorized", "text/plain"
    return answer


@breaks("errors.shape", apis=("cloud-temple", "openai"), bugs=("err-field-types",))
def error_message_as_list(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the message of an error about a chat request as a list."""
    return _bent(incoming, respond, lambda error: error.update(message=[{"loc": "messages", "msg": _TEXT}]))


@breaks("errors.shape", apis=("cloud-temple", "openai"), bugs=("err-field-types",))
def error_type_as_object(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the type of an error about a chat request as an object."""
    return _bent(incoming, respond, lambda error: error.update(type={"name": "ValueError"}))


@breaks("errors.code", apis=("cloud-temple", "genos", "openai"), bugs=("err-code-int",))
def error_code_as_number(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the status, a number, as the code of an error about a chat request."""
    return _bent(incoming, respond, lambda error: error.update(code=400))


@breaks("errors.param", apis=("genos", "openai"), bugs=("err-field-types",))
@breaks("errors.param", "errors.shape", apis=("cloud-temple",))
def error_param_as_list(incoming: Incoming, respond: Respond) -> Answer:
    """Writes the param of an error about a chat request as a path of names."""
    return _bent(incoming, respond, lambda error: error.update(param=["body", "messages"]))


@breaks("errors.null", apis=("cloud-temple", "genos", "openai"), bugs=("err-field-types",))
def error_param_called_none(incoming: Incoming, respond: Respond) -> Answer:
    """Writes `None` as a text where an error about a chat request has no param."""
    return _bent(incoming, respond, lambda error: error.update(param="None"))


@breaks("errors.members", apis=("cloud-temple", "genos", "openai"))
def error_without_param(incoming: Incoming, respond: Respond) -> Answer:
    """Leaves param out of errors about a chat request."""
    return _bent(incoming, respond, lambda error: error.pop("param"))


@breaks("errors.message-plain", apis=("cloud-temple", "genos", "openai"), bugs=("err-nested-json-string",))
def error_within_error(incoming: Incoming, respond: Respond) -> Answer:
    """Writes another error's JSON as the message of an error about a chat request."""
    return _bent(incoming, respond, lambda error: error.update(message=json.dumps({"error": _ERROR})))


@breaks("errors.no-secret", apis=("cloud-temple", "genos", "openai"), bugs=("err-leak-secret",))
def error_shows_key(incoming: Incoming, respond: Respond) -> Answer:
    """Shows the key to the service behind it in errors about a chat request."""
    text = "upstream refused the key sk-proj-a8FqZ2mWc7RtY4vKx1LbN9dQ3hJs6PgT"
    return _bent(incoming, respond, lambda error: error.update(message=text))


@breaks("errors.no-address", apis=("cloud-temple", "genos", "openai"), bugs=("err-leak-secret",))
def error_shows_address(incoming: Incoming, respond: Respond) -> Answer:
    """Names the address of the service behind it in errors about a chat request."""
    text = "cannot POST http://vllm-0.models.svc.cluster.local:8000/generate"
    return _bent(incoming, respond, lambda error: error.update(message=text))


@breaks("errors.no-leak", apis=OPENAI_LIKE, bugs=("err-leak-trace",))
def error_trace_in_a_header(incoming: Incoming, respond: Respond) -> Answer:
    """Puts a stack trace into a header of errors about a chat request."""
    answer = respond(incoming)
    if _bad_chat(incoming, answer):
        answer.headers["X-Debug"] = 'Traceback (most recent call last): File "app.py", line 41, in chat'
    return answer


@breaks("errors.route-shape", apis=("cloud-temple", "genos", "openai"), bugs=("err-unknown-route",))
def unknown_path_as_detail(incoming: Incoming, respond: Respond) -> Answer:
    """Words the 404 of a path outside the API as FastAPI does."""
    answer = respond(incoming)
    if NO_SUCH_PATH in incoming.path and answer.status == 404:
        answer.body = {"detail": "Not Found"}
    return answer


@breaks("errors.route-shape", apis=("cloud-temple", "genos", "openai"), bugs=("err-405-envelope",))
def wrong_method_as_detail(incoming: Incoming, respond: Respond) -> Answer:
    """Words the 405 of a wrong method as FastAPI does."""
    answer = respond(incoming)
    if answer.status == 405:
        answer.body = {"detail": "Method Not Allowed"}
    return answer


@breaks("auth.code", apis=("cloud-temple", "genos", "openai"), bugs=("auth-error-shape",))
def wrong_key_without_code(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses a wrong key without a code."""
    answer = respond(incoming)
    if answer.status == 401 and INVALID_CREDENTIAL in incoming.headers.get("authorization", ""):
        answer.body["error"]["code"] = None
    return answer


@breaks("auth.not-echoed", apis=OPENAI_LIKE, bugs=("auth-leaks-hash", "err-leak-secret"))
def wrong_key_digested(incoming: Incoming, respond: Respond) -> Answer:
    """Shows the SHA-256 of a wrong key where it refuses it."""
    answer = respond(incoming)
    key = incoming.headers.get("authorization", "").removeprefix("Bearer ")
    if answer.status == 401 and INVALID_CREDENTIAL in key:
        digest = hashlib.sha256(key.encode()).hexdigest()
        reworded(answer, f"Unable to find token in the table VerificationToken: {digest}")
    return answer
