"""What a judge yields for each exchange that it looks at, beside findings."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.report import Finding


@dataclass(frozen=True)
class Kept:
    """The promise was kept in an exchange."""

    exchange: str = ""


@dataclass(frozen=True)
class Unjudged:
    """An exchange was about the promise but does not tell whether it is kept."""

    reason: str


@dataclass(frozen=True)
class NotApplicable:
    """The promise does not concern this target."""

    reason: str


Outcome = Finding | Kept | Unjudged | NotApplicable
