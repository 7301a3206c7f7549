"""Deviations of content codings, offers and what browsers need."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING

from conformance.reference.answer import Frame
from conformance.reference.deviations.registry import OPENAI, OPENAI_LIKE, breaks
from conformance.reference.writing import event

if TYPE_CHECKING:
    from conformance.reference.answer import Answer, Incoming, Respond

_EXPOSED = "Access-Control-Expose-Headers"


def _is_whole_chat(incoming: Incoming, answer: Answer) -> bool:
    return incoming.operation == "createChatCompletion" and answer.frames is None and answer.status == 200


def _zipped(answer: Answer) -> None:
    """Put a whole answer into gzip, without saying so."""
    answer.headers.setdefault("Content-Type", "application/json")
    answer.body = gzip.compress(json.dumps(answer.body, ensure_ascii=False).encode("utf-8", "backslashreplace"))


def _without(incoming: Incoming, respond: Respond, *names: str) -> Answer:
    answer = respond(incoming)
    for name in [each for each in answer.headers if each.lower().startswith(names)]:
        del answer.headers[name]
    return answer


@breaks("http.content-coding", apis=OPENAI_LIKE, bugs=("http-stale-content-encoding",))
def plain_body_declared_as_gzip(incoming: Incoming, respond: Respond) -> Answer:
    """Declares plain chat answers as gzip."""
    answer = respond(incoming)
    if _is_whole_chat(incoming, answer):
        answer.headers["Content-Encoding"] = "gzip"
    return answer


@breaks(
    "content.json-type",
    "http.content-coding",
    "models.shape",
    apis=("cloud-temple", "openai"),
    bugs=("http-stale-content-encoding",),
)
@breaks("content.json-type", "http.content-coding", apis=("genos",))
def gzip_model_list_undeclared(incoming: Incoming, respond: Respond) -> Answer:
    """Sends the list of models in gzip without saying so, where gzip is accepted."""
    answer = respond(incoming)
    if incoming.operation == "listModels" and answer.status == 200 and "gzip" in incoming.headers["accept-encoding"]:
        _zipped(answer)
    return answer


@breaks("http.coding-accepted", apis=OPENAI_LIKE, bugs=("sse-compressed",))
def coding_not_accepted(incoming: Incoming, respond: Respond) -> Answer:
    """Sends a stream in the deflate coding to a client that accepts gzip."""
    answer = respond(incoming)
    if answer.frames is not None and incoming.headers.get("accept-encoding") == "gzip":
        answer.headers["Content-Encoding"] = "deflate"
        answer.frames = _coded(answer.frames, zlib.MAX_WBITS)
    return answer


@breaks(apis=OPENAI_LIKE)
def legal_gzip(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: answers in gzip where that is accepted, a stream flushed event by event."""
    answer = respond(incoming)
    if "gzip" not in incoming.headers.get("accept-encoding", ""):
        return answer
    answer.headers["Vary"] = "Accept-Encoding"
    if answer.frames is not None:
        answer.headers["Content-Encoding"] = "gzip"
        answer.frames = _coded(answer.frames, zlib.MAX_WBITS | 16)
    elif answer.body is not None:
        answer.headers["Content-Encoding"] = "gzip"
        _zipped(answer)
    return answer


def _coded(frames: list[Frame], wbits: int) -> list[Frame]:
    coder = zlib.compressobj(wbits=wbits)
    coded = [
        Frame(raw=coder.compress(event(frame)) + coder.flush(zlib.Z_SYNC_FLUSH), delay=frame.delay) for frame in frames
    ]
    return [*coded, Frame(raw=coder.flush())]


@breaks("http.slash", apis=("cloud-temple", "genos", "openai"), bugs=("http-trailing-slash",))
def slash_redirected_elsewhere(incoming: Incoming, respond: Respond) -> Answer:
    """Redirects a path that ends in a slash to the host behind the proxy."""
    answer = respond(incoming)
    if incoming.path.endswith("/"):
        answer.status = 307
        answer.headers["Location"] = f"http://backend.internal:8000{incoming.base}{incoming.path.rstrip('/')}"
    return answer


@breaks(apis=OPENAI_LIKE)
def legal_slash_redirected(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: redirects a path that ends in a slash to the path without it."""
    answer = respond(incoming)
    if incoming.path.endswith("/"):
        answer.status, answer.body = 308, None
        answer.headers["Location"] = incoming.base + incoming.path.rstrip("/")
    return answer


@breaks("http.cors-preflight", apis=OPENAI, bugs=("http-cors", "auth-preflight-401"))
def preflight_needs_key(incoming: Incoming, respond: Respond) -> Answer:
    """Refuses a preflight, which never has a credential, with 401."""
    answer = respond(incoming)
    if incoming.method == "OPTIONS":
        answer.status = 401
    return answer


@breaks("http.cors-preflight", apis=OPENAI, bugs=("http-cors",))
def preflight_allows_any_header_but_the_key(incoming: Incoming, respond: Respond) -> Answer:
    """Allows every header with a wildcard, which does not cover Authorization."""
    answer = respond(incoming)
    if "Access-Control-Allow-Headers" in answer.headers:
        answer.headers["Access-Control-Allow-Headers"] = "*"
    return answer


@breaks("http.cors-preflight", apis=OPENAI, bugs=("http-cors",))
def preflight_of_another_origin(incoming: Incoming, respond: Respond) -> Answer:
    """Allows only the origin of its own page in a preflight."""
    answer = respond(incoming)
    if incoming.method == "OPTIONS":
        answer.headers["Access-Control-Allow-Origin"] = "http://localhost:3000"
    return answer


@breaks("http.cors-expose", apis=OPENAI, bugs=("http-expose-headers",))
def headers_not_exposed(incoming: Incoming, respond: Respond) -> Answer:
    """Lets no script read the request id and the rate limits."""
    return _without(incoming, respond, _EXPOSED.lower())


@breaks(apis=OPENAI_LIKE)
def legal_all_exposed(incoming: Incoming, respond: Respond) -> Answer:
    """Legal: exposes all headers to scripts with a wildcard."""
    answer = respond(incoming)
    answer.headers[_EXPOSED] = "*"
    return answer


@breaks("http.request-id", apis=OPENAI, bugs=("http-request-id",))
def no_openai_request_id(incoming: Incoming, respond: Respond) -> Answer:
    """Sends no x-request-id."""
    return _without(incoming, respond, "x-request-id")


@breaks("http.rate-limits", apis=OPENAI, bugs=("http-ratelimit-headers",))
def no_rate_limits_told(incoming: Incoming, respond: Respond) -> Answer:
    """Sends no x-ratelimit headers."""
    return _without(incoming, respond, "x-ratelimit-")
