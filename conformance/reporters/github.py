"""Writes what GitHub Actions shows of reports: annotations, and the summary of a job."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from conformance.contract.model import Level
from conformance.exchange.visible import visible
from conformance.report import Exit, Verdict
from conformance.reporters.replay_line import replay_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from conformance.report import Report, Result

MOST_ANNOTATIONS = 10
"""Annotations of broken requirements: GitHub shows ten of a kind for each step and drops the others."""
MOST_BYTES = 1024 * 1024
"""Bytes that the summary of a step may have; GitHub drops a longer one whole."""
_MOST_CHARACTERS = 400
_GRAVE = (Verdict.ERROR, Verdict.FAIL, Verdict.WARN)
_SHOWN = (
    Verdict.PASS,
    Verdict.FAIL,
    Verdict.WARN,
    Verdict.NOTE,
    Verdict.NOT_APPLICABLE,
    Verdict.UNTESTED,
    Verdict.ERROR,
)
_MARK = {Exit.CONFORMANT: "✅", Exit.INCONCLUSIVE: "⚠️"}
_ACTED_ON = str.maketrans({c: f"&#{ord(c)};" for c in "&<>\\`*_{}[]()#+!|~@:"})
"""What Markdown or GitHub would act on, as character references."""


def workflow_commands(reports: Sequence[Report]) -> list[str]:
    """Return the commands that annotate a step: the gravest broken requirements, and one line a report."""
    broken = [(report, result) for report in reports for result in report.results if _annotated(result)]
    broken.sort(key=lambda pair: _GRAVE.index(pair[1].verdict))
    lines = [_annotation(report, result) for report, result in broken[:MOST_ANNOTATIONS]]
    return [*lines, *map(_conclusion, reports)]


def _annotated(result: Result) -> bool:
    return result.verdict in _GRAVE and result.waiver is None


def _annotation(report: Report, result: Result) -> str:
    row = result.requirement
    kind = "warning" if result.verdict is Verdict.WARN and not report.strict else "error"
    first = result.findings[0].message if result.findings else result.reason
    return _command(kind, f"{report.api} {row.id} ({row.level})", f"{row.statement}\n{first}\nsource: {row.source}")


def _conclusion(report: Report) -> str:
    kind = {Exit.CONFORMANT: "notice", Exit.INCONCLUSIVE: "warning"}.get(report.exit_status, "error")
    stale = [f"stale waiver of {each.waiver.scope}: {each.why}" for each in report.waivers.stale]
    said = "; ".join([*(_totals(report, level) for level in Level), *stale])
    return _command(kind, f"llm-conformance {_called(report)}", f"{report.verdict}: {said}")


def _called(report: Report) -> str:
    return f"{report.api}, shard {report.shard.index} of {report.shard.of}" if report.shard else report.api


def _command(kind: str, title: str, message: str) -> str:
    """Return a workflow command, escaped as GitHub's toolkit does it."""
    data = visible(message, keep="\n", most=_MOST_CHARACTERS).replace("%", "%25").replace("\n", "%0A")
    label = visible(title).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} title={label}::{data}"


def _totals(report: Report, level: Level) -> str:
    counts = {verdict: report.count(verdict, level) for verdict in _SHOWN}
    whole = sum(counts.values())
    others = [f"{many} {verdict}" for verdict, many in counts.items() if many and verdict is not Verdict.PASS]
    return ", ".join([f"{level} {counts[Verdict.PASS]} of {whole} kept", *others])


def summary(reports: Sequence[Report], folders: Sequence[Path] = (), most: int = MOST_BYTES) -> str:
    """Return Markdown of at most so many bytes; rows that have no room are counted."""
    text = ""
    for report, folder in zip_longest(reports, folders):
        room = most - len(text.encode())
        text += _section(report, folder, room)
    return text if len(text.encode()) <= most else ""


def _section(report: Report, folder: Path | None, room: int) -> str:
    mark = _MARK.get(report.exit_status, "❌")
    cost = f"{report.spent.requests} requests, {report.spent.output_tokens} output tokens"
    drawn = f"effort {report.drawing.effort}, seed {report.seed}, suite {_plain(report.suite_version)}"
    lines = [
        f"## {mark} {_plain(report.title)} ({_plain(_called(report))}): {report.verdict}",
        "",
        f"{_code(report.target)}, {cost}, {drawn}",
        "",
    ]
    lines += [f"**{_plain(report.trouble)}**", ""] if report.trouble else []
    lines += [f"- {_totals(report, level)}" for level in Level]
    lines += [f"- stale waiver of {_plain(each.waiver.scope)}: {_plain(each.why)}" for each in report.waivers.stale]
    if report.score and not report.shard:
        lines += [f"- {_plain(report.score.id)}: levels reached: {', '.join(report.score.reached) or 'none'}"]
    rows = list(_rows(report, folder))
    if rows:
        lines += [
            "",
            "| Broken | Verdict | What is promised, and what was found | Source | Again |",
            "| --- " * 5 + "|",
        ]
    return _fitting("\n".join(lines) + "\n", rows, room)


def _fitting(head: str, rows: list[str], room: int) -> str:
    """Return the head and as many rows as there is room for, with how many there are besides."""
    kept, left = [], room - len(head.encode()) - 100
    for row in rows:
        left -= len(row.encode()) + 1
        if left < 0:
            break
        kept.append(row)
    more = len(rows) - len(kept)
    return head + "".join(f"{row}\n" for row in kept) + (f"\n{more} more are in the report.\n" if more else "") + "\n"


def _rows(report: Report, folder: Path | None) -> Iterator[str]:
    for result in sorted(report.results, key=_gravity):
        if result.verdict in _GRAVE:
            row = result.requirement
            first = result.findings[0].message if result.findings else result.reason
            again = replay_line(row, result.findings[0], folder) if result.findings else ""
            found = f"{_plain(row.statement)}<br>{_code(first)}"
            verdict = f"{result.verdict}, {_plain(str(result.waiver))}" if result.waiver else str(result.verdict)
            cells = (row.id, verdict, found, _plain(row.source), _code(again) if again else "")
            yield f"| {' | '.join(cells)} |"


def _gravity(result: Result) -> int:
    return _GRAVE.index(result.verdict) if result.verdict in _GRAVE else len(_GRAVE)


def _plain(text: str) -> str:
    return visible(text, most=_MOST_CHARACTERS).translate(_ACTED_ON)


def _code(text: str) -> str:
    return f"<code>{_plain(text)}</code>"
