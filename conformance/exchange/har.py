"""Keeps exchanges in HAR 1.2 files (http://www.softwareishard.com/blog/har-12-spec/)."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Self

from conformance.exchange.harreading import HarError, from_entry
from conformance.exchange.harstream import elements, entries
from conformance.exchange.harwriting import to_entry
from conformance.exchange.redaction import Redaction

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from conformance.exchange.model import Exchange

__all__ = ["HarError", "HarWriter", "elements", "entries", "from_entry", "read", "to_entry", "write"]

_HEAD = """{{
 "log": {{
  "version": "1.2",
  "creator": {{"name": "llm-conformance", "version": "{version}"}},
  "entries": ["""
_TAIL = b"\n  ]\n }\n}\n"


def read(path: Path | str) -> tuple[Exchange, ...]:
    """Read every HTTP exchange of a file, credentials redacted.

    Raises:
        HarError: the file cannot be read or is no HAR.
    """
    file = Path(path)
    try:
        with file.open("rb") as stream:
            return tuple(_exchanges(stream))
    except OSError as error:
        raise HarError(f"{file}: {error.strerror or error}") from error
    except HarError as error:
        raise HarError(f"{file}: {error}") from error


def _exchanges(stream: BinaryIO) -> Iterable[Exchange]:
    redaction = Redaction()
    for number, entry in enumerate(entries(stream), start=1):
        exchange = from_entry(entry, number)
        if exchange.request.url.lower().startswith(("http://", "https://")):  # browsers record data: and blob: too
            yield redaction.exchange(exchange)


def write(path: Path | str, exchanges: Iterable[Exchange]) -> None:
    """Write a file with these exchanges, in this order.

    Raises:
        OSError: the file cannot be written.
    """
    with HarWriter(path) as writer:
        for exchange in exchanges:
            writer.add(exchange)


class HarWriter:
    """Writes a file that is a complete HAR after every exchange, so that a killed run loses none.

    A context manager; may be used by several threads. What it is given must be redacted.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._lock = Lock()
        self._separator = b"\n"

    def __enter__(self) -> Self:
        """Begin the file, with no exchange in it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("wb", buffering=0)
        self._end = 0
        self._append(_HEAD.format(version=version("llm-conformance")).encode())
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file, which is complete already."""
        self._file.close()

    def add(self, exchange: Exchange) -> None:
        """Append an exchange."""
        entry = b"   " + _written(to_entry(exchange)).replace(b"\n", b"\n   ")
        with self._lock:
            self._append(self._separator + entry)
            self._separator = b",\n"

    def _append(self, content: bytes) -> None:
        # The tail is overwritten in the same write as what follows it.
        self._file.seek(self._end)
        rest = memoryview(content + _TAIL)
        while rest:
            rest = rest[self._file.write(rest) :]
        self._end += len(content)


def _written(entry: dict[str, Any]) -> bytes:
    # Half a surrogate pair has no UTF-8; what `backslashreplace` writes for it is its JSON escape.
    return json.dumps(entry, ensure_ascii=False, indent=1).encode(errors="backslashreplace")
