"""Embedding vectors: unit vectors of a fixed length, closer for texts that share words."""

from __future__ import annotations

import base64
import hashlib
import math
import re
import struct
from typing import TYPE_CHECKING

from conformance.reference.engine.choice import digest

if TYPE_CHECKING:
    from collections.abc import Sequence

LENGTH = 768
"""Numbers in a full vector."""

_MOST_FEATURES = 2000
_SPOTS = 8
_NOISE = 0.0008
"""Small against one feature, so that it hides no likeness, and lets no number be zero."""


def vector(text: str, length: int = LENGTH) -> tuple[float, ...]:
    """Return the unit vector of a text: feature hashing over its words and their trigrams."""
    sums = [(byte - 127.5) * _NOISE for byte in hashlib.shake_256(_bytes(text)).digest(LENGTH)]
    for feature in _features(text):
        seed = digest("embedding", feature)
        for spot in range(_SPOTS):
            bits = (seed >> (spot * 8)) & 0xFF
            position = (seed * (2 * spot + 1) + bits) % LENGTH
            sums[position] += 1.0 if bits & 1 else -1.0
    return _normalised(sums[:length])


def likeness(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the cosine of two unit vectors."""
    return sum(a * b for a, b in zip(one, other, strict=True))


def packed(numbers: Sequence[float]) -> str:
    """Return the vector as base64 of little-endian 32-bit floats (OpenAI's `encoding_format: base64`)."""
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode("ascii")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _features(text: str) -> list[str]:
    found = [f"text {text}"]
    for word in re.findall(r"\w+", text.lower()[: _MOST_FEATURES * 8]):
        found.append(f"word {word}")
        found += [f"part {word[i : i + 3]}" for i in range(len(word) - 2)]
        if len(found) > _MOST_FEATURES:
            break
    return found


def _normalised(sums: list[float]) -> tuple[float, ...]:
    size = math.sqrt(sum(x * x for x in sums))
    return tuple(round(x / size, 8) for x in sums)
