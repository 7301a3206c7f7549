"""Choices that look random but follow from a key, the same in every process."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

Item = TypeVar("Item")


def digest(*parts: object) -> int:
    """Return a 64-bit number that follows from the parts."""
    text = "\x1f".join(map(str, parts))
    found = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(found, "big")


def shuffled(items: Sequence[Item], key: object) -> list[Item]:
    """Return the items in an order that follows from the key."""
    return [items[i] for i in sorted(range(len(items)), key=lambda i: digest(key, i))]
