"""A console that outlives its reader."""

from __future__ import annotations

import os
from contextlib import suppress

import rich.console


class Console(rich.console.Console):
    """Rich's console, but that a closed pipe does not end the program.

    Rich exits with status 1 then, which would say that a must is broken.
    """

    def on_broken_pipe(self) -> None:
        """Fall silent; what is still buffered goes to the null device, so that the exit does not fail either."""
        self.quiet = True
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            try:
                os.dup2(nowhere, self.file.fileno())
            finally:
                os.close(nowhere)
