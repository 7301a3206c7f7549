"""Shows how far a run is."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.text import Text

from conformance.exchange.visible import visible
from conformance.reporters.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from rich.progress import TaskID

_LONGEST_LABEL = 40
_BROKEN = (OSError, ValueError)
"""What writing to a closed file or a full disk raises."""


class Progress:
    """A bar on a terminal, in CI or a log a line every `interval` seconds at most; never a reason to fail.

    Written to standard error, or to `file`.
    """

    def __init__(
        self, file: TextIO | None = None, *, interval: float = 5.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = Console(file=file, stderr=file is None)
        self._interval = interval
        self._clock = clock
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._done = self._total = self._said = 0
        self._last = clock()
        self._mute = False

    def start(self, total: int) -> None:
        """Begin, with this many steps to go."""
        self._done, self._total, self._last = 0, total, self._clock()
        if self._console.is_terminal and not os.environ.get("CI"):
            self._bar = _bar(self._console)
            self._task = self._bar.add_task("", total=total)
            self._try(self._bar.start)

    def advance(self, label: str = "") -> None:
        """Say that one step is done; the label says which."""
        self._done += 1
        shown = self._shown(visible(label, most=_LONGEST_LABEL))
        if self._bar and self._task is not None:
            self._bar.update(self._task, advance=1, description=shown)
        elif self._clock() - self._last >= self._interval:
            self._say(shown)

    def stop(self) -> None:
        """End; may be called twice or without a start."""
        if self._bar:
            self._try(self._bar.stop)
            self._bar = None
        elif self._said and self._said < self._done:
            self._say("")

    def _say(self, label: str) -> None:
        self._last, self._said = self._clock(), self._done
        line = Text(f"{self._done}/{self._total} {label}".rstrip())
        self._try(lambda: self._console.print(line, soft_wrap=True))

    def _shown(self, label: str) -> str:
        encoding = self._console.encoding
        return label.encode(encoding, errors="backslashreplace").decode(encoding)

    def _try(self, write: Callable[[], None]) -> None:
        if self._mute:
            return
        try:
            write()
        except _BROKEN:
            self._mute = True


def _bar(console: Console) -> Bar:
    columns = (
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    return Bar(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
