"""Reads the configuration that the two PUTs of the multi-model service store."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.reference.fields import Fields

_STRATEGY = "round_robin"


def model_settings(request: Fields) -> dict[str, Any]:
    """Return the configuration of a model; what is left out has its default.

    Raises:
        Refusal: 400 naming the field of another type or out of range.
    """
    limit, parameters = request.object("rate_limit"), request.object("parameters")
    enabled = request.flag("enabled")
    found: dict[str, Any] = {"enabled": True if enabled is None else enabled}
    _keep(found, "priority", request.integer("priority", low=0))
    if limit:
        found["rate_limit"] = {
            name: value
            for name in ("requests_per_minute", "tokens_per_minute")
            if (value := limit.integer(name, low=0)) is not None
        }
    if request.present("fallback_models"):
        found["fallback_models"] = _names(request, "fallback_models")
    if parameters:
        chosen: dict[str, Any] = {}
        _keep(chosen, "default_temperature", parameters.number("default_temperature", 0, 2))
        _keep(chosen, "max_tokens", parameters.integer("max_tokens", low=1))
        found["parameters"] = chosen
    return found


def balancing_settings(request: Fields) -> dict[str, Any]:
    """Return the load balancing; what is left out has its default.

    Raises:
        Refusal: 400 naming the field of another type or out of range.
    """
    strategy = request.text("strategy")
    if strategy is not None and not strategy.strip():
        raise request.wrong("strategy", "the name of a strategy")
    found: dict[str, Any] = {"strategy": _STRATEGY if strategy is None else strategy}
    for name in ("health_check_interval", "failure_threshold", "recovery_threshold"):
        _keep(found, name, request.integer(name, low=0))
    weights = request.object("weights")
    if weights:
        found["weights"] = {name: weights.number(name, 0, math.inf) or 0 for name in sorted(weights.all())}
    return found


def _keep(found: dict[str, Any], name: str, value: object) -> None:
    if value is not None:
        found[name] = value


def _names(request: Fields, name: str) -> list[str]:
    said = request.array(name) or []
    if not all(isinstance(each, str) for each in said):
        raise request.wrong(name, "an array of strings")
    return said
