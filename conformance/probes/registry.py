"""The catalogue of probes: what each is called, what it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from conformance.probes.call import Calls

if TYPE_CHECKING:
    from conformance.probes.target import Target

Start = Callable[["Target"], Calls]


@dataclass(frozen=True)
class Probe:
    """A named sequence of calls.

    It yields the same calls whatever comes back, so that they can be counted beforehand; `polls` is how many more it
    may send while it waits for an effect.
    """

    name: str
    sentence: str
    start: Start
    polls: int = 0


_catalogue: dict[str, Probe] = {}


def probe(*, polls: int = 0) -> Callable[[Start], Start]:
    """Register a generator function as a probe; its name with dashes is the probe's, its docstring the sentence."""

    def register(start: Start) -> Start:
        name = start.__name__.replace("_", "-")
        if name in _catalogue:
            raise ValueError(f"two probes are called {name}")
        _catalogue[name] = Probe(name, (start.__doc__ or "").strip().partition("\n")[0], start, polls)
        return start

    return register


@cache
def catalogue() -> dict[str, Probe]:
    """Return every probe by name; reads the modules of this package once."""
    package = import_module(__package__ or "")
    for module in iter_modules(package.__path__):
        import_module(f"{__package__}.{module.name}")
    return dict(sorted(_catalogue.items()))
