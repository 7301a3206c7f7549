"""The models of the multi-model service, as data."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

_CAPABILITIES = ("text-generation", "conversation")


@dataclass(frozen=True)
class Model:
    """One model; prices are dollars for a thousand tokens, limits are tokens."""

    id: str
    name: str
    provider: str
    window: int
    input_price: Decimal
    output_price: Decimal
    response_ms: int
    degraded: bool = False

    def listed(self, status: str) -> dict[str, Any]:
        """Return the model as `/models` lists it."""
        return {
            "id": self.id,
            "name": self.name,
            "provider": self.provider,
            "type": "text",
            "status": status,
            "capabilities": list(_CAPABILITIES),
            "limits": {"max_tokens": self.window, "context_window": self.window},
            "pricing": {
                "input_per_1k_tokens": float(self.input_price),
                "output_per_1k_tokens": float(self.output_price),
            },
        }

    def cost(self, prompt: int, completion: int) -> tuple[Decimal, Decimal]:
        """Return what tokens cost on the way in and out, in dollars, exactly."""
        return self.input_price * prompt / 1000, self.output_price * completion / 1000


MODELS = (
    Model("gemini-pro", "Google Gemini Pro", "google", 32_768, Decimal("0.0005"), Decimal("0.0015"), 820),
    Model("gpt-4", "OpenAI GPT-4", "openai", 8_192, Decimal("0.03"), Decimal("0.06"), 1250),
    Model("claude-3", "Anthropic Claude 3", "anthropic", 200_000, Decimal("0.003"), Decimal("0.015"), 990),
    Model(
        "mixtral-8x7b",
        "Mixtral 8x7B",
        "mistral",
        32_768,
        Decimal("0.0006"),
        Decimal("0.0006"),
        3400,
        degraded=True,
    ),
    Model("org/model:1", "Organisation Model 1", "local", 4_096, Decimal("0.0001"), Decimal("0.0002"), 410),
)
