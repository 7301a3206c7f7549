"""What `replay --har` prints: what one exchange of a recording breaks now, and what it broke then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.contract.model import Level
from conformance.report import Exit, Verdict
from conformance.reporters.terminal import render_finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.contract.model import Requirement
    from conformance.pastrun import Case
    from conformance.replaying import Replay, Shown
    from conformance.report import Finding
    from conformance.reporters.console import Console


def replay_entry(console: Console, again: Replay, name: str, *, bundled: bool) -> Exit:
    """Send one recorded exchange again and print each requirement that it breaks now or broke then."""
    fresh, untold = again.sent()
    if reason := again.silence(name, fresh, untold):
        console.print(f"cannot tell: {reason}", soft_wrap=True, markup=False, highlight=False)
        return Exit.INCONCLUSIVE
    then, now = {case.requirement.id: case for case in again.cases}, again.shown(name, fresh)
    loud = False
    for row in again.past.api.requirements:
        if row.id in now.broken:
            finding = now.broken[row.id]
            loud |= (finding.level or row.level) is not Level.MAY
            _show(console, row, replace(finding, curl="" if bundled else finding.curl), then.get(row.id))
        elif row.id in then:
            _gone(console, row, then[row.id].finding, now)
    if not then and not now.broken:
        kept = f"{len(now.kept)} requirement{'' if len(now.kept) == 1 else 's'}"
        console.print(f"{name} breaks nothing, now as then ({kept} kept)", soft_wrap=True, markup=False)
    return _status(then.keys() - now.broken.keys(), now, loud=loud)


def _show(console: Console, row: Requirement, finding: Finding, then: Case | None) -> None:
    head, said = ("STILL THERE", "broken in the recording, too") if then else ("NEW", "not broken in the recording")
    render_finding(head, Verdict.FAIL, row, finding, said, console)


def _gone(console: Console, row: Requirement, finding: Finding, now: Shown) -> None:
    if row.id in now.kept:
        render_finding("GONE", Verdict.PASS, row, finding, "kept now", console, whole=False)
    else:
        said = "broken in the recording, now neither kept nor broken in the answer"
        render_finding("NOT SEEN", Verdict.UNTESTED, row, finding, said, console, whole=False)


def _status(past: Iterable[str], now: Shown, *, loud: bool) -> Exit:
    if loud:
        return Exit.BROKEN
    return Exit.CONFORMANT if set(past) <= now.kept else Exit.INCONCLUSIVE
