"""Words for a terminal what a report says of capabilities, of levels, of how many requirements were kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.contract.model import Level
from conformance.contract.sets import FULL
from conformance.report import Verdict
from conformance.scored import Reached

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from conformance.report import Report, Result
    from conformance.scored import LevelScore, Offer, Score

_MOST = 3
"""Requirements that are named; the JSON report names all."""


def share(results: Collection[Result]) -> str:
    """Say how many of some requirements are kept, of those that apply, and what is known of the others."""
    apart = {
        "broken": sum(result.verdict in {Verdict.FAIL, Verdict.WARN} for result in results),
        "untested": sum(result.verdict in {Verdict.UNTESTED, Verdict.ERROR} for result in results),
        "noted": sum(result.verdict is Verdict.NOTE for result in results),
        "not applicable": sum(result.verdict is Verdict.NOT_APPLICABLE for result in results),
    }
    kept = sum(result.verdict is Verdict.PASS for result in results)
    applying = len(results) - apart["not applicable"]
    shown = [f"{number} {name}" for name, number in apart.items() if number or name == "not applicable"]
    return f"{kept} of {applying} kept, {', '.join(shown)}"


def shares(report: Report) -> Iterator[str]:
    """Yield for each level how many of its requirements are kept."""
    for level in Level:
        if found := [result for result in report.results if result.requirement.level is level]:
            yield f"{level} {share(found)}"


def capability_rows(report: Report) -> Iterator[tuple[str, str, str, str]]:
    """Yield of each capability its name, whether it is offered, how its requirements stand, why."""
    for offer in report.offers:
        found = [result for result in report.results if result.requirement.capability == offer.name]
        yield offer.name, _offered(offer), share(found) if found else "-", offer.reason


def _offered(offer: Offer) -> str:
    said = {True: "yes", False: "no", None: "not known"}[offer.offered]
    return f"{said} (declared)" if offer.declared else said


def reached(score: Score | None) -> str:
    """Say in brackets which levels of its set a run reaches: `full` has all of them; empty without a set."""
    if score is None:
        return ""
    return f" ({score.id}: {FULL if FULL in score.reached else ', '.join(score.reached) or 'no level'})"


def level_lines(score: Score) -> Iterator[str]:
    """Yield which levels of the set are reached, and what keeps a run from each of the others."""
    reached = ", ".join(score.reached) or "none"
    scored = f", scored {score.scored}" if score.scored else ""
    yield f"{score.id}{scored}: levels reached: {reached}"
    for level in score.levels:
        if level.verdict is not Reached.REACHED:
            yield f"  {level.name} {level.verdict}{_why(level)}"


def _why(level: LevelScore) -> str:
    names = level.broken or level.unjudged
    if not names:
        return ": none of its musts applies"
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f": {'broken' if level.broken else 'not judged'}: {', '.join(names[:_MOST])}{more}"
