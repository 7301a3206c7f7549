"""The target as a probe sees it: how a request to one of its operations is written."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from conformance.exchange.model import INVALID_CREDENTIAL
from conformance.probes.call import Call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.contract.model import Api, Credential, Operation
    from conformance.exchange.model import Headers

USER_AGENT = f"llm-conformance/{version('llm-conformance')}"

THINKING = 256
"""Output tokens that a model which thinks is given to do so, beside those of its answer."""
TINY = 5
"""Output tokens up to which a cap is there to cut the answer, or the answer is of no interest: nothing is added."""


@dataclass(frozen=True)
class Target:
    """An API at a URL, the key to it, and the models to use there.

    `base_url` has no trailing slash. `headers` are sent with every request. `models` are all usable chat models,
    `model` the one that probes use; `aliases` are other names of it. `configure` allows requests that change the
    deployment, `optional` are the optional groups that are on. What the model takes and does in a chat is found out:
    `cap` is the profile's word for the cap on output tokens, `cool` says whether a temperature of 0 is taken, `thinks`
    whether the model spends output tokens before it says anything.
    """

    api: Api
    base_url: str
    key: str = field(repr=False)
    headers: Headers = ()
    model: str = ""
    models: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    embedding_model: str = ""
    configure: bool = False
    optional: frozenset[str] = frozenset()
    cap: str = "max_tokens"
    cool: bool = True
    thinks: bool = False

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations that may be sent: without optional groups that are off, without changes unless allowed."""
        return tuple(o for o in self.api.operations if self.may_send(o))

    def may_send(self, operation: Operation) -> bool:
        """Tell whether the flags of the run allow a request to this operation."""
        allowed = self.configure or operation.effect != "configure"
        return allowed and (not operation.optional or operation.optional in self.optional)

    def of_kind(self, *kinds: str) -> tuple[Operation, ...]:
        """Return the operations of these kinds that may be sent."""
        return tuple(o for o in self.operations if o.kind in kinds)

    def credential(self, way: Credential | None = None, *, valid: bool = True) -> Headers:
        """Return the header that presents the key, or the public wrong one, in one of the documented ways."""
        chosen = way or self.api.profile.credentials[0]
        return ((chosen.header, chosen.value(self.key if valid else INVALID_CREDENTIAL)),)

    def call(
        self,
        operation: Operation,
        body: Mapping[str, Any] | bytes | None = None,
        *,
        credential: Headers | None = None,
        headers: Headers = (),
        without: str = "",
        base_url: str = "",
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        tokens: int | None = None,
        **how: Any,  # noqa: ANN401 - the rest of Call's fields
    ) -> Call:
        """Write a request to an operation.

        A `body` that is bytes is sent as it is. `credential` replaces the valid one (empty: none), `headers` replace
        those of the same name, `without` leaves one header out. `tokens` are the most that may be generated, without
        what is thought; where they are not given, the body tells. `how` is passed on to `Call`.
        """
        url = (base_url or self.base_url) + operation.path
        for name, value in (path or {}).items():
            url = url.replace(f"{{{name}}}", quote(value, safe=""))
        content = body if isinstance(body, bytes) else b"" if body is None else written(body)
        kept: dict[str, tuple[str, str]] = {}
        for name, value in (
            *self._standing(body is not None),
            *(credential if credential is not None else self.credential()),
            *headers,
        ):
            kept[name.lower()] = (name, value)
        kept.pop(without.lower(), None)
        cost = self._most(operation, body) if tokens is None else self.room(operation, tokens)
        return Call(
            method=operation.method,
            url=f"{url}?{urlencode(query)}" if query else url,
            headers=tuple(kept.values()),
            body=content,
            tokens=cost,
            effect=operation.effect,
            **how,
        )

    def _standing(self, has_body: bool) -> Headers:  # noqa: FBT001
        typed = (("Content-Type", "application/json"),) if has_body else ()
        return (
            ("User-Agent", USER_AGENT),
            ("Accept", "application/json, text/event-stream"),
            *typed,
            *self.headers,
        )

    def cap_of(self, operation: Operation) -> str:
        """Return the profile's word for the cap on output tokens of an operation; only chats have a newer one."""
        return self.cap if operation.kind == "chat" and self.cap in operation.request else "max_tokens"

    def room(self, operation: Operation, tokens: int) -> int:
        """Return the cap on output tokens in which an answer of so many fits after what is thought before it."""
        return tokens + THINKING if self.thinks and operation.kind == "chat" and tokens > TINY else tokens

    def _most(self, operation: Operation, body: Mapping[str, Any] | bytes | None) -> int:
        word = self.cap_of(operation)
        if operation.effect != "generate" or word not in operation.request:
            return 0
        if not isinstance(body, bytes) and body is not None:
            cap = pointed(body, operation.request[word])
            if isinstance(cap, int) and not isinstance(cap, bool) and cap > 0:
                return cap
        return self.room(operation, self.api.profile.caps.uncapped)


def written(body: object) -> bytes:
    """Return a JSON value as UTF-8 text."""
    return json.dumps(body, ensure_ascii=False).encode()


def pointed(body: object, pointer: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return what an RFC 6901 pointer leads to through objects and arrays, or None."""
    here = body
    for token in pointer.split("/")[1:]:
        if isinstance(here, list) and token.isdigit() and int(token) < len(here):
            here = here[int(token)]
        elif isinstance(here, dict) and token in here:
            here = here[token]
        else:
            return None
    return here


def placed(body: dict[str, Any], pointer: str, value: object) -> dict[str, Any]:
    """Put a value where an RFC 6901 pointer leads, making the objects on the way."""
    *way, last = pointer.split("/")[1:]
    here = body
    for token in way:
        here = here.setdefault(token, {})
    here[last] = value
    return body
