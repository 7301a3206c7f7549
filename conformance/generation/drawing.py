"""Draws from Hypothesis strategies: the same for the same seed, on any machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import Unsatisfiable
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Drawn = TypeVar("Drawn")

BACKEND = "llm-conformance"


class Secluded(HypothesisProvider):
    """Hypothesis' own way to draw, without the constants of whichever modules happen to be loaded.

    Hypothesis takes constants out of the source of local modules. Which ones are local differs between a checkout and
    an installed wheel, and so would the requests of one seed.
    """

    def _maybe_draw_constant(self, *_: Any, **__: Any) -> None:  # noqa: ANN401 - as in the class above
        return None


AVAILABLE_PROVIDERS[BACKEND] = f"{__name__}.{Secluded.__name__}"


def draw(strategy: SearchStrategy[Drawn], most: int, seed: int) -> list[Drawn]:
    """Return up to so many values of a strategy: fewer where it has no more, none where it has none at all."""
    found: list[Drawn] = []
    if most < 1:
        return found

    @seeded(seed)
    @settings(
        backend=BACKEND,
        max_examples=most,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: Drawn) -> None:
        found.append(value)

    try:
        collect()
    except Unsatisfiable:
        return found[:most]
    return found[:most]
