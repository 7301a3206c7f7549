"""Prints what changed since fixtures were recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from conformance.exchange.visible import visible
from conformance.report import Exit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from conformance.drift.report import Drift, Turn

_MOST_FINDINGS = 2
_MOST_NAMES = 3
_MOST_CHARACTERS = 300


def show(found: Drift, console: Console, folder: Path, *, first: bool, written: Sequence[str]) -> None:
    """Print the requirements that turned, a table of the changes, and what became of the fixtures."""
    if first:
        _line(console, f"{found.api}: {len(written)} recordings written to {folder}")
        return
    _line(console, f"{found.api}: {found.compared} recordings compared with {folder}", "bold")
    for turn in found.turns:
        _turn(console, turn)
    if found.changed:
        console.print(_table(console, found))
    _names(console, "not stored", found.new)
    _names(console, "stored, but not recorded again", found.missing)
    if found.fault:
        _line(console, f"the suite failed: {found.fault}", "bold magenta")
    if written:
        _names(console, "updated", written)
    elif found.drifted or found.new:
        _line(console, "The fixtures are as they were; --update replaces those that changed.")
    _line(console, f"{found.api}: {_said(found)}", "bold")


def _said(found: Drift) -> str:
    if not (found.turns or found.changed):
        undecided = found.exit_status is Exit.INCONCLUSIVE
        return "inconclusive: not all was recorded again" if undecided else "no drift"
    broken = sum(turn.is_broken for turn in found.turns)
    counts = f"{_count(len(found.turns), 'verdict')} turned, {_count(len(found.changed), 'change')}"
    lost = sum(turn.is_lost for turn in found.turns)
    ending = f"{_count(broken, 'must')} newly broken" if broken else "no must newly broken"
    untold = f", {lost} not told any more" if lost else ""
    return f"drift: {counts}; {ending}{untold}"


def _turn(console: Console, turn: Turn) -> None:
    requirement = turn.requirement
    style = "bold red" if turn.is_broken else "yellow"
    _line(console, f"{turn.before} -> {turn.now}  {requirement.id}  ({requirement.level})", style)
    _line(console, requirement.statement, first="  ")
    if turn.reason:
        _line(console, turn.reason, first="  ")
    for finding in turn.findings[:_MOST_FINDINGS]:
        where = ", ".join(part for part in (finding.where, finding.exchange) if part)
        _line(console, visible(f"{finding.message} ({where})", most=_MOST_CHARACTERS), first="  ")


def _table(console: Console, found: Drift) -> Table:
    table = Table(box=box.ASCII_DOUBLE_HEAD if console.options.ascii_only else box.SIMPLE_HEAD, pad_edge=False)
    for title, share in (("where", 5), ("change", 2), ("before", 3), ("now", 3), ("recordings", 5)):
        table.add_column(title, overflow="fold", ratio=share)
    table.expand = True
    for change, names in found.changed:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        row = (f"{change.place} {change.path}".strip(), str(change.what), change.before, change.now, names[0] + more)
        table.add_row(*(_text(console, cell) for cell in row))
    return table


def _names(console: Console, title: str, names: Sequence[str]) -> None:
    if names:
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        _line(console, f"{title}: {', '.join(names[:_MOST_NAMES])}{more}")


def _line(console: Console, text: str, style: str = "", *, first: str = "") -> None:
    for line in _text(console, text).wrap(console, max(30, console.width - len(first)), overflow="fold"):
        console.print(Text(first + line.plain.rstrip(), style), soft_wrap=True)


def _text(console: Console, text: str) -> Text:
    shown = visible(text, most=_MOST_CHARACTERS * 2).encode(console.encoding, errors="backslashreplace")
    return Text(shown.decode(console.encoding))


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
