"""Probes of requests that are wrong in one way each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.contract import requestfields
from conformance.exchange.model import NO_SUCH_MODEL, NO_SUCH_PATH
from conformance.probes.asking import ask
from conformance.probes.call import Call
from conformance.probes.registry import probe
from conformance.probes.target import placed, pointed, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.contract.model import Operation
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

_OTHERS: tuple[Any, ...] = ({"llm-conformance": True}, "llm-conformance", 7, True)
"""Values of four JSON types, the most telling first."""


def bodied(target: Target) -> list[Operation]:
    """Return the operations that take a JSON body, may be sent, and refuse wrong requests in their own way."""
    return [o for o in target.operations if requestfields.takes_json(target.api, o) and not o.errors_like]


def plain(target: Target, operation: Operation) -> dict[str, Any]:
    """Return a body that the documents promise to answer: a capped question, or the documented sample."""
    if operation.effect == "configure":
        return dict(requestfields.example(target.api, operation, "documented") or {})
    if operation.kind == "rerank":
        return {"model": target.model, "query": "ok", "documents": ["ok", "no"]}
    return ask(target, operation)


def path_of(target: Target, operation: Operation) -> Mapping[str, str] | None:
    """Return the path parameters of a request to an operation: the model that probes use."""
    return {"model_id": target.model} if "{model_id}" in operation.path else None


@probe()
def errors_plain(target: Target) -> Calls:
    """Sends a right request to each operation with a body, beside which wrong ones tell something.

    The first chat operation was asked when the target was looked at.
    """
    asked = [operation for operation in target.of_kind("chat") if operation.streams != "always"][:1]
    for operation in [operation for operation in bodied(target) if operation not in asked]:
        yield target.call(operation, plain(target, operation), path=path_of(target, operation))


@probe()
def errors_malformed(target: Target) -> Calls:
    """Sends each operation a JSON body that breaks off before its end."""
    for operation in bodied(target):
        body = written(plain(target, operation))[:-1]
        cap = target.api.profile.caps.short if operation.effect == "generate" else 0
        yield target.call(operation, body, path=path_of(target, operation), tokens=cap)


@probe()
def errors_missing(target: Target) -> Calls:
    """Leaves out each required field, one at a time."""
    for operation in bodied(target):
        for names in requestfields.required(target.api, operation):
            body = {name: value for name, value in plain(target, operation).items() if name not in names}
            yield target.call(operation, body, path=path_of(target, operation))


@probe()
def errors_wrong_type(target: Target) -> Calls:
    """Sends each documented field with a value of another JSON type, one at a time."""
    for operation in bodied(target):
        for pointer, value in _mistyped(target, operation):
            body = placed(plain(target, operation), pointer, value)
            cap = target.api.profile.caps.short if pointer.endswith("max_tokens") else None
            yield target.call(operation, body, path=path_of(target, operation), tokens=cap)


def _mistyped(target: Target, operation: Operation) -> Iterator[tuple[str, Any]]:
    for word, pointer in operation.request.items():
        if operation.mistyped and word not in operation.mistyped:
            continue
        types = requestfields.types(target.api, operation, pointer)
        wrong = [value for value in _OTHERS if not requestfields.of_type(value, types)]
        holder = pointed(plain(target, operation), pointer.rpartition("/")[0])
        if wrong and (pointer.count("/") == 1 or isinstance(holder, dict)):
            yield pointer, wrong[0]


@probe()
def errors_unknown_model(target: Target) -> Calls:
    """Asks for a model that does not exist."""
    for operation in bodied(target):
        if operation.effect == "generate":
            yield target.call(operation, plain(target, operation) | {"model": NO_SUCH_MODEL})


@probe()
def errors_unknown_route(target: Target) -> Calls:
    """Asks for a path outside the API, and uses PATCH on paths that only take POST."""
    standing = (*target.headers, *target.credential(), ("Accept", "application/json"))
    yield Call("GET", f"{target.base_url}/{NO_SUCH_PATH}", standing)
    for operation in bodied(target):
        if operation.effect == "generate" and operation.method == "POST":
            body = written(plain(target, operation))
            headers = (*standing, ("Content-Type", "application/json"))
            cap = target.api.profile.caps.short
            yield Call("PATCH", target.base_url + operation.path, headers, body, cap, "generate")


@probe()
def chat_temperature_outside(target: Target) -> Calls:
    """Asks at temperatures just outside the documented range."""
    for operation in target.of_kind("chat"):
        yield target.call(operation, ask(target, operation, temperature=-0.1))
        yield target.call(operation, ask(target, operation, temperature=2.1))


@probe()
def chat_unknown_role(target: Target) -> Calls:
    """Sends a message of a role that is not documented."""
    for operation in target.of_kind("chat"):
        messages = [{"role": "llm-conformance-no-such-role", "content": "Reply with the single word: ok"}]
        yield target.call(operation, ask(target, operation, messages=messages))


@probe()
def chat_extra_roles(target: Target) -> Calls:
    """Sends messages of the roles developer, tool and function."""
    asked = {"role": "user", "content": "What is the weather in Seoul?"}
    function = {"name": "weather", "arguments": '{"city": "Seoul"}'}
    called = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
    }
    answered = {"role": "tool", "tool_call_id": "call_1", "content": "Sunny."}
    old_call = {"role": "assistant", "content": None, "function_call": function}
    old_answer = {"role": "function", "name": "weather", "content": "Sunny."}
    developer = {"role": "developer", "content": "Be brief."}
    talks: list[list[dict[str, Any]]] = [
        [developer, asked],
        [asked, called, answered],
        [asked, old_call, old_answer],
    ]
    for operation in target.of_kind("chat"):
        for messages in talks:
            yield target.call(operation, ask(target, operation, messages=messages))


@probe()
def chat_documented_example(target: Target) -> Calls:
    """Sends the documented sample body as it stands."""
    for operation in target.of_kind("chat"):
        sample = requestfields.example(target.api, operation, "documented")
        if sample is not None:
            yield target.call(operation, sample)
