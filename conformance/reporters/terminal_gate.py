"""Says for a terminal what waivers and repetition come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reporters.lines import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.report import Report


def waiver_lines(report: Report) -> Iterator[tuple[str, str]]:
    """Yield a head and what it is about for each waiver that is stale, or of which nothing is known."""
    for each in report.waivers.stale:
        yield f"STALE WAIVER  {each.waiver.scope}", f"{each.why}: take it out or renew it ({each.waiver})"
    for each in report.waivers.unjudged:
        yield f"WAIVER NOT JUDGED  {each.waiver.scope}", each.why


def repeated_line(report: Report) -> str:
    """Say how often all was sent, and how much of it is flaky; nothing of a run that was not repeated."""
    repeated = report.repeated
    if repeated.runs == 1:
        return ""
    flaky = f"{counted(len(repeated.flaky), 'requirement')} flaky" if repeated.flaky else "none flaky"
    return f"{counted(repeated.runs, 'run')} of the same requests: {len(repeated.broken)} broken in any, {flaky}"


def conclusion(report: Report) -> str:
    """Say what of the verdict rests on waivers: nothing where there are none."""
    waived, stale = len(report.waived), len(report.waivers.stale)
    said = [f"{waived} waived"] * bool(waived) + [counted(stale, "stale waiver")] * bool(stale)
    return "".join(f", {each}" for each in said)
