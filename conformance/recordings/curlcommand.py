"""Reads the command line of curl that somebody pasted."""

from __future__ import annotations

import base64
import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.exchange.model import Request

if TYPE_CHECKING:
    from conformance.exchange.model import Headers

_START = re.compile(r"\s*(?:\S.{0,80}?[$#%>❯➜+~]\s+|[$#%>❯+]\s*)?curl\s+(?=\S)")
_ANSI_C = re.compile(r"\$'((?:[^'\\]|\\.)*)'", re.DOTALL)
_EXPANSION = re.compile(r"\$\(|`|\$\w|\$\{")
_SEPARATORS = frozenset({"|", "||", "&", "&&", ";", ">", ">>", "2>", "2>&1", "<", "<<<"})
_DATA = frozenset({"-d", "--data", "--data-ascii", "--data-raw", "--data-binary", "--json"})
_UNKNOWABLE = frozenset({"-F", "--form", "--form-string", "-T", "--upload-file", "-K", "--config", "--data-urlencode"})
_VALUED = frozenset(
    [
        "-X",
        "--request",
        "-H",
        "--header",
        "--url",
        "-u",
        "--user",
        "-A",
        "--user-agent",
        "-e",
        "--referer",
        "-b",
        "--cookie",
        "-c",
        "--cookie-jar",
        "-o",
        "--output",
        "-w",
        "--write-out",
        "-m",
        "--max-time",
        "--connect-timeout",
        "-x",
        "--proxy",
        "--resolve",
        "--cacert",
        "--cert",
        "--key",
        "-E",
        "-D",
        "--dump-header",
        "--retry",
        "--retry-delay",
        "--retry-max-time",
        "-r",
        "--range",
        "-U",
        "--proxy-user",
        "--oauth2-bearer",
        "--interface",
        "--limit-rate",
        "-C",
        "--max-redirs",
        "--tls-max",
        "--ciphers",
        "--capath",
        "--unix-socket",
        "--connect-to",
        "-Y",
        "-y",
        "-z",
        "--time-cond",
        "--trace",
        "--trace-ascii",
        "--stderr",
        "--expect100-timeout",
        "--keepalive-time",
        "--happy-eyeballs-timeout-ms",
        "--proto",
        "--speed-limit",
        "--speed-time",
    ]
)
_FORM = "application/x-www-form-urlencoded"
_LONGEST = 2_000
"""Lines that one command may take."""


@dataclass
class _Said:
    """The options of a command as far as they were read."""

    url: str = ""
    method: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    json: bool = False
    get: bool = False
    head: bool = False
    unknown: bool = False
    follows: bool = False


@dataclass(frozen=True)
class Command:
    """A request as a command says it; `whole` if its body is known, `follows` if redirects are followed."""

    request: Request
    whole: bool
    follows: bool


def begins(line: str) -> bool:
    """Tell whether a line begins a command, after a prompt or none."""
    return _START.match(line) is not None


def command(lines: list[str], at: int) -> tuple[Command | None, int]:
    """Return the command that begins in a line, with the number of the line after it; None if it cannot be read."""
    text = lines[at][found.end() :] if (found := _START.match(lines[at])) else lines[at]
    for number in range(at, min(len(lines), at + _LONGEST)):
        text = text if number == at else f"{text}\n{lines[number]}"
        if text.rstrip().endswith("\\") and number + 1 < len(lines):
            continue
        words = _words(text)
        if words is not None:
            return _read(words), number + 1
    return None, at + 1


def _words(text: str) -> list[str] | None:
    """Return the words of a command as a POSIX shell reads them; None where a quote is open."""
    # A carriage return, or white space after the backslash, is the paste's.
    joined = re.sub(r"\\[ \t\r]*\n", " ", text)
    plain = _ANSI_C.sub(lambda found: shlex.quote(_unescaped(found[1])), joined)
    lexer = shlex.shlex(plain, posix=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        return list(lexer)
    except ValueError:
        return None


def _unescaped(text: str) -> str:
    simple = {"n": "\n", "t": "\t", "r": "\r"}

    def plain(found: re.Match[str]) -> str:
        return chr(int(found[1], 16)) if found[1] else simple.get(found[2], found[2])

    return re.sub(r"\\(?:[ux]([0-9a-fA-F]{1,4})|(.))", plain, text, flags=re.DOTALL)


def _read(words: list[str]) -> Command | None:
    said, rest = _Said(), list(words)
    while rest:
        word = rest.pop(0)
        if word in _SEPARATORS:
            break
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            _option(said, name, value if equals else _value(name, rest))
        elif word.startswith("-") and len(word) > 1:
            _cluster(said, word[1:], rest)
        else:
            said.url = said.url or word
    return _command(said) if said.url else None


def _value(name: str, rest: list[str]) -> str:
    takes = name in _VALUED | _DATA | _UNKNOWABLE
    return rest.pop(0) if takes and rest else ""


def _cluster(said: _Said, letters: str, rest: list[str]) -> None:
    """Read single-letter options written together; the first that takes a value takes what follows it."""
    for place, letter in enumerate(letters, start=1):
        option = f"-{letter}"
        if option in _VALUED | _DATA | _UNKNOWABLE:
            _option(said, option, letters[place:] or (rest.pop(0) if rest else ""))
            return
        _option(said, option, "")


def _option(said: _Said, name: str, value: str) -> None:
    if name in _DATA:
        said.unknown |= (value.startswith("@") and name != "--data-raw") or _EXPANSION.search(value) is not None
        said.json |= name == "--json"
        said.data.append(value)
    elif name in {"-H", "--header"}:
        key, colon, text = value.partition(":")
        said.headers += [(key.strip(), text.strip())] if colon and text.strip() else []
        said.unknown |= value.startswith("@")
    elif name in {"-X", "--request"}:
        said.method = value.upper()
    elif name == "--url":
        said.url = value
    elif name in {"-u", "--user"}:
        said.headers.append(("Authorization", f"Basic {base64.b64encode(value.encode()).decode()}"))
    elif name == "--oauth2-bearer":
        said.headers.append(("Authorization", f"Bearer {value}"))
    said.get |= name in {"-G", "--get"}
    said.head |= name in {"-I", "--head"}
    said.follows |= name in {"-L", "--location"}
    said.unknown |= name in _UNKNOWABLE


def _command(said: _Said) -> Command:
    body = ("" if said.json else "&").join(said.data)
    url = said.url if "://" in said.url else f"http://{said.url}"
    if said.get and body:
        url, body = f"{url}{'&' if '?' in url else '?'}{body}", ""
    default = "HEAD" if said.head else "POST" if body or (said.data and not said.get) or said.unknown else "GET"
    request = Request(said.method or default, url, _headers(said, bool(said.data) and not said.get), body.encode())
    return Command(request, whole=not said.unknown, follows=said.follows)


def _headers(said: _Said, has_data: bool) -> Headers:  # noqa: FBT001 - what curl adds depends on it
    given = {name.lower() for name, _ in said.headers}
    added = {"Accept": "application/json" if said.json else "*/*"}
    if has_data:
        added["Content-Type"] = "application/json" if said.json else _FORM
    return tuple(said.headers) + tuple((name, value) for name, value in added.items() if name.lower() not in given)
