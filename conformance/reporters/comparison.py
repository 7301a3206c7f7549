"""Shows a comparison in a terminal, or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.comparison import FORMAT, Kind
from conformance.report import Exit
from conformance.reporters.lines import Lines, counted

if TYPE_CHECKING:
    from rich.console import Console

    from conformance.comparison import Change, Compared, Comparison

_HEADS = {
    Kind.REGRESSION: ("REGRESSION", "bold red"),
    Kind.UNTESTED: ("NO LONGER TESTED", "cyan"),
    Kind.NEW_BROKEN: ("BROKEN, BUT NOT JUDGED BEFORE", "yellow"),
    Kind.STILL_BROKEN: ("STILL BROKEN", "yellow"),
    Kind.FIXED: ("FIXED", "green"),
    Kind.NEW_KEPT: ("KEPT, BUT NOT JUDGED BEFORE", "dim"),
}
"""The kinds in the order in which they are shown, with heads and styles."""
_BRIEF = {Kind.FIXED, Kind.NEW_KEPT}
"""The kinds of which ids are enough."""
_WORDS = {Exit.BROKEN: "regressions", Exit.INCONCLUSIVE: "inconclusive"}
_DIGEST = 12


def render_comparison(comparison: Comparison, console: Console) -> None:
    """Print a comparison: of each API what differs, the changes kind by kind, and in one line what it comes to."""
    lines = Lines(console)
    for each in comparison.compared:
        _render(each, lines)
    for api in comparison.unmatched:
        lines.line(f"{api}: not compared, the new report does not have it", "cyan")
    for api in comparison.added:
        lines.line(f"{api}: not compared, the old report does not have it", "dim")


def _render(compared: Compared, lines: Lines) -> None:
    for each in compared.differences:
        lines.line(
            f"the {each.name} differ{'' if each.name.endswith('s') else 's'}: {_short(each.old)} before, "
            f"{_short(each.new)} now",
            "yellow",
        )
    for kind, (head, style) in _HEADS.items():
        if not (changes := compared.of(kind)):
            continue
        lines.line(f"{head}  {counted(len(changes), 'requirement')}", style)
        if kind in _BRIEF:
            lines.line(", ".join(change.id for change in changes), first="  ")
        for change in changes if kind not in _BRIEF else ():
            _render_change(change, compared, lines)
    if compared.ended:
        lines.line(compared.ended, "cyan")
    lines.line(f"{compared.api}: {_conclusion(compared)}", "bold")


def _render_change(change: Change, compared: Compared, lines: Lines) -> None:
    is_free = change.kind is Kind.REGRESSION and change not in compared.gating and not change.waived
    aside = ", does not fail without --strict" if is_free else ""
    lines.line(
        f"{change.id}  ({change.level}{aside}): {_verdict(change.old)} before, {_verdict(change.new)} now", first="  "
    )
    lines.field("reason", change.reason)
    lines.field("waiver", change.waived)


def _conclusion(compared: Compared) -> str:
    counts = {kind: len(compared.of(kind)) for kind in Kind}
    said = ", ".join(f"{number} {kind.value.replace('-', ' ')}" for kind, number in counts.items() if number)
    word = _WORDS.get(compared.exit_status, "no regression")
    if not compared.comparable:
        return f"{word} (no requirement was judged in both)"
    return f"{word} ({said or 'no change'}; {compared.kept} of {compared.comparable} judged in both are kept in both)"


def _verdict(verdict: str | None) -> str:
    return str(verdict) if verdict else "not there"


def _short(value: str) -> str:
    is_digest = len(value) == 64 and value.isalnum()  # SHA-256 in hexadecimal
    return value[:_DIGEST] if is_digest else value or "not known"


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as `specs/comparison.schema.json` describes it."""
    return {
        "format": FORMAT,
        "exit_status": int(comparison.exit_status),
        "compared": [_compared(each) for each in comparison.compared],
        "unmatched": list(comparison.unmatched),
        "added": list(comparison.added),
    }


def _compared(compared: Compared) -> dict[str, Any]:
    return {
        "api": compared.api,
        "exit_status": int(compared.exit_status),
        "strict": compared.strict,
        "ended": compared.ended or None,
        "comparable": compared.comparable,
        "kept": compared.kept,
        "differences": [{"name": d.name, "old": d.old, "new": d.new} for d in compared.differences],
        "changes": [_change(change, gates=change in compared.gating) for change in compared.changes],
    }


def _change(change: Change, *, gates: bool) -> dict[str, Any]:
    return {
        "id": change.id,
        "kind": str(change.kind),
        "level": str(change.level),
        "old": change.old and str(change.old),
        "new": change.new and str(change.new),
        "reason": change.reason or None,
        "waived": change.waived or None,
        "gates": gates,
    }
