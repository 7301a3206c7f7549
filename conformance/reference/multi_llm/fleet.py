"""The state of the models: which are enabled, how they are configured."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from conformance.reference.multi_llm.catalogue import MODELS
from conformance.reference.refusal import Refusal

if TYPE_CHECKING:
    from conformance.reference.multi_llm.catalogue import Model

_RETRY_AFTER = 60


class Fleet:
    """The models with their configuration; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._settings: dict[str, dict[str, Any]] = {}

    def model(self, name: str) -> Model:
        """Return the model of this id.

        Raises:
            Refusal: 404, there is none.
        """
        found = next((model for model in MODELS if model.id == name), None)
        if found is None:
            text = "The requested model does not exist."
            raise Refusal(404, text, "unknown-model", "model", details={"model": name[:100]})
        return found

    def available(self, name: str) -> Model:
        """Return the model of this id if it may be used.

        Raises:
            Refusal: 404, there is none; 503, it is disabled.
        """
        model = self.model(name)
        if self.status(model) != "available":
            raise Refusal(
                503,
                "The requested model is currently unavailable.",
                "unavailable",
                headers={"Retry-After": str(_RETRY_AFTER)},
                details={"model": name, "reason": "disabled", "retry_after": _RETRY_AFTER},
            )
        return model

    def status(self, model: Model) -> str:
        """Return `available` or `unavailable`."""
        return "available" if self.settings(model).get("enabled", True) else "unavailable"

    def health(self, model: Model) -> str:
        """Return `healthy`, `degraded` or `unavailable`."""
        if self.status(model) != "available":
            return "unavailable"
        return "degraded" if model.degraded else "healthy"

    def settings(self, model: Model) -> dict[str, Any]:
        """Return the stored configuration of a model; empty where none was stored."""
        with self._lock:
            return self._settings.get(model.id, {})

    def configure(self, model: Model, settings: dict[str, Any]) -> None:
        """Replace the configuration of a model."""
        with self._lock:
            self._settings[model.id] = settings

    def counts(self) -> dict[str, int]:
        """Return how many models are available, healthy, degraded and unavailable."""
        states = [self.health(model) for model in MODELS]
        found = {state: states.count(state) for state in ("healthy", "degraded", "unavailable")}
        return {"available": found["healthy"] + found["degraded"], **found}
