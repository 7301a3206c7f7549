"""Writes a request as one line for a POSIX shell that sends it again."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from conformance.exchange.model import FILTERED
from conformance.exchange.redaction import PRIVATE_HEADERS
from conformance.exchange.visible import is_showable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.exchange.model import Request

_CURLS_OWN = frozenset({"host", "content-length", "connection", "accept-encoding"})
"""Header fields that belong to the connection; curl writes them itself."""

_DEFAULTS = ("User-Agent", "Accept")
"""Header fields that curl adds where they are not given."""

_WITH_CONTENT = frozenset({"POST", "PUT", "PATCH"})
_LONGEST_ARGUMENT = 100_000
"""Bytes: Linux takes 128 KiB in one argument (MAX_ARG_STRLEN)."""

_EXPECT_ABOVE = 1024
"""Bytes: above this, older releases of curl ask with `Expect: 100-continue` first."""

_IN_DOUBLE_QUOTES = re.compile(r"[\w :;.,/=+@%?&#()-]*", re.ASCII)


def curl(request: Request, key_env: str, companions: Mapping[str, str] | None = None) -> str:
    """Return the line; each credential is taken from an environment variable.

    `companions` says which variable holds the value of which other header field. A recording does not tell
    the encoding of header fields: characters outside ASCII are sent as UTF-8.
    """
    variables = {name.lower(): env for name, env in (companions or {}).items()}
    before, content = _content(request)
    words = ["curl -sS -i -N"]
    if re.search(r"[\[\]{}]", request.url.replace(FILTERED, "")):
        words.append("-g")
    if re.search(r"/\.\.?([/?#]|$)", request.url):
        words.append("--path-as-is")
    words.append("--head" if request.method == "HEAD" and not content else f"-X {shlex.quote(request.method)}")
    words.append(_filled(request.url, key_env))
    words += [_filled(line, variable(name, key_env, variables), "-H ") for name, line in _headers(request)]
    line = " ".join([*words, *content])
    return (f"{before} | {line}" if before else line).encode(errors="replace").decode()


def _headers(request: Request) -> list[tuple[str, str]]:
    """Return the name of each header field with curl's notation of it."""
    given = {name.lower() for name, _ in request.headers}
    lines = [
        (name, f"{name}: {value}" if value else f"{name};")
        for name, value in request.headers
        if name.lower() not in _CURLS_OWN
    ]
    unwanted = [name for name in _DEFAULTS if name.lower() not in given]
    if "content-type" not in given and _has_content(request):
        unwanted.append("Content-Type")
    if "expect" not in given and len(request.body) > _EXPECT_ABOVE:
        unwanted.append("Expect")
    return lines + [(name, f"{name}:") for name in unwanted]


def variable(name: str, key_env: str, companions: Mapping[str, str]) -> str:
    """Return the environment variable that holds what was taken out of a header field; companions in lower case."""
    lowered = name.lower()
    own = re.sub(r"\W", "_", name, flags=re.ASCII).upper() if lowered in PRIVATE_HEADERS else key_env
    return companions.get(lowered, own)


def _filled(text: str, variable: str, option: str = "") -> str:
    """Quote text, with the variable in place of a credential."""
    if FILTERED not in text:
        return option + shlex.quote(text)
    if _IN_DOUBLE_QUOTES.fullmatch(text.replace(FILTERED, "")):
        safe = re.escape(FILTERED) + r"(?=\w)"
        return f'{option}"{re.sub(safe, f"${{{variable}}}", text).replace(FILTERED, f"${variable}")}"'
    # An interactive shell expands `!` even in double quotes, so only the variable stands in them.
    return option + f'"${variable}"'.join(shlex.quote(part) if part else "" for part in text.split(FILTERED))


def _has_content(request: Request) -> bool:
    return bool(request.body) or request.method in _WITH_CONTENT


def _content(request: Request) -> tuple[str, list[str]]:
    """Return the command that writes the body, if one must, with curl's options that take it."""
    if not _has_content(request):
        return "", []
    text = _text(request.body)
    if text is None or not all(map(is_showable, text)):
        return f"printf '%b' {shlex.quote(_escaped(request.body))}", ["--data-binary @-"]
    if len(request.body) > _LONGEST_ARGUMENT:
        return f"printf '%s' {shlex.quote(text)}", ["--data-binary @-"]
    option = "--data-raw" if text.startswith("@") else "--data-binary"
    return "", [f"{option} {shlex.quote(text)}"]


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _escaped(body: bytes) -> str:
    """Escape a body for `printf %b` (POSIX): printable characters stay, other bytes become octal numbers."""
    text = _text(body)
    if text is None:
        return "".join(chr(b) if 32 <= b < 127 and b != 92 else rf"\0{b:03o}" for b in body)
    return "".join(_escaped_char(char) for char in text)


def _escaped_char(char: str) -> str:
    if char == "\n":
        return r"\n"
    if char == "\\" or not is_showable(char):
        return "".join(rf"\0{byte:03o}" for byte in char.encode())
    return char
