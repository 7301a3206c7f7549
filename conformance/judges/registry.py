"""The catalogue of judges: the words that a requirement row may write after `judge =`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from conformance.judges.outcome import Outcome

if TYPE_CHECKING:
    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence

Judge = Callable[["Requirement", "Evidence"], Iterator[Outcome]]

_catalogue: dict[str, Judge] = {}


def judge(function: Judge) -> Judge:
    """Register a generator function as a judge under its own name."""
    if function.__name__ in _catalogue:
        raise ValueError(f"two judges are called {function.__name__}")
    _catalogue[function.__name__] = function
    return function


@cache
def catalogue() -> dict[str, Judge]:
    """Return every judge by name; reads the modules of this package once."""
    package = import_module(__package__ or "")
    for module in iter_modules(package.__path__):
        import_module(f"{__package__}.{module.name}")
    return dict(sorted(_catalogue.items()))
