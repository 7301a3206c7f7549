"""Writes a recorded request again, for a target whose base URL, key or model may be another one."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from conformance.exchange.model import FILTERED, NO_SUCH_MODEL, Ending
from conformance.exchange.redaction import PRIVATE_HEADERS
from conformance.exchange.secrets import PRIVATE
from conformance.probes.call import Call
from conformance.probes.target import USER_AGENT, pointed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.contract.model import Api, Effect, Operation
    from conformance.exchange.model import Exchange, Request
    from conformance.probes.target import Target

_HALVES = re.compile(r"(https?://[^/?#]*)([^?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110 § 9.2.1)."""
_MOST = 10_000
"""Output tokens: larger caps are asked for to be refused."""


class CannotResend(Exception):  # noqa: N818 - a fact about the recording
    """A recorded request cannot be sent again; the message says why, and what would help."""


def again(target: Target, request: Request, recorded_base: str, recorded_model: str = "") -> Call:
    """Write a recorded request again: as it was, but for where it goes and what the recording does not hold.

    It goes below the target's base URL as it went below the recorded one. The key stands where it was taken out, and
    the target's model, if one is set, in place of the one that the recording was made with.

    Raises:
        CannotResend: it went to another host, or has something that was taken out and is not known.
    """
    own = _private(target, request)
    url = _filled(rebased(request.url, recorded_base, target.base_url), *(quote(v, safe="") for v in (target.key, own)))
    text = request.body.decode(errors="surrogateescape")
    filled = _filled(text, *(json.dumps(value)[1:-1] for value in (target.key, own)))
    body = filled.encode(errors="surrogateescape")
    operation = operation_of(target.api, request, recorded_base)
    if operation and target.model and recorded_model not in {"", target.model}:
        body = _with_model(operation, body, recorded_model, target.model)
        if recorded_model in (operation.parameters(_below(request, recorded_base) or "") or {}).values():
            url = quote(target.model, safe="").join(url.rsplit(quote(recorded_model, safe=""), 1))
    headers = tuple((name, _header(target, name, value, own)) for name, value in request.headers)
    if PRIVATE in url or PRIVATE in filled:
        raise CannotResend("the recording leaves out something private that the request says")
    return Call(
        method=request.method,
        url=url,
        headers=(*headers, *_more_headers(target, request)),
        body=body,
        tokens=_tokens(target, request, recorded_base),
        effect=effect_of(target.api, request, recorded_base),
    )


def repeated(target: Target, exchange: Exchange, recorded_base: str, recorded_model: str = "") -> Call:
    """Write the request of an exchange again, to be left after as many pieces where the answer was left on purpose.

    Raises:
        CannotResend: as `again` does.
    """
    call = again(target, exchange.request, recorded_base, recorded_model)
    pieces = len(exchange.response.pieces) if exchange.response else 0
    return replace(call, leave_after=pieces if exchange.ending is Ending.ABANDONED and pieces else None)


def rebased(url: str, old: str, new: str) -> str:
    """Return where a URL leads that was written for the base URL `old` when the base URL is `new`.

    Below the base it is the same place; beside it, as many segments are left as were left then.

    Raises:
        CannotResend: it leads to another host, or further up than the new base goes.
    """
    origin, path, _ = _halves(old)
    place, way, rest = _halves(url)
    if place.lower() != origin.lower():
        raise CannotResend("the request went to another host than the target's")
    had, goes, has = path.split("/"), way.split("/"), _halves(new)[1].split("/")
    shared = next((i for i, pair in enumerate(zip(had, goes, strict=False)) if pair[0] != pair[1]), None)
    common = min(len(had), len(goes)) if shared is None else shared
    left = len(had) - common
    if left >= len(has):
        raise CannotResend("the request went beside the recorded base URL, for which the target's is too short")
    return _halves(new)[0] + "/".join(has[: len(has) - left] + goes[common:]) + rest


def operation_of(api: Api, request: Request, base_url: str) -> Operation | None:
    """Return the documented operation that a request below the base URL is of, or None."""
    below = _below(request, base_url)
    found = api.recognise(request.method, below) if below is not None else None
    return found[0] if found else None


def effect_of(api: Api, request: Request, base_url: str) -> Effect:
    """Return what sending a recorded request means; one that is not documented is taken to change what it may."""
    if operation := operation_of(api, request, base_url):
        return operation.effect
    if request.method.upper() in _SAFE:
        return "read"
    effects = {operation.effect for operation in _alike(api, request, base_url)}
    return "generate" if effects and "configure" not in effects else "configure"


def model_of(api: Api, exchanges: Iterable[Exchange], base_url: str) -> str:
    """Return the model that the recorded requests ask: of the first that was answered; empty where none was."""
    for exchange in exchanges:
        operation = operation_of(api, exchange.request, base_url)
        if operation and operation.effect == "generate" and exchange.status in range(200, 300):
            model = pointed(_value(exchange.request.body), operation.request.get("model", "/model"))
            if isinstance(model, str) and model not in {"", NO_SUCH_MODEL}:
                return model
    return ""


def _halves(url: str) -> tuple[str, str, str]:
    """Return the origin, the path, and what follows it."""
    found = _HALVES.fullmatch(url)
    if found is None:
        raise CannotResend("the request's URL is none of HTTP")
    return found[1], found[2], found[3]


def _below(request: Request, base_url: str) -> str | None:
    """Return the path below the base URL, None for one beside it."""
    (origin, path, _), (place, way, _) = _halves(base_url), _halves(request.url)
    is_below = place.lower() == origin.lower() and way.startswith(f"{path}/")
    return way[len(path) :] if is_below else None


def _private(target: Target, request: Request) -> str:
    """Return what `[Private]` stands for: the one private header of the request; empty where that is not known."""
    known = {name.lower(): value for name, value in target.headers}
    taken = [name.lower() for name, value in request.headers if value == FILTERED]
    values = [known.get(name, "") for name in taken if name in PRIVATE_HEADERS]
    return values[0] if len(values) == 1 else ""


def _filled(text: str, key: str, private: str) -> str:
    """Return text with what was taken out of it put back, as far as it is known."""
    return text.replace(FILTERED, key).replace(PRIVATE, private or PRIVATE)


def _header(target: Target, name: str, value: str, private: str) -> str:
    """Return a header value with what was taken out of it put back."""
    if FILTERED not in value and PRIVATE not in value:
        return value
    if name.lower() == "user-agent":
        return USER_AGENT
    own = {key.lower(): said for key, said in target.headers}
    if name.lower() in own:
        return own[name.lower()]
    if name.lower() in PRIVATE_HEADERS or (PRIVATE in value and not private):
        raise CannotResend(f"the recording leaves out the value of {name}: give it with --header '{name}: …'")
    return _filled(value, target.key, private)


def _more_headers(target: Target, request: Request) -> Iterable[tuple[str, str]]:
    """Return the target's header fields that the recording lacks; a companion that it lacks was left out on purpose."""
    companions = {companion.header.lower() for companion in target.api.profile.companions}
    known = companions | {name.lower() for name, _ in request.headers}
    return [(name, value) for name, value in target.headers if name.lower() not in known]


def _with_model(operation: Operation, body: bytes, old: str, new: str) -> bytes:
    """Return a body that asks another model, every other byte as it was."""
    name = operation.request.get("model", "/model").rpartition("/")[2]
    was = b"|".join({re.escape(json.dumps(old, ensure_ascii=plain).encode()) for plain in (True, False)})
    text = json.dumps(new, ensure_ascii=False).encode()
    return re.sub(rb'("%s"\s*:\s*)(?:%s)' % (re.escape(name.encode()), was), lambda m: m[1] + text, body, count=1)


def _tokens(target: Target, request: Request, base_url: str) -> int:
    """Return the output tokens that a request may cost, as of any other request to the operation."""
    found = operation_of(target.api, request, base_url)
    body = _value(request.body)
    operations = [found] if found else _alike(target.api, request, base_url)
    return max((_cost(target, operation, request.body, body) for operation in operations if request.body), default=0)


def _cost(target: Target, operation: Operation, written: bytes, said: object) -> int:
    """Return the cap that a body says, what is expected without one where it says none that can be meant."""
    capped = target.call(operation, said).tokens if isinstance(said, dict) else 0
    return capped if 0 < capped <= _MOST else target.call(operation, written).tokens


def _alike(api: Api, request: Request, base_url: str) -> list[Operation]:
    """Return the operations on a path, whatever their method; slashes too many do not matter."""
    way = re.sub("/+", "/", (_below(request, base_url) or "/").rstrip("/") or "/")
    return [operation for operation in api.operations if operation.parameters(way) is not None]


def _value(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
