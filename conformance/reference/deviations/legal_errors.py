"""Legal variations of errors: they bend how an error is told and break no promise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.exchange.model import NO_SUCH_MODEL
from conformance.reference.answer import Frame
from conformance.reference.deviations.errorcases import limited, said
from conformance.reference.deviations.errorstreams import repeats
from conformance.reference.deviations.failing import reworded
from conformance.reference.deviations.registry import OPENAI_LIKE, breaks
from conformance.reference.deviations.streambending import DONE, spliced

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond

_BUSY = {"message": "The server is overloaded.", "type": "server_error", "param": None, "code": None}


@breaks(apis=("cloud-temple", "genos", "openai"))
def legal_error_extras(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: adds members to errors and their envelope, as Azure does."""
    answer = respond(incoming)
    if answer.status >= 400 and isinstance(answer.body, dict):
        answer.body["error"] |= {"status": answer.status, "innererror": {"code": "ResponsibleAIPolicyViolation"}}
        answer.body["request_id"] = "req_0"
    return answer


@breaks(apis=("cloud-temple", "genos", "openai"))
def legal_error_nulls(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: says neither param nor code of errors about requests."""
    answer = respond(incoming)
    if answer.status in {400, 404} and isinstance(answer.body, dict) and len(incoming.body) < 100_000:
        answer.body["error"] |= {"param": None, "code": None}
    return answer


@breaks(apis=OPENAI_LIKE)
def legal_400_for_unknown_model(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses an unknown model with 400 in place of 404."""
    answer = respond(incoming)
    if answer.status == 404 and said(incoming).get("model") == NO_SUCH_MODEL:
        answer.status = 400
    return answer


@breaks(apis=("cloud-temple", "genos", "openai"))
def legal_missing_key_without_code(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses a request without a key with no code, as OpenAI does."""
    answer = respond(incoming)
    if answer.status == 401 and "authorization" not in incoming.headers:
        answer.body["error"]["code"] = None
        reworded(answer, "You can obtain an API key from https://platform.openai.com/account/api-keys.")
    return answer


@breaks(apis=OPENAI_LIKE)
def legal_masked_key(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: shows the ends of a wrong key, the rest masked."""
    answer = respond(incoming)
    if answer.status == 401:
        reworded(answer, "Incorrect API key provided: llm-conf**********************tial.")
    return answer


@breaks(apis=OPENAI_LIKE)
def legal_error_within_stream(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: ends one stream with an error in the middle of the answer."""
    if not repeats(incoming):
        return respond(incoming)
    return spliced(incoming, respond, lambda frames: [*frames[:4], Frame({"error": _BUSY}), Frame(DONE)])


@breaks(apis=OPENAI_LIKE)
def legal_rate_limit(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: limits the rate of a request, and says when to come back."""
    return limited(incoming, respond)


@breaks(apis=OPENAI_LIKE)
def legal_rate_limit_until_a_date(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: limits the rate of a request until a time that has passed."""
    answer = limited(incoming, respond)
    if answer.status == 429:
        answer.headers["Retry-After"] = "Sun, 06 Nov 1994 08:49:37 GMT"
    return answer


@breaks(apis=OPENAI_LIKE)
def legal_quota_exhausted(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses a request for an exhausted quota, and says so in the code."""
    text = "You exceeded your current quota, please check your plan and billing details."
    return limited(incoming, respond, message=text, type="insufficient_quota", code="insufficient_quota")


@breaks(apis=OPENAI_LIKE)
def legal_long_text_refused(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: refuses a text for its number of characters, not for the model's context."""
    answer = respond(incoming)
    if len(incoming.body) > 500_000 and answer.status == 400:
        text = "Invalid 'messages[0].content': string too long. Expected a string with maximum length 500000."
        reworded(answer, text).body["error"]["code"] = "string_above_max_length"
    return answer


@breaks(apis=OPENAI_LIKE)
def legal_image_left_aside(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: answers the text beside an image that cannot be read."""
    answer = respond(incoming)
    if answer.status == 400 and b"data:image/png;base64,bm8gaW1hZ2U=" in incoming.body:
        text = {"role": "user", "content": said(incoming)["messages"][0]["content"][0]["text"]}
        return respond(replace(incoming, json={**said(incoming), "messages": [text]}))
    return answer
