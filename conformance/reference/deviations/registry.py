"""The catalogue of deviations: what each is called, what it does, which requirements it breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from conformance.reference.answer import Answer, Incoming, Respond

if TYPE_CHECKING:
    from collections.abc import Iterable

Bend = Callable[[Incoming, Respond], Answer]

OPENAI_LIKE = ("cloud-temple", "genos", "neuroflash", "openai")
ALL_APIS = (*OPENAI_LIKE, "multi-llm")
OPENAI = ("openai",)


@dataclass
class Deviation:
    """One deviation of the reference server.

    `breaks` says for each API which requirements it breaks at their own level, `bends` which ones it breaks only in a
    part that is weaker than the requirement's level (a must row then has the verdict warn). `bugs` are the known bug
    classes that it is an instance of. `raw` says that only a server that writes the wire itself can make it.
    `generated` says that only generated traffic shows it: no fixed probe sends what it is wrong about.
    """

    name: str
    sentence: str
    bend: Bend
    breaks: dict[str, set[str]] = field(default_factory=dict)
    bends: dict[str, set[str]] = field(default_factory=dict)
    bugs: set[str] = field(default_factory=set)
    raw: bool = False
    generated: bool = False

    @property
    def apis(self) -> tuple[str, ...]:
        """The APIs that it is a deviation of."""
        return tuple(sorted({*self.breaks, *self.bends}))

    def wrap(self, respond: Respond) -> Respond:
        """Return a server that answers as `respond` does, but for this deviation."""
        return lambda incoming: self.bend(incoming, respond)


_catalogue: dict[str, Deviation] = {}


def breaks(
    *requirements: str,
    apis: tuple[str, ...],
    weakly: bool = False,
    bugs: tuple[str, ...] = (),
    raw: bool = False,
    generated: bool = False,
) -> Callable[[Bend], Bend]:
    """Register a function as a deviation that breaks these requirements of these APIs; may be stacked.

    The function's name (dashes for underscores) is the deviation's, its docstring's first line the sentence. `weakly`
    says that only a part which is weaker than the requirement's own level is broken. `bugs` are slugs of `specs/bugs/`.
    `raw` says that the answer is given a `wire`, `generated` that only generated traffic shows it.
    """

    def register(bend: Bend) -> Bend:
        name = bend.__name__.replace("_", "-")
        sentence = (bend.__doc__ or "").strip().partition("\n")[0]
        known = _catalogue.setdefault(name, Deviation(name, sentence, bend))
        if known.bend is not bend:
            raise ValueError(f"two deviations are called {name}")
        known.bugs.update(bugs)
        known.raw = known.raw or raw
        known.generated = known.generated or generated
        for api in apis:
            (known.bends if weakly else known.breaks).setdefault(api, set()).update(requirements)
        return bend

    return register


@cache
def catalogue() -> dict[str, Deviation]:
    """Return every deviation by name; reads the modules of this package once."""
    package = import_module(__package__ or "")
    for module in iter_modules(package.__path__):
        import_module(f"{__package__}.{module.name}")
    return dict(sorted(_catalogue.items()))


def concern(deviations: Iterable[str], apis: Iterable[str]) -> None:
    """Find out whether each deviation concerns an API that is served: another would change nothing.

    Raises:
        ValueError: one does not.
    """
    served = set(apis)
    for name in deviations:
        deviation = catalogue().get(name)
        if deviation and not served & set(deviation.apis):
            raise ValueError(f"the deviation {name!r} concerns only {', '.join(deviation.apis)}")
