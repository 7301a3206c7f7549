"""Judges the answers to requests whose messages are none: an empty list, an image that cannot be read."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from conformance.judges import faults
from conformance.judges.refusals import refused
from conformance.judges.registry import judge
from conformance.judges.robustness import endured
from conformance.judges.values import strings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

_SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM", b"II*", b"MM\x00", b"<svg", b"<?xml")
"""How the files of common image formats begin."""


@judge
def refuses_no_messages(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """An empty list of messages is refused with 4xx."""
    for reading in evidence.of(row):
        if reading.word("messages") == [] and faults.well_headed(reading) and _else_right(reading, evidence):
            yield refused(reading, evidence, "an empty list of messages")


@judge
def endures_bad_image(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A data URL that is no image is refused with 4xx or left aside, never answered with 5xx."""
    for reading in evidence.of(row):
        urls = strings(reading.word("messages"), "/*/content/*/image_url/url")
        if any(map(_is_no_image, urls)) and faults.well_headed(reading) and _else_right(reading, evidence):
            yield endured(reading, evidence, "an image that cannot be read")


def _else_right(reading: Reading, evidence: Evidence) -> bool:
    pointer = reading.operation.request.get("messages", "") if reading.operation else ""
    return bool(pointer) and faults.righted(reading, evidence, pointer)


def _is_no_image(url: str) -> bool:
    head, _, data = url.partition(",")
    if not head.lower().startswith("data:") or not head.lower().endswith(";base64"):
        return False
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return True
    return not content.startswith(_SIGNATURES)
