"""Probes of whole chat answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.probes.asking import ask
from conformance.probes.registry import probe

if TYPE_CHECKING:
    from conformance.probes.call import Calls
    from conformance.probes.target import Target


@probe()
def chat_plain(target: Target) -> Calls:
    """Asks twice for one word."""
    for operation in target.of_kind("chat"):
        if operation.streams != "always":
            yield target.call(operation, ask(target, operation))
            yield target.call(operation, ask(target, operation))
