"""Reads the JSON values of a successful response, streamed or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.judges.values import MISSING

if TYPE_CHECKING:
    from conformance.judges.reading import Reading


def bodies(reading: Reading) -> list[tuple[str, Any]]:
    """Return the JSON value of a whole answer, or of each event of a stream, each with where it stands.

    A refusal, and an answer that is no JSON text, has none.
    """
    if not reading.succeeded:
        return []
    if reading.is_stream:
        return [(f"event {number}: ", value) for number, value in reading.chunks]
    return [("", reading.answer)] if reading.whole and reading.answer is not MISSING else []
