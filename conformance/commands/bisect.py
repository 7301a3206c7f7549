"""What `replay --bisect` prints: the first difference that matters between two targets."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from conformance.bisecting import Side, differences
from conformance.contract.model import Level
from conformance.exchange.visible import visible
from conformance.replaying import Replayed
from conformance.report import Exit, Verdict, worst
from conformance.reporters.terminal import render_finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.bisecting import Difference
    from conformance.exchange.model import Exchange
    from conformance.pastrun import Case
    from conformance.replaying import Replay
    from conformance.reporters.console import Console

_MORE = 5
_LONGEST = 300
"""Characters of a value from the wire that are shown."""


def bisect(console: Console, sides: Sequence[Replay], name: str = "") -> Exit:
    """Send the same to both targets and print for each finding, or for the exchange `name`, what differs first."""
    sent = [side.sent() for side in sides]
    cases = [] if name else list(sides[0].cases)
    statuses = [_case(console, sides, sent, case) for case in cases]
    if name:
        statuses.append(_exchange(console, sides, sent, name))
    return worst(statuses)


Sent = tuple[dict[str, "Exchange"], dict[str, str]]


def _case(console: Console, sides: Sequence[Replay], sent: Sequence[Sent], case: Case) -> Exit:
    """Print what differs in a finding's exchange; the requirement alone decides."""
    found = [Replayed(case) for _ in sides]
    for each, side, (fresh, untold) in zip(found, sides, sent, strict=True):
        side.judge([each], fresh, untold)
    there = _differences(sides, sent, case.finding.exchange, case.requirement.id)
    _line(console, f"{case.name} ({case.requirement.level})")
    words = {Exit.BROKEN: "broken", Exit.CONFORMANT: "kept", Exit.INCONCLUSIVE: "cannot tell"}
    for label, each in zip("AB", found, strict=True):
        _line(console, f"  {label}: {words[each.status]}{f': {each.reason}' if each.reason else ''}")
    _print(console, there)
    verdicts = {each.status for each in found}
    if Exit.INCONCLUSIVE in verdicts:
        return Exit.INCONCLUSIVE
    return Exit.BROKEN if len(verdicts) > 1 else Exit.CONFORMANT


def _exchange(console: Console, sides: Sequence[Replay], sent: Sequence[Sent], name: str) -> Exit:
    """Print what differs in an exchange; any requirement above may decides."""
    reasons = [side.silence(name, *each) for side, each in zip(sides, sent, strict=True)]
    there = _differences(sides, sent, name)
    _line(console, name)
    for label, reason in zip("AB", reasons, strict=True):
        if reason:
            _line(console, f"  {label}: cannot tell: {reason}")
    _print(console, there)
    if any(reasons):
        return Exit.INCONCLUSIVE
    rows = (found.requirement for found in there or ())
    return Exit.BROKEN if any(row and row.level is not Level.MAY for row in rows) else Exit.CONFORMANT


def _differences(sides: Sequence[Replay], sent: Sequence[Sent], name: str, first: str = "") -> list[Difference] | None:
    """Return what differs in an exchange; None where it was not sent to both."""
    if any(name not in fresh for fresh, _ in sent):
        return None
    a, b = (
        Side(fresh[name], side.run.target.base_url, side.shown(name, fresh))
        for side, (fresh, _) in zip(sides, sent, strict=True)
    )
    return list(differences(sides[0].past.api, a, b, first))


def _print(console: Console, there: Sequence[Difference] | None) -> None:
    if there is None:
        return
    if not there:
        _line(console, "no difference that matters")
        return
    _line(console, f"first difference: {_said(there[0])}")
    row = there[0].requirement
    for label, finding in zip("AB", there[0].findings, strict=True):
        if row and finding:
            render_finding(f"AT {label}", Verdict.FAIL, row, finding, f"broken at {label}", console)
    for each in islice(there, 1, _MORE + 1):
        _line(console, f"  also {_said(each)}")
    if (more := len(there) - _MORE - 1) > 0:
        _line(console, f"  and {more} more")


def _said(found: Difference) -> str:
    return f"{found.of}: {visible(found.at_a, most=_LONGEST)} at A, {visible(found.at_b, most=_LONGEST)} at B"


def _line(console: Console, text: str) -> None:
    console.print(visible(text), soft_wrap=True, markup=False, highlight=False)
