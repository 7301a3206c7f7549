"""Draws each corpus once for all the tests of a process: it is the same each time, which tests of their own show."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from conformance.generation import corpus as drawing
from conformance.generation.effort import QUOTAS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.generation.cases import Corpus
    from conformance.generation.effort import Effort
    from conformance.probes.target import Target

_DRAWN: dict[Any, Corpus] = {}


@contextmanager
def drawn_once() -> Iterator[None]:
    """Let runs share what is drawn of the same operations, for the same quota and seed."""
    drawn = drawing.corpus

    def once(target: Target, effort: Effort, seed: int, source: Any = None) -> Corpus:
        key = target.api.id, *(operation.id for operation in target.operations), QUOTAS[effort], effort, seed
        if key not in _DRAWN:
            _DRAWN[key] = drawn(target, effort, seed, source)
        return _DRAWN[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "corpus", once)
        yield
