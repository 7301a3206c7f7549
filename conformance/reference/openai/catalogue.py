"""The models of a server, found by id or alias."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from conformance.reference.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Model:
    """A served model; `window` is its context window in tokens."""

    id: str
    kind: Literal["chat", "embedding"] = "chat"
    aliases: tuple[str, ...] = ()
    window: int = 60_000


def serving(models: Sequence[Model], name: str, kind: Literal["chat", "embedding"]) -> Model:
    """Return the model of this id or alias.

    Raises:
        Refusal: 404 where there is none, 400 where it is of another kind.
    """
    found = next((model for model in models if name == model.id or name in model.aliases), None)
    if found is None:
        raise Refusal(404, f"The model '{_shown(name)}' does not exist.", "unknown-model", "model")
    if found.kind != kind:
        work = "chat" if kind == "chat" else "embeddings"
        raise Refusal(400, f"The model '{found.id}' is not made for {work}.", "wrong-kind", "model")
    return found


def within(model: Model, tokens: int, name: str = "messages") -> None:
    """Refuse what is longer than the model's context window; `name` is the field that holds it."""
    if tokens > model.window:
        text = f"The model's context window is {model.window} tokens, the request has {tokens}."
        raise Refusal(400, text, "context", name)


def _shown(name: str, most: int = 100) -> str:
    return name if len(name) <= most else name[:most] + "…"
