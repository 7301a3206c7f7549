"""Writes a program that sends requests by httpx and fails where the fault is still there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.exchange.curl import variable
from conformance.exchange.model import FILTERED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conformance.bugreport.assertion import Assertion
    from conformance.exchange.model import Exchange, Request

_LONGEST_RUN = 200
_MORE_TIME = 5
"""Seconds beyond the recorded ones that an answer is given."""
_LEAST_TIME = 60
_WITH_CONTENT = frozenset({"POST", "PUT", "PATCH"})


def snippet(
    exchanges: Sequence[Exchange], fault: Assertion | None, key_env: str, companions: Mapping[str, str], message: str
) -> str:
    """Return a program that sends the requests in turn and asserts of the last answer what it should be.

    The key is taken from the variable `key_env`, companions from theirs. `message` is the finding in one line.
    """
    variables = {name.lower(): env for name, env in companions.items()}
    seconds = max(_LEAST_TIME, *(round(exchange.seconds) + _MORE_TIME for exchange in exchanges))
    sent = [line for exchange in exchanges for line in _sent(exchange.request, key_env, variables)]
    lines = [
        "import json",
        "import os",
        "import re",
        "",
        "import httpx",
        "",
        f'key = os.environ["{key_env}"]',
        f"with httpx.Client(timeout={seconds}) as client:",
        "    client.headers.clear()",
        "    try:",
        *(f"        {line}" for line in sent),
        "    except httpx.TransportError as error:",
        '        raise AssertionError(f"no whole answer came: {error!r}") from error',
        "print(response.status_code, response.text[:2000])",
        *_asserting(fault, message),
    ]
    text = "\n".join(lines)
    unused = [name for name in ("json", "re") if not re.search(rf"\b{name}\.\w", text)]
    return "\n".join(line for line in lines if line not in {f"import {name}" for name in unused}) + "\n"


def _asserting(fault: Assertion | None, message: str) -> list[str]:
    if fault is None:
        return ["# What is wrong shows in the answer as a whole, or on the wire below it: see the report."]
    if not fault.condition:
        return ["# The fault is that no whole answer comes."]
    return [*fault.before.splitlines(), f"assert {fault.condition}, {message!r}"]


def _sent(request: Request, key_env: str, variables: Mapping[str, str]) -> list[str]:
    fields = [(name, value) for name, value in request.headers if name.lower() not in {"host", "content-length"}]
    if "accept-encoding" not in {name.lower() for name, _ in fields}:
        fields.append(("Accept-Encoding", "identity"))
    has_body = request.body or request.method.upper() in _WITH_CONTENT
    return [
        "response = client.request(",
        f"    {request.method!r},",
        f"    {_text(request.url, 'key')},",
        "    headers=[",
        *(f"        ({name.encode()!r}, {_header(name, value, key_env, variables)})," for name, value in fields),
        "    ],",
        *([f"    content={_bytes(request.body)},"] if has_body else []),
        ")",
    ]


def _header(name: str, value: str, key_env: str, variables: Mapping[str, str]) -> str:
    """Return an expression for the bytes of a header value, credentials taken from the environment."""
    if FILTERED not in value:
        return repr(value.encode("utf-8", "surrogateescape"))
    env = variable(name, key_env, variables)
    return f"({_text(value, 'key' if env == key_env else f'os.environ[{env!r}]')}).encode()"


def _text(text: str, expression: str) -> str:
    """Return an expression for a text, with another one where a credential stood."""
    first, *others = text.split(FILTERED)
    parts = [repr(first)] if first or not others else []
    for part in others:
        parts += [expression, repr(part)] if part else [expression]
    return " + ".join(parts)


def _bytes(body: bytes) -> str:
    """Return an expression for bytes; long runs of one byte are multiplied, credentials stand in as the key."""
    parts = [_runs(part) for part in body.split(FILTERED.encode())]
    return " + key.encode() + ".join(parts)


def _runs(part: bytes) -> str:
    found, start = [], 0
    for run in re.finditer(rb"(.{1,4}?)\1{%d,}" % _LONGEST_RUN, part, re.DOTALL):
        found += [repr(part[start : run.start()]), f"{run[1]!r} * {len(run[0]) // len(run[1])}"]
        start = run.end()
    return " + ".join([*found, repr(part[start:])])
