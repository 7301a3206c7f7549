"""A request as it is drawn, before the target is known."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from conformance.probes.discovery import NEWER_CAP
from conformance.probes.target import Target, placed, pointed, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.contract.model import Api, Operation
    from conformance.exchange.model import Headers
    from conformance.probes.call import Call

MODEL = "llm-conformance-drawn-model"
"""Stands in a draft for the model that is in use at the target."""


@dataclass(frozen=True)
class Draft:
    """A request to an operation: what is special about it (`label`), and how it differs from a plain one.

    `body` is a JSON value, or bytes that are sent as they are. `most` are the output tokens that it may cost where the
    body does not tell. `method` and `media_type` replace those of the operation.
    """

    operation: str
    label: str
    body: Any = None
    path: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    headers: Headers = ()
    method: str = ""
    media_type: str = ""
    most: int | None = None

    @property
    def text(self) -> bytes:
        """What is sent, less what only the target knows."""
        return self.body if isinstance(self.body, bytes) else b"" if self.body is None else written(self.body)


def aimless(api: Api) -> Target:
    """Return a target that is not known yet, for which bodies can be written."""
    return Target(api, "http://target", "", model=MODEL, models=(MODEL,), embedding_model=MODEL)


def addressed(draft: Draft, target: Target) -> Call:
    """Return the call that a draft is at a target: with its model, and in the words that the model takes."""
    operation = target.api.operation(draft.operation)
    name = target.embedding_model if operation.kind in {"embedding", "rerank"} else target.model
    body = draft.body
    if isinstance(body, bytes):
        body = body.replace(json.dumps(MODEL).encode(), json.dumps(name, ensure_ascii=False).encode())
    elif body is not None:
        body = _in_words(_named(body, name), target, operation)
    typed = (("Content-Type", draft.media_type),) if draft.media_type else ()
    call = target.call(
        operation,
        body,
        headers=(*typed, *draft.headers),
        path={key: value.replace(MODEL, name) for key, value in draft.path},
        query=dict(draft.query),
        tokens=draft.most if draft.most is not None else _cap(body, operation),
    )
    return replace(call, method=draft.method or call.method)


def _cap(body: Any, operation: Operation) -> int | None:  # noqa: ANN401 - any JSON value
    """Return the cap that a body says by the newer word; None leaves it to the operation's own."""
    cap = pointed(body, operation.request[NEWER_CAP]) if NEWER_CAP in operation.request else None
    return cap if isinstance(cap, int) and not isinstance(cap, bool) and cap > 0 else None


def _named(body: Any, name: str) -> Any:  # noqa: ANN401 - any JSON value
    return {**body, "model": name} if isinstance(body, dict) and body.get("model") == MODEL else body


def _in_words(body: Any, target: Target, operation: Operation) -> Any:  # noqa: ANN401 - any JSON value
    """Return a body without what the model in use does not take, and with room to think where it needs that."""
    if not isinstance(body, dict) or operation.kind != "chat":
        return body
    body = dict(body)
    if target.cap == NEWER_CAP and "max_tokens" in body:
        cap = body.pop("max_tokens")
        body.setdefault(NEWER_CAP, cap)
    if not target.cool and body.get("temperature") != 1:
        body.pop("temperature", None)
    cap = pointed(body, operation.request.get(target.cap_of(operation), ""))
    if target.thinks and isinstance(cap, int) and not isinstance(cap, bool) and cap > 0:
        placed(body, operation.request[target.cap_of(operation)], target.room(operation, cap))
    return body


def capped(body: Mapping[str, Any], operation: Operation, most: int) -> dict[str, Any]:
    """Return a body that caps its output tokens at so many, or at fewer where it says fewer; by one word only."""
    copy: dict[str, Any] = json.loads(json.dumps(body))
    newer = operation.request.get(NEWER_CAP)
    if newer and pointed(copy, newer) is not None:
        copy.pop("max_tokens", None)
        pointer = newer
    else:
        pointer = operation.request.get("max_tokens", "")
    if pointer:
        said = pointed(copy, pointer)
        is_number = isinstance(said, int) and not isinstance(said, bool)
        placed(copy, pointer, min(said, most) if is_number else most)
    return copy


def replaced(body: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """Return a body with another value of one of its fields; objects are merged, so that caps in them stay."""
    held = body.get(name)
    if isinstance(held, dict) and isinstance(value, dict):
        return {**body, name: {**held, **value}}
    return {**body, name: value}
