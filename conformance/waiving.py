"""Applies waivers to a report, and says which of them are stale."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from conformance.report import Verdict
from conformance.waivers import Unused, Waivers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from conformance.contract.model import Api
    from conformance.report import Report, Result
    from conformance.waivers import Waiver

BROKEN = {Verdict.FAIL, Verdict.WARN, Verdict.NOTE}
"""The verdicts on what does not hold."""


def waived(report: Report, api: Api, waivers: Iterable[Waiver]) -> Report:
    """Return the report with the waivers applied that are for its API and for a requirement that it holds.

    A waiver is stale where the promise is kept, where it expired before the
    day on which the run began (UTC), or where nothing was judged that it could be for. A run that was interrupted, or
    whose target was in trouble, makes none stale.
    """
    judged = {result.requirement.id for result in report.results}
    own = [each for each in waivers if each.api in {"", report.api} and each.requirement in judged]
    if not own:
        return report
    today = datetime.fromtimestamp(report.started, UTC).date()
    sorting = _Sorting(api, report, [each for each in own if each.expires >= today])
    found = {result.requirement.id: result for result in report.results}
    unused = [Unused(w, why) for w in own if (why := sorting.unused(w, found[w.requirement], today))]
    is_whole = not (report.interrupted or report.trouble)
    stale = tuple(each for each in unused if is_whole and not sorting.is_unknown(found[each.waiver.requirement]))
    return replace(
        report,
        results=tuple(sorting.result(result) for result in report.results),
        waivers=Waivers(
            used=tuple(each for each in own if each not in {one.waiver for one in unused}),
            stale=stale,
            unjudged=tuple(each for each in unused if each not in stale),
        ),
    )


@dataclass(frozen=True)
class _Sorting:
    """Tells which of the waivers in force waive which results of a report."""

    api: Api
    report: Report
    waivers: Sequence[Waiver]

    def result(self, result: Result) -> Result:
        """Return a result with its waiver, where everything in it that is broken is waived."""
        if result.verdict not in BROKEN:
            return result
        own = [each for each in self.waivers if each.requirement == result.requirement.id]
        whole = [each for each in own if not each.operation]
        seen = {finding.operation for finding in result.findings}
        if not whole and not (seen and seen <= {each.operation for each in own}):
            return result
        together = whole or [each for each in own if each.operation in seen]
        return replace(result, waiver=_joined(together))

    def unused(self, waiver: Waiver, result: Result, today: date) -> str:
        """Return why a waiver waives nothing; empty where it waives something."""
        if self.is_unknown(result):
            return f"not judged: {result.reason or result.verdict}"
        if waiver.expires < today:
            return f"it expired on {waiver.expires.isoformat()}"
        if result.verdict is Verdict.PASS:
            return "the requirement is kept now"
        if result.verdict is Verdict.NOT_APPLICABLE:
            return f"the requirement is not applicable: {result.reason}"
        if waiver.operation and all(f.operation != waiver.operation for f in result.findings):
            return f"nothing that is broken was seen in {waiver.operation}"
        return ""

    def is_unknown(self, result: Result) -> bool:
        """Tell whether the run could not find out, by its flags or for want of answers, what a waiver is for."""
        if result.verdict is not Verdict.NOT_APPLICABLE:
            return result.verdict in {Verdict.UNTESTED, Verdict.ERROR}
        row = result.requirement
        needed = {each.requirement.id: each.verdict for each in self.report.results}
        by_flag = row.optional or any(self.api.operation(name).effect == "configure" for name in row.operations)
        return bool(by_flag) or any(needed.get(name, Verdict.FAIL) in BROKEN for name in row.needs)


def _joined(waivers: Sequence[Waiver]) -> Waiver:
    """Return what several waivers of one requirement come to: it ends with the first that ends."""
    first = min(waivers, key=lambda waiver: waiver.expires)
    reasons = dict.fromkeys(waiver.reason for waiver in waivers)
    return replace(first, reason="; ".join(reasons), operation=first.operation if len(waivers) == 1 else "")
