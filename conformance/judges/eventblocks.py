"""Judges blocks of a stream that have no data: the standard drops them, the official clients do not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.exchange.coding import decoded_pieces
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.streams import DONE, streamed
from conformance.judges.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"
_LONGEST_RETRY = 18
"""Digits, as the parser of streams reads them."""


@dataclass(frozen=True)
class _Dispatch:
    """An event without data as openai-python makes one: what made it (event, id, retry), and the block's lines."""

    made_by: str
    lines: tuple[str, ...]


@judge
def stream_blocks_have_data(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """No block without data makes a client dispatch an event with empty data.

    Parameters: `set_by` names the fields that this row is about; an event field takes the blame alone.
    """
    about = row.params.get("set_by") or ["event", "id", "retry"]
    for reading in streamed(row, evidence):
        if not reading.stream.events:
            yield Unjudged("the stream has no event")
            continue
        found = next((each for each in _empty_dispatches(reading) if each.made_by in about), None)
        if found is None:
            yield Kept(reading.exchange.id)
            continue
        beside = "an earlier `id`" if found.made_by == "id" and not _has(found, "id") else f"`{found.made_by}`"
        actual = shown("\n".join(found.lines)) if found.lines else "a blank line more"
        message = f"a block has no data, and {beside} makes clients read it as an event"
        yield reading.finding(message, "`data: ` in it, or no such block", actual, "blocks")


def _has(found: _Dispatch, name: str) -> bool:
    return any(line.partition(":")[0] == name for line in found.lines)


def _empty_dispatches(reading: Reading) -> Iterator[_Dispatch]:
    """Yield what openai-python's decoder dispatches without data, up to `[DONE]`."""
    last_id = ""
    for block in _blocks(reading):
        fields = [(name, value.removeprefix(" ")) for name, _, value in (line.partition(":") for line in block)]
        last_id = next((v for name, v in reversed(fields) if name == "id" and "\0" not in v), last_id)
        data = [value for name, value in fields if name == "data"]
        if any(value.startswith(DONE) for value in data):
            return
        if not data and (made_by := _made_by(dict(fields), last_id)):
            yield _Dispatch(made_by, tuple(block))


def _made_by(fields: dict[str, str], last_id: str) -> str:
    if fields.get("event"):
        return "event"
    retry = fields.get("retry", "")
    if retry.isascii() and retry.isdigit() and len(retry) <= _LONGEST_RETRY:
        return "retry"
    return "id" if last_id else ""


def _blocks(reading: Reading) -> Iterator[list[str]]:
    """Yield the lines before each blank line."""
    response = reading.exchange.response
    body = b"".join(piece.data for piece in decoded_pieces(response)) if response else b""
    block: list[str] = []
    for line in _LINE_END.split(body.removeprefix(_BOM))[:-1]:
        if line:
            block.append(line.decode(errors="replace"))
        else:
            yield block
            block = []
