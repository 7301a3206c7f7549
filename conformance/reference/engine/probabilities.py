"""Log probabilities of tokens that were written, and of what might have stood in their place."""

from __future__ import annotations

import math
from dataclasses import dataclass

from conformance.reference.engine.choice import digest, shuffled

_VOCABULARY = (
    " the", " a", ",", ".", " and", " of", " to", " in", " is", " it", " that", " for", " was", " on", " are", " with",
    " as", " at", " be", " this", " from", " or", " an", " by", " not", "\n", " which", " one", " will", " but",
)  # fmt: skip


@dataclass(frozen=True)
class Likelihood:
    """How likely a written token was: its log probability, and the likeliest tokens there, itself first."""

    token: str
    logprob: float
    alternatives: tuple[tuple[str, float], ...]


def likelihood(token: str, place: int, most: int) -> Likelihood:
    """Return how likely a token was at a place of an answer, with at most so many alternatives.

    Log probabilities are natural logarithms, finite and below 0; those of one place are of probabilities that add up
    to less than 1.
    """
    chance = 0.5 + digest("chance", place, token) % 4900 / 10_000
    others = [other for other in shuffled(_VOCABULARY, (place, token)) if other != token] if most > 1 else []
    rest = [(other, _log(0.99 * (1 - chance) / 2**rank)) for rank, other in enumerate(others[: most - 1], start=1)]
    own = _log(chance)
    return Likelihood(token, own, ((token, own), *rest)[:most])


def _log(chance: float) -> float:
    return round(math.log(chance), 6)
