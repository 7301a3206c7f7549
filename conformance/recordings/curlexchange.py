"""Makes an exchange of a transcript of curl, as far as a transcript shows one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from conformance.exchange.coding import without_coding
from conformance.exchange.model import Ending, Exchange, Piece, Request, Response, Unseen
from conformance.recordings.items import Recorded, Skip, Skipped

if TYPE_CHECKING:
    from conformance.exchange.redaction import Redaction
    from conformance.recordings.curlcommand import Command
    from conformance.recordings.items import Item, Unwanted

_PARTIAL = 18
"""The exit status with which curl says that a body ended before its framing says."""

_ELIDED = re.compile(r"\s*(?:[\[(<]?\s*(?:\.\.\.+|…|snip\w*|truncated)\s*.{0,40}[\])>]?)\s*", re.IGNORECASE)
_EVENT_LINE = re.compile(r"(?:data|event|id|retry)?:.*|\s*", re.DOTALL)
_EMPTY = frozenset({204, 205})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


@dataclass
class Transcript:
    """What was read of one transcript: the command, the request that `-v` shows, the answer, how it ended."""

    line: int = 0
    command: Command | None = None
    method: str = ""
    target: str = ""
    sent: list[tuple[str, str]] = field(default_factory=list)
    status: int = 0
    reason: str = ""
    version: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    heads: int = 0
    verbose: bool = False
    in_head: bool = False
    again: bool = False
    closed: bool = False
    encrypted: bool = False
    intact: bool = False
    failure: int = 0
    torn: bool = False
    glue: bool = False

    def has_content(self) -> bool:
        """Tell whether something of a body was read."""
        return not self.in_head and any(line.strip() for line in self.body)


def item(said: Transcript, number: int, file: str, unwanted: Unwanted, redaction: Redaction) -> Item:
    """Return what a transcript amounts to; what it does not show is not guessed."""
    place = f"{file}, line {said.line}"
    request, whole = _request(said)
    if request is None:
        return Skipped(Skip.COMMANDLESS, advice=f"{place}: cannot tell which operation it is: paste the curl command")
    if (reason := unwanted(request.method, request.url)) is not None:
        return Skipped(reason, request.url)
    if not said.status or said.status < 200:
        return Skipped(Skip.UNANSWERED, advice=f"{place}: there is no response head: use curl -i")
    if not whole:
        return Skipped(Skip.BODILESS, advice=f"{place}: the body of the request is not there: paste the curl command")
    if said.heads and said.command and said.command.follows:
        return Skipped(Skip.ELSEWHERE, request.url)
    response, ending, detail = _response(said)
    if response is None:
        return Skipped(
            Skip.TORN, advice=f"{place}: the body has gaps, or curl's progress in it: use curl -sS, leave nothing out"
        )
    unseen = frozenset(Unseen)
    exchange = Exchange(
        f"ex-{number:04d}", request, response, ending, detail, _date(response), timed=False, unseen=unseen
    )
    return Recorded(redaction.exchange(exchange))


def _request(said: Transcript) -> tuple[Request | None, bool]:
    """Return the request with whether its body is known."""
    command = said.command
    if command is not None:
        if not said.target:
            return command.request, command.whole
        return Request(command.request.method, command.request.url, tuple(said.sent), command.request.body), (
            command.whole
        )
    host = next((value for name, value in said.sent if name.lower() == "host"), "")
    if not said.target or not host:
        return None, False
    url = said.target if "://" in said.target else f"{'https' if said.encrypted else 'http'}://{host}{said.target}"
    return Request(said.method, url, tuple(said.sent)), said.method not in _WITH_BODY


def _response(said: Transcript) -> tuple[Response | None, Ending, str]:
    """Return the response and how it ended; None where lines were taken out of it."""
    head = without_coding(Response(said.status, said.reason, said.version, tuple(said.headers)))
    lines = [line.removesuffix("\r") for line in said.body]
    streams = head.media_type == "text/event-stream"
    if (streams and said.torn) or any(_ELIDED.fullmatch(line) for line in lines if line.strip()):
        return None, Ending.ABANDONED, ""
    text, whole = _content(said, head, "\n".join(lines))
    response = Response(
        head.status, head.reason, head.http_version, head.headers, (Piece(0.0, text.encode()),) if text else ()
    )
    if said.failure == _PARTIAL:
        return response, Ending.CUT_SHORT, "curl: (18) transfer closed with outstanding read data remaining"
    if said.failure or not whole:
        return response, Ending.ABANDONED, "the transcript may not hold the whole body"
    return response, Ending.COMPLETE, ""


def _content(said: Transcript, head: Response, text: str) -> tuple[str, bool]:
    """Return the body, without what was pasted after it, and whether it is known to be whole."""
    if head.media_type == "text/event-stream" or text.lstrip().startswith("data:"):
        return _stream(text, intact=said.intact)
    start = text.lstrip("﻿ \t\n")
    try:
        _, end = json.JSONDecoder().raw_decode(start)
    except (ValueError, RecursionError):
        return _declared(said, "\n".join(said.body))
    return start[:end], True


def _declared(said: Transcript, text: str) -> tuple[str, bool]:
    """Return a body that is no JSON: whole only if it is as long as declared."""
    declared = next((value for name, value in said.headers if name.lower() == "content-length"), "")
    coded = any(name.lower() == "content-encoding" for name, _ in said.headers)
    kept = text.rstrip("\r\n")
    lengths = {len(text[: len(kept) + more].encode()) for more in range(len(text) - len(kept) + 1)}
    empty = not kept and (declared == "0" or said.status in _EMPTY)
    exact = declared.isdecimal() and len(declared) < 12 and int(declared) in lengths and not coded
    return (kept if not exact else text.encode()[: int(declared)].decode()), empty or exact


def _stream(text: str, *, intact: bool) -> tuple[str, bool]:
    """Return an event stream with the blank line at its end that pasting loses."""
    lines = text.rstrip("\n").split("\n")
    while lines and not _EVENT_LINE.fullmatch(lines[-1]):
        lines.pop()  # a prompt, prose
    body = "\n".join(lines).rstrip("\n")
    ended = body.rpartition("\n")[2].removeprefix("data:").strip() == "[DONE]"
    known = all(_EVENT_LINE.fullmatch(line) for line in lines)
    return (f"{body}\n\n" if body else ""), known and bool(body) and (ended or intact)


def _date(response: Response) -> float:
    """Return the time that the response itself says, 0 where it says none."""
    try:
        return parsedate_to_datetime(response.header("date") or "").timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0
