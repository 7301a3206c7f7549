"""Opens recordings of whatever kind."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from conformance.exchange.har import HarError
from conformance.recordings.charles import charles_items
from conformance.recordings.curltranscript import transcript_items
from conformance.recordings.harfile import har_items
from conformance.recordings.items import Recorded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conformance.exchange.redaction import Redaction
    from conformance.recordings.items import Item, Unwanted

_HAR = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{")
_SESSION = re.compile(rb"(?:\xef\xbb\xbf)?\s*\[\s*[\[{\]]")
_LONGEST = 64 << 20
"""Bytes of the longest text that is read as transcripts."""


def recorded(files: Sequence[Path], unwanted: Unwanted, redaction: Redaction) -> Iterator[Item]:
    """Yield every entry of the files, `-` being standard input; ids name the file where there are several.

    Raises:
        HarError: a file cannot be read, or holds no recording.
    """
    for file in files:
        name = "standard input" if str(file) == "-" else str(file)
        try:
            for each in _opened(file, name, unwanted, redaction):
                yield _named(each, name) if len(files) > 1 else each
        except OSError as error:
            raise HarError(f"{name}: {error.strerror or error}") from error
        except HarError as error:
            raise HarError(f"{name}: {error}") from error


def _opened(file: Path, name: str, unwanted: Unwanted, redaction: Redaction) -> Iterator[Item]:
    if str(file) == "-":
        yield from _items(io.BufferedReader(cast("io.RawIOBase", sys.stdin.buffer)), name, unwanted, redaction)
        return
    with file.open("rb") as stream:
        yield from _items(stream, name, unwanted, redaction)


def _items(stream: BinaryIO, name: str, unwanted: Unwanted, redaction: Redaction) -> Iterator[Item]:
    start = cast("io.BufferedReader", stream).peek(4096)
    if _HAR.match(start) or not start.strip():
        yield from har_items(stream, name, unwanted, redaction)
    elif _SESSION.match(start):
        yield from charles_items(stream, name, unwanted, redaction)
    else:
        yield from _transcripts(stream, name, unwanted, redaction)


def _transcripts(stream: BinaryIO, name: str, unwanted: Unwanted, redaction: Redaction) -> Iterator[Item]:
    data = stream.read(_LONGEST + 1)
    if len(data) > _LONGEST:
        raise HarError(f"a text of more than {_LONGEST >> 20} MiB is not read")
    found = False
    for each in transcript_items(data.decode("utf-8-sig", errors="replace"), name, unwanted, redaction):
        found = True
        yield each
    if not found:
        raise HarError("neither a HAR file nor a Charles session nor a transcript of curl -i or -v")


def _named(each: Item, name: str) -> Item:
    if not isinstance(each, Recorded):
        return each
    return replace(each, exchange=replace(each.exchange, id=f"{Path(name).name}:{each.exchange.id}"))
