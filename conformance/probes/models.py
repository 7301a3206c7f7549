"""Probes of the list of models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.probes.asking import ask
from conformance.probes.registry import probe

if TYPE_CHECKING:
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

MOST_MODELS = 5
"""Models that are asked at most: each request costs tokens."""
_MOST_ALIASES = 2


@probe()
def chat_each_model(target: Target) -> Calls:
    """Lists the models, and asks each of the first five for one word."""
    if target.api.profile.models.operation:
        yield target.call(target.api.operation(target.api.profile.models.operation))
    for operation in target.of_kind("chat"):
        for name in target.models[:MOST_MODELS]:
            yield target.call(operation, ask(target, operation, model=name))


@probe()
def chat_by_alias(target: Target) -> Calls:
    """Asks a model for one word by its other names."""
    for operation in target.of_kind("chat"):
        for name in target.aliases[:_MOST_ALIASES]:
            yield target.call(operation, ask(target, operation, model=name))
