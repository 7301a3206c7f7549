"""Tells by which word a target takes the cap on output tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.judges.values import integer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.judges.reading import Reading

OLDER, NEWER = "max_tokens", "max_completion_tokens"


def mark_newer_caps(readings: Iterable[Reading]) -> None:
    """Give the newer word to the readings of operations that refuse each request with the older, not with the newer.

    OpenAI's reference calls the older one deprecated and not compatible with reasoning models.
    """
    asked: dict[str, list[Reading]] = {}
    for reading in readings:
        if reading.operation and NEWER in reading.operation.request:
            asked.setdefault(reading.operation.id, []).append(reading)
    for found in asked.values():
        if _demand_newer([reading for reading in found if reading.proper]):
            for reading in found:
                reading.cap_word = NEWER


def _demand_newer(readings: list[Reading]) -> bool:
    older = [reading for reading in readings if _caps_by(reading, OLDER)]
    newer = [reading for reading in readings if _caps_by(reading, NEWER) and not _caps_by(reading, OLDER)]
    refused = any(reading.refused for reading in older) and not any(reading.succeeded for reading in older)
    return refused and any(reading.succeeded for reading in newer)


def _caps_by(reading: Reading, word: str) -> bool:
    return integer(reading.word(word)) is not None
