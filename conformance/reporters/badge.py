"""Says a report in one badge."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.exchange.visible import visible
from conformance.report import Exit, worst
from conformance.reporters.templating import cut, filled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.storedreport import Stored

_LONGEST = 80
"""Characters of a label or a message."""
_CHARACTER = 6.6
"""Units that a character of 11 units is wide, on average."""
_COLOURS = {"brightgreen": "#17663a", "red": "#b3261e", "yellow": "#7a4d00", "lightgrey": "#4d5866"}
"""Ours, on which white letters can be read (WCAG 2.2, 1.4.3), by those that shields.io names."""
_KEPT = ("pass", "warn", "note")


@dataclass(frozen=True)
class Badge:
    """A label, what is said of it, and a colour as shields.io names it."""

    label: str
    message: str
    color: str


@dataclass(frozen=True)
class _Counts:
    """How many requirements of a level there are, and how many have each verdict."""

    of: int
    by: dict[str, int]

    def said(self, verdict: str, words: str) -> str:
        return f"{self.by[verdict]} {words}" if self.by[verdict] else ""


def badge(runs: Sequence[Stored], label: str = "") -> Badge:
    """Return the badge of one run, or of several together; green only where musts were judged and all are kept."""
    said = _message(runs)
    name = label or (_name(runs[0]) if len(runs) == 1 else f"{len(runs)} LLM APIs")
    return Badge(_short(name), _short(said[0]), said[1])


def endpoint(made: Badge) -> str:
    """Return the badge as shields.io reads it from an endpoint (its schema version 1)."""
    facts = {"schemaVersion": 1, "label": made.label, "message": made.message, "color": made.color}
    return json.dumps(facts, ensure_ascii=False, indent=2) + "\n"


def svg(made: Badge) -> str:
    """Return the badge as an image that needs no other resource and says itself to a screen reader."""
    left, right = (round(len(text) * _CHARACTER) + 12 for text in (made.label, made.message))
    return filled("badge.svg.j2", badge=made, left=left, right=right, fill=_COLOURS[made.color])


def _message(runs: Sequence[Stored]) -> tuple[str, str]:
    """Return what a badge says, and its colour."""
    status = worst(run.exit_status for run in runs)
    must = _counts(runs, "must")
    kept = sum(must.by[verdict] for verdict in _KEPT)
    waived = sum(bool(row.waived) for run in runs for row in run.requirements.values())
    if any(run.document.get("shard") for run in runs):
        return f"a shard only: {kept} of {must.of} must kept", "lightgrey"
    if status is Exit.BROKEN:
        return _broken(runs, must), "red"
    if status is Exit.CONFORMANT and kept:
        absent = must.said("not-applicable", "not applicable")
        beside = [part for part in (absent, f"{waived} waived" if waived else "") if part]
        more = f" ({', '.join(beside)})" if beside else ""
        word = "conformant with waivers" if waived else "conformant"
        total = must.of - must.by["not-applicable"]
        return f"{word} {kept}/{total} must{more}", "yellow" if waived or kept < total else "brightgreen"
    return _unknown(status, must, kept), "lightgrey"


def _broken(runs: Sequence[Stored], must: _Counts) -> str:
    if must.by["fail"]:
        return f"not conformant: {must.by['fail']} of {must.of} must broken"
    should = _counts(runs, "should")
    broken = should.by["warn"] + must.by["warn"]
    if broken and any(run.document.get("strict") for run in runs):
        return f"not conformant: {broken} of {should.of + must.of} broken (strict)"
    return "not conformant: a waiver is stale"


def _unknown(status: Exit, must: _Counts, kept: int) -> str:
    if status is Exit.SUITE_FAILED:
        return "unknown: the suite itself failed"
    if status is Exit.INTERRUPTED:
        return f"interrupted: {kept} of {must.of} must kept until then"
    if not kept:
        return "inconclusive: nothing tested"
    if must.by["untested"]:
        return f"inconclusive: {must.by['untested']} of {must.of} must untested"
    return "inconclusive: not all was sent"


def _counts(runs: Sequence[Stored], level: str) -> _Counts:
    found = [row.verdict for run in runs for row in run.requirements.values() if row.level == level]
    names = (*_KEPT, "fail", "error", "untested", "not-applicable")
    return _Counts(len(found), {name: found.count(name) for name in names})  # type: ignore[arg-type]


def _name(run: Stored) -> str:
    chosen = run.document.get("set") or {}
    return " ".join(part for part in (run.api, chosen.get("scored") and f"{chosen['id']} {chosen['scored']}") if part)


def _short(text: str) -> str:
    return cut(visible(text), _LONGEST)
