"""Turns what a user says into runs, or into one clear line that says what is wrong."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.contract.load import api_ids
from conformance.generation.effort import Effort
from conformance.probes.target import Target
from conformance.run import Run
from conformance.transport.budget import Limits
from conformance.usage import UsageTrouble, base_url, groups, known_api, sendable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from conformance.contract.model import Api
    from conformance.exchange.model import Headers

DEFAULT_KEY_ENV = "LLM_CONFORMANCE_API_KEY"


@contextmanager
def runs(
    apis: Sequence[str] = (),
    *,
    target: str | None = None,
    key: str | None = None,
    key_env: str | None = None,
    headers: Iterable[str] = (),
    model: str | None = None,
    configure: bool = False,
    optional: Iterable[str] = (),
    limits: Limits | None = None,
    strict: bool = False,
    seed: int = 0,
    effort: Effort = Effort.SMOKE,
    failures: Path | None = None,
) -> Iterator[list[Run]]:
    """Yield a run for each API: against the target, or against the bundled server, which runs meanwhile.

    Raises:
        UsageTrouble: the arguments do not fit each other or the environment.
        SpecError: a specification cannot be read.
    """
    chosen = [known_api(name) for name in dict.fromkeys(apis) or api_ids()]
    extra = tuple(map(_header, headers))
    turned_on = groups(optional, chosen)
    bounds = limits or Limits()
    if target is not None:
        if len(chosen) != 1:
            raise UsageTrouble("a target is judged by one API: name it with --api ID")
        live = _live(chosen[0], target, key, key_env, extra, model, configure, turned_on, bounds, strict, seed)
        yield [replace(live, effort=effort, failures=failures)]
        return
    from conformance.reference.server import DEFAULT_KEY, ReferenceServer
    from conformance.reference.server import Settings as ServerSettings

    with ReferenceServer(ServerSettings(apis=tuple(api.id for api in chosen))) as server:
        yield [
            Run(
                Target(
                    api,
                    server.url(api.id),
                    DEFAULT_KEY,
                    _companions(api, extra, {}),
                    model or "",
                    configure=True,
                    optional=turned_on | {operation.optional for operation in api.operations if operation.optional},
                ),
                replace(bounds, configure=True),
                strict,
                seed,
                effort=effort,
                failures=failures,
            )
            for api in chosen
        ]


def _live(
    api: Api,
    target: str,
    key: str | None,
    key_env: str | None,
    extra: Headers,
    model: str | None,
    configure: bool,  # noqa: FBT001
    turned_on: frozenset[str],
    limits: Limits,
    strict: bool,  # noqa: FBT001
    seed: int,
) -> Run:
    found, name = _key(api, key, key_env, os.environ)
    headers = _companions(api, extra, os.environ)
    aim = Target(api, base_url(target), found, headers, model or "", configure=configure, optional=turned_on)
    return Run(aim, replace(limits, configure=configure), strict, seed, name)


def _key(api: Api, key: str | None, key_env: str | None, environ: Mapping[str, str]) -> tuple[str, str]:
    if key is not None:
        return sendable(key, "--api-key"), DEFAULT_KEY_ENV
    names = [key_env] if key_env else [DEFAULT_KEY_ENV, api.profile.key_env]
    for name in names:
        if environ.get(name):
            return sendable(environ[name], name), name
    raise UsageTrouble(f"no API key: set {' or '.join(names)}, or give --api-key-env NAME")


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    token = name.strip()
    if not colon or not token or not all(c.isalnum() or c in "!#$%&'*+-.^_`|~" for c in token) or not token.isascii():
        raise UsageTrouble(f"{text!r} is no header: it is written 'Name: value'")
    return token, _printable(value, token).strip()


def _printable(value: str, header: str) -> str:
    if not value.isprintable():
        raise UsageTrouble(f"the value of the header {header} has control characters")
    return value


def _companions(api: Api, extra: Headers, environ: Mapping[str, str]) -> Headers:
    given = {name.lower() for name, _ in extra}
    own = (
        (c.header, _printable(environ.get(c.env) or c.fallback, c.header))
        for c in api.profile.companions
        if c.header.lower() not in given
    )
    return (*own, *extra)
