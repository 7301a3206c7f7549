"""The terminal report fits 80 columns, is plain where it must be, and no text from the wire acts on the terminal."""

from __future__ import annotations

import io
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.contract.model import Level, Requirement
from conformance.report import Finding, Result, Verdict
from conformance.reporters.console import Console
from conformance.reporters.terminal import render, render_finding

GOLDEN = r"""
cloud-temple  https://api.example/v1
suite-error | 61 requests, 812 output tokens, 3.1 s | seed 7 | llm-conformance
0.1.0

 group        pass   warn   fail   error   untested   n/a   note
 ───────────────────────────────────────────────────────────────
 stream          1      -      1       -          -     -      -
 errors          -      1      -       -          -     -      -
 chat            -      1      -       1          -     -      -
 auth            -      -      -       -          3     -      1
 stats           -      -      -       -          -     1      -

 must (7)        1      1      1       1          2     1      -
 should (2)      -      1      -       -          1     -      -
 may (1)         -      -      -       -          -     -      1
 all (10)        1      2      1       1          3     1      1

FAIL  stream.done  (must)
  The promise called stream.done is kept.
  source    000.txt, Antwort (example)
  finding   the last event is not [DONE]
  expected  [DONE]
  actual    <script>alert("1")</script>[bold red]x[/bold red][/] :smile:
            \x1b[31m\x9b2J\u202e\ud800 &amp;\r\n
  where     event 7, ex-0031
CURL
  finding   the last event is not [DONE]
  expected  [DONE]
  actual    <script>alert("1")</script>[bold red]x[/bold red][/] :smile:
            \x1b[31m\x9b2J\u202e\ud800 &amp;\r\n
  where     event 7, ex-0031
CURL
  finding   the last event is not [DONE]
  expected  [DONE]
  actual    <script>alert("1")</script>[bold red]x[/bold red][/] :smile:
            \x1b[31m\x9b2J\u202e\ud800 &amp;\r\n
  where     event 7, ex-0031
CURL
  more      2 more findings in the JSON and HTML reports

ERROR  chat.b  (must)
  The promise called chat.b is kept.
  source    000.txt, Antwort (example)
  reason    KeyError: 'choices'

WARN  errors.shape  (must)
  The promise called errors.shape is kept.
  source    000.txt, Antwort (example)
  finding   the code is missing (should)
  where     /error, ex-0002

WARN  chat.a  (should)
  The promise called chat.a is kept.
  source    000.txt, Antwort (example)
  doubt     the example differs
  finding   the code is missing
  where     /error, ex-0002

UNTESTED  2 musts
  rate limited
    auth.required, auth.invalid

1 note
must 1 of 6 kept, 2 broken, 3 untested, 1 not applicable
should 0 of 2 kept, 1 broken, 1 untested, 0 not applicable
may 0 of 1 kept, 1 noted, 0 not applicable
cloud-temple: suite-error (1 error, 1 fail, 2 warn, 3 untested, 1 pass)
"""


def rendered(report, *, width=80, terminal=False, encoding="utf-8", **options) -> str:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    console = Console(file=file, width=width, force_terminal=terminal, color_system="standard" if terminal else None)
    render(report, console, **options)
    file.flush()
    return file.buffer.getvalue().decode(encoding)


def trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines())


def test_a_report_at_80_columns(report):
    expected = GOLDEN.strip("\n").replace("CURL", report.results[0].findings[0].curl)
    assert trimmed(rendered(report)) == expected


@pytest.mark.parametrize("width", [80, 60, 100])
def test_only_the_lines_to_paste_are_longer_than_the_width(report, width):
    wide = Result(report.results[0].requirement, Verdict.FAIL, "好" * 300, (Finding("x" * 300, actual="é " * 300),))
    report = replace(report, target="https://" + "t" * 200, trouble="o" * 200, results=(*report.results, wide))
    long = [line for line in rendered(report, width=width).splitlines() if len(line) > width]
    assert set(long) == {report.results[0].findings[0].curl}


def test_the_replay_line_follows_the_curl_line(report):
    """A run that left a folder shows under each curl line how to look again."""
    lines = rendered(report, folder=Path("reports/" + "x" * 80)).splitlines()
    curls = [i for i, line in enumerate(lines) if line.startswith("curl ")]
    assert len(curls) == 3
    assert {lines[i + 1] for i in curls} == {f"llm-conformance replay stream.done@ex-0031 --report reports/{'x' * 80}"}


def test_one_finding_alone(report):
    """It stands between what is said of it, with its promise unless that was shown before."""
    result = report.results[0]
    for whole in (True, False):
        file = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
        said = ("GONE", Verdict.PASS, result.requirement, result.findings[0], "not seen again")
        render_finding(*said, Console(file=file, width=80), whole=whole)
        file.flush()
        lines = file.buffer.getvalue().decode().splitlines()
        assert (lines[0], lines[-1]) == ("GONE  stream.done@ex-0031  (must)", "  not seen again")
        assert (f"  {result.requirement.statement}" in lines) is whole
        assert (result.findings[0].curl in lines) is whole


def test_a_line_to_paste_is_unbroken_on_a_terminal_too(report):
    plain = re.sub(r"\x1b\[[0-9;]*m", "", rendered(report, terminal=True))
    assert plain.splitlines().count(report.results[0].findings[0].curl) == 3


@pytest.mark.parametrize("terminal", [True, False])
def test_no_text_from_the_wire_acts_on_the_terminal(report, hostile, terminal):
    finding = Finding(hostile, hostile, hostile, hostile, hostile, curl=hostile)
    odd = Result(report.results[0].requirement, Verdict.FAIL, hostile, (finding,))
    report = replace(report, target=hostile, trouble=hostile, results=(*report.results, odd))
    found = rendered(report, terminal=terminal, verbose=True)
    styled = re.sub(r"\x1b\[[0-9;]*m", "", found)
    assert ("\x1b" in found) is terminal
    assert all(char.isprintable() or char == "\n" for char in styled)
    assert "\x1b[31m\\x9b" not in found
    assert "[bold red]x[/bold red]" in styled
    assert ":smile:" in styled


def test_an_encoding_without_a_character_is_no_reason_to_fail(report):
    report = replace(report, target="http://größe", results=(replace(report.results[4], reason="你" * 500),))
    found = rendered(report, encoding="ascii")
    assert "gr\\xf6\\xdfe" in found
    assert "\\u4f60" in found


def test_notes_are_counted_or_listed(report):
    assert "\n1 note\n" in rendered(report)
    assert "\nNOTE  auth.challenge: there is no WWW-Authenticate\n" in rendered(report, verbose=True)


def test_trouble_and_interruption_are_said(report):
    found = rendered(replace(report, results=(), trouble="connection refused", interrupted=True))
    assert "connection refused" in found
    assert "Interrupted" in found
    assert found.endswith("cloud-temple: interrupted (nothing was judged)\n")


def test_a_should_that_was_not_tested_is_not_listed(report):
    assert "auth.scheme-case" not in rendered(report)


def test_readings_are_told_apart_where_they_differ(report):
    letter = Requirement("chat.refusal", Level.MUST, "stated", "x", "A thing.", reading="strict")
    kept = Requirement("chat.shape", Level.MUST, "stated", "x", "A thing.")
    results = (Result(letter, Verdict.FAIL, "", (Finding("no"),), 1), Result(kept, Verdict.PASS, judged=1))
    shown = rendered(replace(report, results=results))
    assert "readings: strict not-conformant, interop conformant" in shown
    assert "FAIL  chat.refusal  (must, strict reading only)" in shown
    assert "readings:" not in rendered(report)


@pytest.mark.parametrize(("judged", "said"), [(3, "broken 1 of 3 times that it was judged"), (1, "")])
def test_how_often_a_promise_was_broken_is_said_where_it_was_kept_as_well(report, judged, said):
    row = Requirement("chat.shape", Level.MUST, "stated", "x", "A thing.")
    shown = rendered(replace(report, results=(Result(row, Verdict.FAIL, "", (Finding("no"),), judged),)))
    assert ("broken 1 of" in shown, said in shown) == (bool(said), True)


def test_a_reader_that_goes_away_is_no_reason_to_fail(report):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as file:
        for _ in range(2):
            render(report, Console(file=file, width=80))


def test_what_was_generated_is_counted(drawn):
    """The head says how much was generated; what was not sent, or failed in us, is said with the reason."""
    out = rendered(drawn)
    assert "standard effort: 204 generated cases, 155 sent | digest 0123456789ab" in out
    assert "UNTESTED  generated invalid requests of createChatCompletion" in out
    assert "12 of 60 cases were sent: the budget is spent" in out
    assert "ERROR  generated valid requests of rerank" in out
