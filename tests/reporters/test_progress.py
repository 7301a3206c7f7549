"""Progress is shown sparingly, and never stops a run."""

from __future__ import annotations

import io

import pytest

from conformance.reporters.progress import Progress


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        """Tell the time."""
        return self.now


class Terminal(io.StringIO):
    """Text that is shown on a terminal."""

    def isatty(self):
        """Say so."""
        return True


class Closed(Terminal):
    """A pipe that nobody reads, or that takes nothing for another reason."""

    def __init__(self, reason, *, is_terminal):
        super().__init__()
        self.reason, self.is_terminal = reason, is_terminal

    def isatty(self):
        """Be either."""
        return self.is_terminal

    def write(self, _):
        """Fail."""
        raise self.reason

    def flush(self):
        """Fail."""
        raise self.reason


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in ("CI", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_a_log_gets_a_line_every_interval_at_most_and_a_last_one():
    file, clock = io.StringIO(), Clock()
    progress = Progress(file, interval=5, clock=clock)
    progress.start(40)
    for step in range(40):
        clock.now += 0.3
        progress.advance(f"probe [b]{step}[/b]\x1b")
    progress.stop()
    progress.stop()
    assert file.getvalue().splitlines() == ["17/40 probe [b]16[/b]\\x1b", "34/40 probe [b]33[/b]\\x1b", "40/40"]


def test_a_short_run_leaves_no_line_in_a_log():
    file, clock = io.StringIO(), Clock()
    progress = Progress(file, clock=clock)
    progress.start(2)
    progress.advance("a")
    progress.advance("b")
    progress.stop()
    assert file.getvalue() == ""


def test_a_terminal_gets_a_bar_with_the_label_as_text():
    file = Terminal()
    progress = Progress(file)
    progress.start(2)
    progress.advance("one")
    progress.advance("[b]two[/b]\x9b")
    progress.stop()
    assert "2/2" in file.getvalue()
    assert "[b]two[/b]\\x9b" in file.getvalue()
    assert "\x9b" not in file.getvalue()


def test_a_terminal_in_ci_gets_lines(monkeypatch):
    monkeypatch.setenv("CI", "true")
    file, clock = Terminal(), Clock()
    progress = Progress(file, interval=1, clock=clock)
    progress.start(1)
    clock.now += 2
    progress.advance("one")
    progress.stop()
    assert file.getvalue() == "1/1 one\n"


@pytest.mark.parametrize("is_terminal", [True, False])
@pytest.mark.parametrize(
    "reason", [BrokenPipeError(), OSError(28, "No space left on device"), ValueError("closed file")]
)
def test_a_broken_output_is_no_reason_to_fail(is_terminal, reason):
    file = Closed(reason, is_terminal=is_terminal)
    progress = Progress(file, interval=0, clock=Clock())
    progress.start(2)
    progress.advance("a")
    progress.advance("b")
    progress.stop()


def test_steps_without_a_start_are_harmless():
    progress = Progress(io.StringIO())
    progress.advance("a")
    progress.stop()
