"""What GitHub Actions is told: commands it understands, Markdown that shows text as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from conformance.report import Finding, Result, Verdict
from conformance.reporters.github import MOST_ANNOTATIONS, MOST_BYTES, summary, workflow_commands
from conformance.waivers import Unused, Waiver, Waivers


def test_broken_requirements_annotate_the_step(report):
    """The gravest come first; a line for the run says its verdict with denominators."""
    lines = workflow_commands([report])
    assert lines[0].startswith("::error title=cloud-temple chat.b (must)::")
    assert lines[1].startswith(
        "::error title=cloud-temple stream.done (must)::The promise called stream.done is kept.%0A"
    )
    assert lines[2].startswith("::warning title=cloud-temple errors.shape (must)::")
    assert lines[-1] == (
        "::error title=llm-conformance cloud-temple::suite-error: must 1 of 7 kept, 1 fail, 1 warn, 1 not-applicable, "
        "2 untested, 1 error; should 0 of 2 kept, 1 warn, 1 untested; may 0 of 1 kept, 1 note"
    )


def test_a_target_cannot_give_commands(report, hostile, results):
    """Line ends and percent signs of the target stay within the command."""
    evil = Finding(f"x\r\n::set-env name=a::b\n%0A{hostile}")
    broken = replace(results[0], findings=(evil,), requirement=replace(results[0].requirement, id="a.b:c,d%"))
    lines = workflow_commands([replace(report, results=(broken,))])
    assert all("\n" not in line and "\r" not in line for line in lines)
    assert lines[0].startswith("::error title=cloud-temple a.b%3Ac%2Cd%25 (must)::")
    assert "%250A" in lines[0]


def test_annotations_are_few(report, results):
    """No more than GitHub shows, and one for the run."""
    many = replace(report, results=results[:1] * 25)
    assert len(workflow_commands([many])) == MOST_ANNOTATIONS + 1


def test_waived_failures_do_not_annotate(report, results):
    """A waived failure is no error; a stale waiver is said."""
    waiver = Waiver("stream.done", "known", date(2026, 12, 31))
    one = replace(report, results=(replace(results[0], waiver=waiver), results[1]))
    (line,) = workflow_commands([one])
    assert line.startswith("::notice title=llm-conformance cloud-temple::conformant-with-waivers")
    stale = replace(one, waivers=Waivers(stale=(Unused(waiver, "it expired"),)))
    assert "stale waiver of stream.done: it expired" in workflow_commands([stale])[0]
    assert "waived until 2026-12-31" in summary([one])
    assert "stale waiver of stream.done: it expired" in summary([stale])


def test_the_summary_tells_the_run(report):
    """Verdict, totals with denominators, and each broken requirement with source and the line that shows it again."""
    text = summary([report], [Path("reports/x")])
    assert text.startswith("## ❌ LLM as a Service (cloud-temple): suite-error\n")
    assert "- must 1 of 7 kept, 1 fail, 1 warn, 1 not-applicable, 2 untested, 1 error\n" in text
    row = next(line for line in text.splitlines() if line.startswith("| stream.done |"))
    assert "000.txt, Antwort" in row
    assert "llm-conformance replay stream.done&#64;ex-0031 --report reports/x</code>" in row
    assert row.count(" | ") == 4


def test_the_summary_shows_hostile_text_as_text(report, results, hostile):
    """Nothing from the wire is markup, a link, or ends a table's cell."""
    evil = Finding(f"{hostile}|[a](javascript:x)|@user <img src=x> `code` https://evil.example")
    text = summary([replace(report, trouble=hostile, results=(replace(results[0], findings=(evil,)),))])
    assert "<script" not in text
    assert "<img" not in text
    assert "[a](" not in text
    assert "https://" not in text
    row = next(line for line in text.splitlines() if line.startswith("| stream.done |"))
    assert row.count("|") == 6


def test_a_long_summary_is_cut_to_whole_rows(report, results):
    """It fits GitHub's limit and says how many rows are left out."""
    long = replace(results[0], findings=(Finding("x" * 390),))
    text = summary([replace(report, results=(long,) * 3000)] * 2)
    assert len(text.encode()) <= MOST_BYTES
    assert "more are in the report." in text
    assert summary([report], most=10) == ""


def test_a_conformant_report_is_short(report, results):
    """There is no table where nothing is broken."""
    kept = replace(report, results=(Result(results[1].requirement, Verdict.PASS, judged=1),))
    assert summary([kept]).startswith("## ✅")
    assert "| Broken" not in summary([kept])
