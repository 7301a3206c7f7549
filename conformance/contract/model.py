"""The contract of one API as frozen data: its operations, its requirements, and its profile."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.contract.capabilities import Capability
    from conformance.contract.schema import Schemas

Effect = Literal["read", "generate", "configure"]
Streams = Literal["never", "on-request", "always"]
Interpretation = Literal["strict", "interop"]
"""Strict is the letter of the documents; interop is what the official SDKs and common clients need."""


class Level(StrEnum):
    """How strong a requirement is (RFC 2119), strongest first."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"

    @property
    def rank(self) -> int:
        """0 for must, 1 for should, 2 for may."""
        return list(Level).index(self)


@dataclass(frozen=True)
class Requirement:
    """One testable promise: a row of `requirements.toml`.

    `operations` are operation ids, `params` the parameters of the judge. `needs` are requirements without which this
    one cannot apply: where one of them is broken, this one is not-applicable. `probes` are the probes that show it.
    `reading` is the one reading of a run that it belongs to, empty for both; `bugs` are the known bug classes that
    break it.
    """

    id: str
    level: Level
    basis: str
    source: str
    statement: str
    operations: tuple[str, ...] = ()
    judge: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    probes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    optional: str = ""
    doubt: str = ""
    excluded: str = ""
    reading: Interpretation | Literal[""] = ""
    bugs: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """Words of the profile that its requests need."""
    capability: str = ""
    """The name of the capability that it is about, empty where it is about none."""

    @property
    def group(self) -> str:
        """The first word of the id."""
        return self.id.partition(".")[0]


@dataclass(frozen=True)
class Credential:
    """One way to present the key: the header it stands in and the scheme before it (RFC 9110 § 11.4)."""

    header: str
    scheme: str = ""

    def value(self, key: str) -> str:
        """Return the header value that presents this key."""
        return f"{self.scheme} {key}" if self.scheme else key


@dataclass(frozen=True)
class Companion:
    """A header that every request carries beside the credential; its value comes from an environment variable."""

    header: str
    env: str
    fallback: str


@dataclass(frozen=True)
class Models:
    """Where the target lists its models, and which of them a probe may use; pointers are RFC 6901.

    `items` points to the array, `id` and `also` into an element (a `*` stands for each array element). `usable_when`
    maps a pointer to the value that it must have. `candidates` are tried in turn where no list exists.
    """

    operation: str = ""
    items: str = ""
    id: str = "/id"
    also: tuple[str, ...] = ()
    usable_when: Mapping[str, Any] = field(default_factory=dict)
    embedding_pattern: str = ""
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Caps:
    """Output tokens asked of one answer: `short` by default, `long` where a stream must be watched.

    `uncapped` is what a request that may carry no cap is expected to cost at most.
    """

    short: int = 32
    long: int = 64
    uncapped: int = 256


@dataclass(frozen=True)
class Operation:
    """One documented method on one documented path.

    `request` maps the words that probes use (model, messages, max_tokens, temperature, stream, input …) to RFC 6901
    pointers into the request body. `promised` names the component schema of requests that the documents promise to
    answer; empty where the request schema itself does. `mistyped` are the words that are worth sending with a value of
    another JSON type; empty for all. `errors_like` names the operation that refuses wrong requests as this one does, so
    that they need not be sent to both. `capability` says that a server may do without the operation.
    """

    id: str
    method: str
    path: str
    effect: Effect
    kind: str
    streams: Streams = "never"
    request: Mapping[str, str] = field(default_factory=dict)
    promised: str = ""
    optional: str = ""
    mistyped: tuple[str, ...] = ()
    errors_like: str = ""
    capability: bool = False
    has_body: bool = False
    success: tuple[str, ...] = ()
    """The documented success statuses."""

    @property
    def request_schema(self) -> str:
        """The RFC 6901 pointer to the schema of its JSON body in the specification."""
        path = self.path.replace("~", "~0").replace("/", "~1")
        return f"/paths/{path}/{self.method.lower()}/requestBody/content/application~1json/schema"

    @property
    def promise(self) -> str:
        """The schema of the requests that are promised an answer."""
        return self.promised or self.request_schema

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches a path below the base URL; a parameter takes one segment."""
        parts = re.split(r"\{(\w+)\}", self.path)
        regex = "".join(f"(?P<{part}>[^/]+)" if i % 2 else re.escape(part) for i, part in enumerate(parts))
        return re.compile(regex)

    def parameters(self, path: str) -> dict[str, str] | None:
        """Return the decoded path parameters if the path (below the base URL) is this operation's, else None."""
        found = self.pattern.fullmatch(path)
        return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


@dataclass(frozen=True)
class Profile:
    """How to reach and drive a target of this API."""

    api: str
    title: str
    base_url: str
    base_path: str
    key_env: str
    credentials: tuple[Credential, ...]
    companions: tuple[Companion, ...] = ()
    models: Models = field(default_factory=Models)
    caps: Caps = field(default_factory=Caps)
    error: Mapping[str, str] = field(default_factory=dict)
    """Pointers into a documented error body: message, code."""


@dataclass(frozen=True)
class Api:
    """One documented API: what its documents promise and how to drive it."""

    id: str
    openapi: Mapping[str, Any]
    operations: tuple[Operation, ...]
    requirements: tuple[Requirement, ...]
    profile: Profile
    schemas: Schemas
    formats: Mapping[str, Schemas] = field(default_factory=dict)
    """The schemas of the formats that its documents name."""
    capabilities: tuple[Capability, ...] = ()
    """What a target may offer beside a plain chat."""

    def operation(self, operation_id: str) -> Operation:
        """Return the operation of this id.

        Raises:
            KeyError: there is none.
        """
        return next((o for o in self.operations if o.id == operation_id), None) or _missing(operation_id)

    def requirement(self, requirement_id: str) -> Requirement:
        """Return the requirement of this id.

        Raises:
            KeyError: there is none.
        """
        return next((r for r in self.requirements if r.id == requirement_id), None) or _missing(requirement_id)

    def of_kind(self, *kinds: str) -> tuple[Operation, ...]:
        """Return the operations of these kinds, in the order of the specification."""
        return tuple(o for o in self.operations if o.kind in kinds)

    def recognise(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """Return the operation that a path below the base URL belongs to, with its parameters, or None."""
        for operation in self._by_specificity:
            if operation.method == method.upper() and (found := operation.parameters(path)) is not None:
                return operation, found
        return None

    def resolve(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what a `$ref` inside the specification leads to; anything else as it is."""
        here: Any = value
        while isinstance(here, dict) and isinstance(here.get("$ref"), str):
            tokens = here["$ref"].removeprefix("#/").split("/")
            here = self.openapi
            for token in tokens:
                here = here[token.replace("~1", "/").replace("~0", "~")]
        return dict(here)

    @cached_property
    def _by_specificity(self) -> list[Operation]:
        return sorted(self.operations, key=lambda o: o.path.count("{"))


def _missing(name: str) -> Any:  # noqa: ANN401 - it never returns
    raise KeyError(name)
