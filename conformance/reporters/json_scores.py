"""Writes capabilities and levels of certification as JSON, members of a run's document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.contract.model import Level
from conformance.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection

    from conformance.report import Report, Result
    from conformance.scored import LevelScore


def capabilities(report: Report) -> list[dict[str, Any]]:
    """Return what is known of each capability, with how its requirements stand."""
    return [
        {
            "name": offer.name,
            "statement": offer.statement,
            "declared": offer.declared,
            "offered": offer.offered,
            "reason": offer.reason or None,
            "totals": _totals([r for r in report.results if r.requirement.capability == offer.name]),
        }
        for offer in report.offers
    ]


def standing(report: Report) -> dict[str, Any] | None:
    """Return how the run stands by a dated set; None where its API has none."""
    score = report.score
    if score is None:
        return None
    everything = (*report.results, *report.unscored)
    return {
        "id": score.id,
        "date": score.date.isoformat(),
        "scored": score.scored or None,
        "levels": {level.name: _level(level, everything) for level in score.levels},
        "not_scored": [_not_scored(result) for result in report.unscored],
    }


def _level(level: LevelScore, results: Collection[Result]) -> dict[str, Any]:
    rows = {*level.rows}
    return {
        "verdict": str(level.verdict),
        "requirements": len(level.rows),
        "broken": list(level.broken),
        "unjudged": list(level.unjudged),
        "totals": _totals([result for result in results if result.requirement.id in rows]),
    }


def _not_scored(result: Result) -> dict[str, Any]:
    row = result.requirement
    return {"id": row.id, "level": str(row.level), "verdict": str(result.verdict), "reason": result.reason or None}


def _totals(results: Collection[Result]) -> dict[str, dict[str, int]]:
    return {str(level): _counts([r for r in results if r.requirement.level is level]) for level in Level}


def _counts(results: Collection[Result]) -> dict[str, int]:
    return {"total": len(results)} | {str(verdict): sum(r.verdict is verdict for r in results) for verdict in Verdict}
