"""Tells from an entry of a HAR file how its exchange ended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from conformance.exchange.harmembers import headers_in, object_in, string_in, whole_in
from conformance.exchange.model import Ending

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.exchange.model import Response

_ENDINGS = (
    ("TIMED_OUT", Ending.TIMED_OUT),
    ("INCOMPLETE", Ending.CUT_SHORT),
    ("CONTENT_LENGTH_MISMATCH", Ending.CUT_SHORT),
    ("REFUSED", Ending.REFUSED),
    ("NAME_NOT_RESOLVED", Ending.REFUSED),
    ("UNREACHABLE", Ending.REFUSED),
    ("RESET", Ending.RESET),
    ("EMPTY_RESPONSE", Ending.RESET),
    ("INVALID_HTTP_RESPONSE", Ending.MALFORMED),
)
"""What Chrome writes as `_error`, by the part of it that tells."""


_TRUNCATED = re.compile(r"truncat|omitted|cut off|too large|limit", re.IGNORECASE)
"""What other programs say in a comment beside a body that they did not keep whole."""

_CHROMES = frozenset({"_initiator", "_priority"})
"""Members by which an entry of Chrome is known."""

_UNKNOWN_CODING = frozenset({"br", "zstd", "compress"})

LEFT_OUT = "\ue000left out: too long to be read\ue000"
"""What stands in a string that is longer than is read."""


def ending_of(entry: Mapping[str, Any], said: Mapping[str, Any], response: Response | None) -> tuple[Ending, str]:
    """Return how the exchange ended; what the recording does not hold is held against nobody."""
    detail = string_in(entry.get("_detail"))
    ours = string_in(entry.get("_ending"))
    if ours in set(Ending):
        return Ending(ours), detail
    error = string_in(entry.get("_error")) or string_in(said.get("_error"))
    if error:
        known = next((ending for mark, ending in _ENDINGS if mark in error.upper()), Ending.ABANDONED)
        # After a head, all that tells of the target is a body that ended before its framing says.
        return known if response is None or known is Ending.CUT_SHORT else Ending.ABANDONED, error
    if response is None:
        return Ending.ABANDONED, detail or "the recording holds no response"
    lacking = _lacking(said, response) or _left(entry, response)
    return (Ending.ABANDONED, lacking) if lacking else (Ending.COMPLETE, detail)


def _lacking(said: Mapping[str, Any], response: Response) -> str:
    """Return what a recording does not hold of the body, empty if it holds all of it."""
    content = object_in(said, "content")
    text, size = content.get("text"), whole_in(content.get("size"))
    if LEFT_OUT in string_in(text):
        return "the body is longer than is read"
    body = response.body
    length = len(body)
    if content.get("encoding") == "base64" and _UNKNOWN_CODING & set(_coding(said)) and not _is_text(body):
        return "the recording holds the body in a coding that is not undone"
    if not length and (size > 0 or (text is None and _declares_content(response))):
        return "the recording does not hold the body"
    comments = (string_in(holder.get("comment")) for holder in (content, said))
    if 0 < length < size or any(map(_TRUNCATED.search, comments)):
        return "the recording does not hold the whole body"
    return ""


def _left(entry: Mapping[str, Any], response: Response) -> str:
    """Return what to say of a body that a client may have stopped reading; Chrome alone tells when it did."""
    body = response.body.rstrip()
    declared = response.header("content-length") or ""
    if not body or entry.keys() >= _CHROMES or declared == str(len(response.body)):
        return ""
    if response.media_type == "text/event-stream" or body.startswith(b"data:"):
        ended = body.endswith(b"[DONE]")
    else:
        ended = not response.media_type.endswith("json") or body.endswith((b"}", b"]"))
    return "" if ended else "the recording does not tell whether the client stopped reading"


def _coding(said: Mapping[str, Any]) -> Iterator[str]:
    return (value.strip().lower() for name, value in headers_in(said) if name.lower() == "content-encoding")


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _declares_content(response: Response) -> bool:
    declared = response.header("content-length") or response.header("transfer-encoding") or ""
    return declared not in {"", "0"} or response.media_type == "text/event-stream"
