"""Requests that are wrong in one way each, labelled with what is wrong."""

from __future__ import annotations

from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

from conformance.generation import malformed
from conformance.generation.draft import Draft, replaced
from conformance.generation.plainly import key, path_of, plain, worded
from conformance.probes.discovery import NEWER_CAP
from conformance.probes.target import pointed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conformance.contract.model import Api, Operation
    from conformance.generation.documents import Source

CAP = 2
"""Output tokens of a wrong request: one that is taken all the same shall cost little."""
LARGEST_CAP = 64
"""Output tokens from which on a wrong cap may become dear where it is taken."""
UNKNOWN_ROLE = "llm-conformance-no-such-role"


def invalid(source: Source, operation: Operation, most: int) -> list[Draft]:
    """Return up to so many requests that are not as documented, of each kind of fault before more of any."""
    sources: tuple[Iterable[Draft], ...] = (
        malformed.malformed(source.api, operation),
        _of_fields(source, operation, promised=False),
        chain(_of_roles(source.api, operation), _of_fields(source, operation, promised=True)),
    )
    found: dict[tuple[str, bytes, str], Draft] = {}
    for some in zip_longest(*sources):
        for draft in filter(None, some):
            found.setdefault((draft.method, draft.text, draft.media_type), draft)
    return list(found.values())[:most]


def _of_fields(source: Source, operation: Operation, *, promised: bool) -> Iterator[Draft]:
    """Yield a plain request with one field wrong, for each field and kind of fault before any second.

    Faults are those that Schemathesis finds against the request schema, or against what is promised.
    """
    api = source.api
    base = worded(plain(api, operation), operation, max_tokens=CAP, temperature=None)
    by_kind: dict[tuple[str, str], list[Draft]] = {}
    for label, body in source.contradictions(operation.id, promised):
        for name, wrong in _wrong_fields(base, body, label):
            kind = label.rpartition(": ")[2]
            if _is_wrong(api, operation, wrong, promised=promised) and _is_cheap(operation, wrong):
                said = f"{label} ({key(wrong.get(name))})" if name in wrong else label
                by_kind.setdefault((name, kind), []).append(Draft(operation.id, said, wrong, path_of(operation)))
    for some in zip_longest(*by_kind.values()):
        yield from filter(None, some)


def _wrong_fields(base: dict[str, Any], body: dict[str, Any], label: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Put the field that a label speaks of, as it is in a drawn body, into a plain one."""
    subject = label.removeprefix("Missing required property: ")
    name = subject.partition(":")[0].partition(" ->")[0].strip()
    if subject != label:
        yield subject, {field: value for field, value in base.items() if field != subject}
    elif name in body:
        plainly = {field: value for field, value in base.items() if name != NEWER_CAP or field != "max_tokens"}
        yield name, replaced(plainly, name, body[name])


def _is_wrong(api: Api, operation: Operation, body: dict[str, Any], *, promised: bool) -> bool:
    return not api.schemas.valid(operation.promise if promised else operation.request_schema, body)


def _is_cheap(operation: Operation, body: dict[str, Any]) -> bool:
    """Tell whether a wrong request costs little where a target takes it: no large caps, no many choices."""
    for word in ("max_tokens", "max_completion_tokens", "n", "best_of"):
        said = pointed(body, operation.request[word]) if word in operation.request else None
        if isinstance(said, int | float) and said > (LARGEST_CAP if word.startswith("max") else 2):
            return False
    return True


def _of_roles(api: Api, operation: Operation) -> Iterator[Draft]:
    """Yield conversations of which one message has a role that is not documented, wherever it stands."""
    if "messages" not in operation.request:
        return
    for label, messages in _talks().items():
        unknown = [*messages, {"role": UNKNOWN_ROLE, "content": "Reply with the single word: ok"}]
        body = worded(plain(api, operation), operation, max_tokens=CAP, messages=unknown)
        yield Draft(operation.id, f"a message of an unknown role {label}", body)


def _talks() -> dict[str, list[dict[str, Any]]]:
    asked = {"role": "user", "content": "What is the weather in Seoul?"}
    function = {"name": "weather", "arguments": '{"city": "Seoul"}'}
    called = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
    }
    told = {"role": "tool", "tool_call_id": "call_1", "content": "Sunny."}
    return {
        "after a tool message": [asked, called, told],
        "alone": [],
        "after a system message": [{"role": "system", "content": "Be brief."}],
        "after an answer": [asked, {"role": "assistant", "content": "Sunny."}],
    }
