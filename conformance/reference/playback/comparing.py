"""How two request bodies differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.reference.playback.asked import Asked

SAME, EQUAL, ALIKE = range(3)
"""How near a body is: the same bytes, an equal JSON value, equal but for what clients fill in anew for each call."""

VOLATILE = frozenset({"metadata", "prompt_cache_key", "safety_identifier", "seed", "user"})
"""Members of a body that the documents promise no other answer for."""


def nearness(one: Asked, other: Asked) -> int | None:
    """Return how near the bodies are, 0 the nearest; None where they ask for different things."""
    if one.body == other.body:
        return SAME
    if not (one.json.ok and other.json.ok):
        return None
    if is_equal(one.json.value, other.json.value):
        return EQUAL
    return ALIKE if is_equal(_lasting(one.json.value), _lasting(other.json.value)) else None


def is_equal(one: Any, other: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether two JSON values are equal; 1 is 1.0, but true is not 1."""
    return one == other and next(differences(one, other), None) is None


def differences(one: Any, other: Any, at: str = "") -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """Yield the RFC 6901 pointers to where two JSON values differ, in the order of the first."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in dict.fromkeys((*one, *other)):
            place = f"{at}/{name.replace('~', '~0').replace('/', '~1')}"
            if name in one and name in other:
                yield from differences(one[name], other[name], place)
            else:
                yield place
    elif isinstance(one, list) and isinstance(other, list):
        for number, pair in enumerate(zip(one, other, strict=False)):
            yield from differences(*pair, f"{at}/{number}")
        if len(one) != len(other):
            yield f"{at}/{min(len(one), len(other))}"
    elif one != other or isinstance(one, bool) != isinstance(other, bool):
        yield at or "/"


def _lasting(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    return {name: each for name, each in value.items() if name not in VOLATILE} if isinstance(value, dict) else value
