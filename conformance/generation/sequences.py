"""Requests that follow each other: conversations, and one request written in several ways."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Any

from conformance.generation.draft import Draft, addressed
from conformance.generation.plainly import worded
from conformance.probes.asking import ask
from conformance.probes.target import pointed

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.contract.model import Operation
    from conformance.exchange.model import Exchange, Headers
    from conformance.generation.talking import Step
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

_MANY = 9
"""Inputs of a large batch: more than any that the documents show."""
CAP = 16
"""Output tokens of an answer in a conversation."""
_LOOKS = ("models", "model", "model-status", "performance-stats", "health")
"""Kinds of operations that tell about the service without more than a model's name; use is told by the day."""


def talk(target: Target, operation: Operation, steps: tuple[Step, ...]) -> Calls:
    """Carry out a plan of a conversation."""
    messages: list[dict[str, Any]] = []
    body: dict[str, Any] = {}
    answered: Exchange | None = None
    looks = cycle(target.of_kind(*_LOOKS))
    for step in steps:
        if step.way == "forget":
            messages = []
        elif step.way == "look":
            if seen := next(looks, None):
                yield target.call(seen, path={"model_id": target.model, "model": target.model})
        else:
            if step.way in {"ask", "go on"}:
                messages = [*_gone_on(messages, answered if step.way == "go on" else None), _said(step.text)]
                body = ask(target, operation, messages=messages, tokens=CAP)
            else:
                body = _other_way(body, operation) if step.way == "stream" else body
            answered = yield target.call(operation, body)


def _said(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def _gone_on(messages: list[dict[str, Any]], answered: Exchange | None) -> list[dict[str, Any]]:
    """Return the conversation with the target's own answer; where there was none in text, a new conversation."""
    said = pointed(_read(answered), "/choices/0/message/content")
    own = said if isinstance(said, str) and said.strip() else ""
    return [*messages, {"role": "assistant", "content": own}] if own and messages else []


def _read(answered: Exchange | None) -> Any:  # noqa: ANN401 - any JSON value
    if answered is None or answered.response is None or answered.status != 200:
        return None
    try:
        return json.loads(answered.response.body)
    except (ValueError, RecursionError):
        return None


def _other_way(body: dict[str, Any], operation: Operation) -> dict[str, Any]:
    """Return a request for a stream in place of a whole answer, or for a whole answer in place of a stream."""
    if operation.streams != "on-request":
        return body
    pointer = operation.request.get("stream", "")
    streamed = bool(pointer) and pointed(body, pointer) is True
    return worded(body, operation, stream=None if streamed else True)


@dataclass(frozen=True)
class Form:
    """A way to write a request that means the same: as JSON, or in its head."""

    label: str
    text: Callable[[Any], bytes]
    headers: Headers = ()


def _backwards(body: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(body, dict):
        return {name: _backwards(body[name]) for name in reversed(body)}
    return [_backwards(item) for item in body] if isinstance(body, list) else body


def _plainly(body: Any) -> bytes:  # noqa: ANN401 - any JSON value
    return json.dumps(body, ensure_ascii=False).encode()


FORMS = (
    Form("as it is", _plainly),
    Form("members in another order", lambda body: _plainly(_backwards(body))),
    Form("over several lines", lambda body: json.dumps(body, ensure_ascii=False, indent=3).encode()),
    Form("without spaces", lambda body: json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()),
    Form("in escapes", lambda body: json.dumps(body, ensure_ascii=True).encode()),
    Form("with a header field that nobody knows", _plainly, (("X-Llm-Conformance-Unknown", "1"),)),
)
"""RFC 8259 § 2 (white space), § 4 (members have no order), § 7 (escapes); RFC 9110 § 5.1 (unknown fields)."""


def written_ways(target: Target, draft: Draft) -> Calls:
    """Send one request in every form."""
    for form in FORMS:
        body = draft.body if not isinstance(draft.body, bytes) else None
        call = addressed(Draft(draft.operation, draft.label, body, draft.path, form.headers), target)
        sent = form.text(json.loads(call.body))
        yield target.call(
            target.api.operation(draft.operation), sent, headers=form.headers, path=dict(draft.path), tokens=call.tokens
        )


def batches(target: Target, operation: Operation, texts: tuple[str, ...]) -> Calls:
    """Ask for the vectors of texts one by one, together, and together in another order."""
    many = [f"{number}: {texts[0]}" for number in range(_MANY)]
    for given in (*texts[:2], list(texts), list(reversed(texts)), [texts[0], texts[0]], many):
        yield target.call(operation, ask(target, operation, input=given))
