"""Tells which models the configuration requests of a recording may have made unusable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.exchange.model import NO_SUCH_MODEL
from conformance.judges.values import at

if TYPE_CHECKING:
    from conformance.judges.evidence import Evidence
    from conformance.judges.reading import Reading


def configured_model(reading: Reading) -> str:
    """Return the model that a request configures; empty where it configures none."""
    operation = reading.operation
    if operation is None or operation.effect != "configure":
        return ""
    name = next(iter(reading.path_parameters.values()), "")
    return "" if name == NO_SUCH_MODEL else name


def unsettled_models(evidence: Evidence) -> frozenset[str]:
    """Return the models that were, at some time, configured by a request that was not refused and did not enable them.

    Another probe may have met them disabled, so that they refused elsewhere tells nothing.
    """
    return frozenset(
        name
        for reading in evidence.readings
        if (name := configured_model(reading)) and not reading.refused and at(reading.sent, "/enabled") is not True
    )


def later(reading: Reading, other: Reading) -> bool:
    """Tell whether a request was sent after another exchange had ended."""
    return reading.exchange.started >= other.exchange.started + other.exchange.seconds
