"""What a recording is read into: exchanges, with what was skipped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.exchange.model import Exchange


class Skip(StrEnum):
    """Why an entry is not judged, as the count of such entries is called."""

    ELSEWHERE = "of other hosts or paths"
    UNANSWERED = "without an answer"
    SOCKET = "web sockets"
    PREFLIGHT = "CORS preflights"
    STORED = "answered from a cache"
    BODILESS = "without the whole body of the request"
    TORN = "with a body that was shortened or torn"
    COMMANDLESS = "without the curl command"
    REPEATED = "recorded twice"
    SURPLUS = "beyond the most that are judged at once"


Unwanted = Callable[[str, str], Skip | None]
"""Tells by method and URL why an entry is not judged, None where it may be."""


@dataclass(frozen=True)
class Recorded:
    """An exchange; `own` if we recorded it, `file` names the file where that shows every header field alike."""

    exchange: Exchange
    own: bool = False
    file: str = ""


@dataclass(frozen=True)
class Skipped:
    """An entry that is not judged: why, its path where that is all there is against it, one line where it helps."""

    reason: Skip
    path: str = ""
    advice: str = ""


Item = Recorded | Skipped
