"""Reads embeddings requests and the vectors in their answers, whatever form they have."""

from __future__ import annotations

import base64
import binascii
import math
import struct
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from conformance.exchange.model import NO_SUCH_MODEL
from conformance.judges.faults import well_headed
from conformance.judges.values import MISSING, at, integer, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.reading import Reading

_PROMISED = 8
"""Texts that every target takes in one request."""
_LONGEST = 1_000
"""Characters of a short text."""


class Form(StrEnum):
    """In which single way a request differs from a plain one."""

    BASE64 = "base64"
    TOKENS = "tokens"
    BATCH = "batch"
    NATIVE = "native"
    OTHER = "other"


def asked(row: Requirement, evidence: Evidence) -> Iterator[Reading]:
    """Yield the answered, well-headed requests of a requirement's operations that were answered in earnest."""
    for reading in evidence.of(row):
        model = reading.word("model")
        meant = isinstance(model, str) and model != NO_SUCH_MODEL
        if meant and well_headed(reading) and not reading.limited and (reading.whole or not reading.succeeded):
            yield reading


def form(reading: Reading, native: int) -> Form | None:
    """Return how a request differs from a plain one; None where it does not. `native` is a vector's usual length."""
    found = set(_of_options(reading, native))
    if special := _of_input(reading.word("input")):
        found.add(special)
    if reading.features - {"param:encoding_format", "param:dimensions"}:
        found.add(Form.OTHER)
    return None if not found else next(iter(found)) if len(found) == 1 else Form.OTHER


def _of_options(reading: Reading, native: int) -> Iterator[Form]:
    coding, length = reading.word("encoding_format"), reading.word("dimensions")
    if coding is not MISSING and coding != "float":
        yield Form.BASE64 if coding == "base64" else Form.OTHER
    if length is not MISSING:
        yield Form.NATIVE if native and integer(length) == native else Form.OTHER


def _of_input(said: object) -> Form | None:
    if isinstance(said, str):
        return None if 0 < len(said) <= _LONGEST else Form.OTHER
    if not isinstance(said, list) or not said:
        return Form.OTHER
    if _numbers(said) or all(map(_numbers, said)):
        return Form.TOKENS
    if not all(isinstance(text, str) and 0 < len(text) <= _LONGEST for text in said):
        return Form.OTHER
    return Form.BATCH if len(said) > _PROMISED else None


def _numbers(said: object) -> bool:
    return isinstance(said, list) and bool(said) and all(integer(each) is not None for each in said)


def inputs(reading: Reading) -> list[str]:
    """Return the texts that a request wants vectors of; an empty text stands for a list of tokens."""
    said = reading.word("input")
    if isinstance(said, str):
        return [said]
    if _numbers(said):
        return [""]
    return [each if isinstance(each, str) else "" for each in said] if isinstance(said, list) else []


def vectors(reading: Reading) -> list[Any]:
    """Return what stands as the vector of each entry of a successful answer, as it came."""
    data = at(reading.answer, "/data") if reading.succeeded else MISSING
    return [at(entry, "/embedding") for entry in data] if isinstance(data, list) else []


def floats(vector: object) -> list[float] | None:
    """Return the numbers of a vector, of a list or of base64; None where it is neither, or has others than numbers."""
    if isinstance(vector, str):
        return unpacked(vector)
    if not isinstance(vector, list) or not vector:
        return None
    if all(type(each) is float for each in vector):
        return vector
    found = [number(each) for each in vector]
    known = [each for each in found if each is not None]
    return known if len(known) == len(found) else None


def decoded(text: str) -> bytes | None:
    """Return the bytes of a base64 text (RFC 4648 § 4, with padding), or None."""
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return None


def unpacked(text: str, order: str = "<", size: int = 4) -> list[float] | None:
    """Return the finite floats in a base64 text: `size` bytes each, lowest byte first unless `order` is `>`."""
    content = decoded(text)
    if not content or len(content) % size:
        return None
    found = struct.unpack(f"{order}{len(content) // size}{'f' if size == 4 else 'd'}", content)
    return list(found) if all(map(math.isfinite, found)) else None


def native_length(readings: Iterable[Reading]) -> int:
    """Return how many numbers a vector has where no length was asked for; 0 where that is not known."""
    for reading in readings:
        if reading.proper:
            for vector in vectors(reading):
                if isinstance(vector, list) and vector:
                    return len(vector)
    return 0


def likeness(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the cosine of two vectors; 0 where one has no direction, or they are not of one length."""
    size = math.hypot(*one) * math.hypot(*other)
    if len(one) != len(other) or not size or not math.isfinite(size):
        return 0.0
    return sum(a / size * b for a, b in zip(one, other, strict=True))
