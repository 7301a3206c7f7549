"""Shows a report in a terminal or a log."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from conformance.contract.model import Level
from conformance.report import READINGS, Verdict
from conformance.reporters.lines import Lines, counted
from conformance.reporters.replay_line import replay_line
from conformance.reporters.terminal_gate import conclusion, repeated_line, waiver_lines
from conformance.reporters.terminal_scores import capability_rows, level_lines, shares

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from conformance.contract.model import Requirement
    from conformance.report import Finding, Report, Result

_STYLES = {
    Verdict.ERROR: "bold magenta",
    Verdict.FAIL: "bold red",
    Verdict.WARN: "yellow",
    Verdict.UNTESTED: "cyan",
    Verdict.PASS: "green",
    Verdict.NOTE: "dim",
    Verdict.NOT_APPLICABLE: "dim",
}
_HEADS = {Verdict.NOT_APPLICABLE: "n/a"}
_COLUMNS = (
    Verdict.PASS,
    Verdict.WARN,
    Verdict.FAIL,
    Verdict.ERROR,
    Verdict.UNTESTED,
    Verdict.NOT_APPLICABLE,
    Verdict.NOTE,
)
_LISTED = (Verdict.FAIL, Verdict.ERROR, Verdict.WARN)
_MOST_FINDINGS = 3
_DIGITS = 12


def render(report: Report, console: Console, *, verbose: bool = False, folder: Path | None = None) -> None:
    """Print a report: the verdict, a table of groups, what is broken, what was not tested, the verdict again.

    Text from the wire is made harmless, and fitted to the console's width and encoding; `verbose` lists notes.
    `folder` is what the run wrote, for the commands that replay its findings.
    """
    _Page(console, folder).report(report, verbose=verbose)


def render_finding(
    head: str,
    verdict: Verdict,
    requirement: Requirement,
    finding: Finding,
    said: str,
    console: Console,
    *,
    whole: bool = True,
) -> None:
    """Print one finding: `head` in the verdict's colour before it, `said` after it; if `whole`, what it is about."""
    _Page(console).alone(head, verdict, requirement, finding, said, whole=whole)


class _Page(Lines):
    """A report, written to a console."""

    def __init__(self, console: Console, folder: Path | None = None) -> None:
        super().__init__(console)
        self._folder = folder

    def alone(
        self, head: str, verdict: Verdict, requirement: Requirement, finding: Finding, said: str, *, whole: bool
    ) -> None:
        self.line(f"{head}  {requirement.id}@{finding.exchange}  ({requirement.level})", _STYLES[verdict])
        if whole:
            self._promise(requirement)
            self._finding(finding, requirement)
        self.line(said, first="  ")

    def report(self, report: Report, *, verbose: bool) -> None:
        self._head(report)
        self._table(report)
        self._capabilities(report)
        for verdict in _LISTED:
            for result in report.results:
                if result.verdict is verdict:
                    self._broken(result)
        self._waivers(report)
        self._untested(report)
        self._unsent(report)
        self._notes([result for result in report.results if result.verdict is Verdict.NOTE], verbose=verbose)
        self._conclusion(report)

    def _head(self, report: Report) -> None:
        self.line(f"{report.api}  {report.target}", "bold")
        spent = report.spent
        self.line(
            f"{report.verdict} | {counted(spent.requests, 'request')}, {counted(spent.output_tokens, 'output token')},"
            f" {spent.seconds:.1f} s | seed {report.seed} | llm-conformance {report.suite_version}"
        )
        if drawing := report.drawing.parts:
            cases, sent = sum(part.cases for part in drawing), sum(part.sent for part in drawing)
            said = (
                f"{counted(cases, 'generated case')}, {sent} sent" if sent < cases else counted(cases, "generated case")
            )
            self.line(f"{report.drawing.effort} effort: {said} | digest {report.drawing.digest[:_DIGITS]}")
        if repeated := repeated_line(report):
            self.line(repeated)
        if report.has_readings:
            readings = (f"{name} {report.in_reading(name).verdict}" for name in READINGS)
            self.line(f"readings: {', '.join(readings)}")
        if report.trouble:
            self.field("trouble", report.trouble)
        if report.interrupted:
            self.line("Interrupted: this is what was known until then.", _STYLES[Verdict.WARN])

    def _table(self, report: Report) -> None:
        groups: dict[str, Counter[Verdict]] = defaultdict(Counter)
        levels: dict[Level, Counter[Verdict]] = {level: Counter() for level in Level}
        for result in report.results:
            groups[result.requirement.group][result.verdict] += 1
            levels[result.requirement.level][result.verdict] += 1
        shown = [v for v in _COLUMNS if v is not Verdict.ERROR or report.count(v)]
        table = Table(
            box=box.ASCII_DOUBLE_HEAD if self._console.options.ascii_only else box.SIMPLE_HEAD, pad_edge=False
        )
        table.add_column("group", overflow="fold")
        for verdict in shown:
            table.add_column(_HEADS.get(verdict, str(verdict)), justify="right", no_wrap=True)
        for name, counts in groups.items():
            table.add_row(self.text(name), *(_cell(counts, verdict) for verdict in shown))
        table.add_section()
        for level, counts in levels.items():
            if counts:
                table.add_row(f"{level} ({counts.total()})", *(_cell(counts, verdict) for verdict in shown))
        total = sum(levels.values(), Counter())
        table.add_row(f"all ({total.total()})", *(_cell(total, verdict) for verdict in shown))
        self._console.print(table)

    def _capabilities(self, report: Report) -> None:
        if not report.offers:
            return
        style = box.ASCII_DOUBLE_HEAD if self._console.options.ascii_only else box.SIMPLE_HEAD
        table = Table("capability", "offered", "requirements", "why", box=style, pad_edge=False)
        for row in capability_rows(report):
            table.add_row(*map(self.text, row))
        self._console.print(table)

    def _broken(self, result: Result) -> None:
        requirement, style = result.requirement, _STYLES[result.verdict]
        alone = f", {requirement.reading} reading only" if requirement.reading else ""
        self.line(f"{str(result.verdict).upper()}  {requirement.id}  ({requirement.level}{alone})", style)
        self._promise(requirement)
        self.field("reason", result.reason)
        self.field("waiver", str(result.waiver or ""))
        self.field("seen", _share(result))
        for finding in result.findings[:_MOST_FINDINGS]:
            self._finding(finding, requirement)
        if (more := len(result.findings) - _MOST_FINDINGS) > 0:
            self.field("more", f"{counted(more, 'more finding')} in the JSON and HTML reports")
        self.line("")

    def _promise(self, requirement: Requirement) -> None:
        self.line(requirement.statement, first="  ")
        self.field("source", f"{requirement.source} ({requirement.basis})")
        self.field("doubt", requirement.doubt)

    def _finding(self, finding: Finding, requirement: Requirement) -> None:
        weaker = f" ({finding.level})" if finding.level and finding.level is not requirement.level else ""
        self.field("finding", finding.message + weaker)
        self.field("expected", finding.expected)
        self.field("actual", finding.actual)
        self.field("where", ", ".join(part for part in (finding.where, finding.exchange) if part))
        for line in (finding.curl, replay_line(requirement, finding, self._folder)):
            if line:
                self._console.print(self.text(line), soft_wrap=True, markup=False, highlight=False)

    def _waivers(self, report: Report) -> None:
        stale = len(report.waivers.stale)
        for number, (head, said) in enumerate(waiver_lines(report)):
            self.line(head, _STYLES[Verdict.FAIL] if number < stale else "dim")
            self.line(said, first="  ")

    def _untested(self, report: Report) -> None:
        reasons: dict[str, list[str]] = defaultdict(list)
        for result in report.results:
            if result.verdict is Verdict.UNTESTED and result.requirement.level is Level.MUST:
                reasons[result.reason or "no reason is known"].append(result.requirement.id)
        if reasons:
            self.line(f"UNTESTED  {counted(sum(map(len, reasons.values())), 'must')}", _STYLES[Verdict.UNTESTED])
        for reason, names in reasons.items():
            self.line(reason, first="  ")
            self.line(", ".join(names), first="    ")
        if reasons:
            self.line("")

    def _unsent(self, report: Report) -> None:
        """Say of generated traffic what was not sent, or went wrong by a fault of ours."""
        for part in report.drawing.parts:
            if part.reason:
                verdict = Verdict.ERROR if part.verdict is Verdict.ERROR else Verdict.UNTESTED
                self.line(
                    f"{str(verdict).upper()}  generated {part.kind} requests of {part.operation}", _STYLES[verdict]
                )
                self.line(f"{part.sent} of {part.cases} cases were sent: {part.reason}", first="  ")

    def _notes(self, notes: list[Result], *, verbose: bool) -> None:
        if notes and verbose:
            for note in notes:
                first = next((finding.message for finding in note.findings), note.reason)
                self.line(f"NOTE  {note.requirement.id}: {first or note.requirement.statement}", "dim")
        elif notes:
            self.line(counted(len(notes), "note"), "dim")

    def _conclusion(self, report: Report) -> None:
        known = (Verdict.ERROR, Verdict.FAIL, Verdict.WARN, Verdict.UNTESTED, Verdict.PASS)
        for line in (*shares(report), *(level_lines(report.score) if report.score else ())):
            self.line(line)
        if report.unscored and report.score:
            beyond = f"{report.score.id}/{report.score.scored}"
            self.line(f"{counted(len(report.unscored), 'requirement')} not scored: beyond {beyond}", "dim")
        counts = ", ".join(f"{n} {verdict}" for verdict in known if (n := report.count(verdict)))
        said = f"{counts or 'nothing was judged'}{conclusion(report)}"
        self.line(f"{report.api}: {report.verdict} ({said})", "bold")


def _cell(counts: Counter[Verdict], verdict: Verdict) -> Text:
    return Text(str(counts[verdict]), _STYLES[verdict]) if counts[verdict] else Text("-", "dim")


def _share(result: Result) -> str:
    """Say how often the requirement was broken of how often it was judged, where it was kept as well."""
    broken = len(result.findings)
    return f"broken {broken} of {counted(result.judged, 'time')} that it was judged" if broken < result.judged else ""
