"""Writes harmless lines to a console, wrapped at its width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from conformance.exchange.visible import visible

if TYPE_CHECKING:
    from rich.console import Console

_MOST_CHARACTERS = 400
_LABEL = 10
_NARROWEST = 30


class Lines:
    """A console, written line by line without markup."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def field(self, label: str, value: str) -> None:
        """Print a value behind its label, shortened to 400 characters; nothing where it is empty."""
        if value:
            self.line(visible(value, most=_MOST_CHARACTERS), first=f"  {label:<{_LABEL}}")

    def line(self, text: str, style: str = "", *, first: str = "") -> None:
        """Print a paragraph wrapped at the width; `first` stands before its first line, as much space before others."""
        width = max(_NARROWEST, self._console.width - len(first))
        start = first
        for line in self.text(text).wrap(self._console, width, overflow="fold"):
            self._console.print(self.text(f"{start}{line.plain.rstrip()}", style), soft_wrap=True)
            start = " " * len(first)

    def text(self, text: str, style: str = "") -> Text:
        """Return text that this console's encoding has, harmless and without markup."""
        shown = visible(text).encode(self._console.encoding, errors="backslashreplace")
        return Text(shown.decode(self._console.encoding), style)


def counted(number: int, thing: str) -> str:
    """Say how many there are of a thing."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
