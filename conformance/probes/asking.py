"""Request bodies that ask a model for something, the same words for every API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.probes.target import placed

if TYPE_CHECKING:
    from conformance.contract.model import Operation
    from conformance.probes.target import Target

SHORT = "Reply with the single word: ok"
LONG = "Count from one to fifty in words, separated by commas."

_MAIN = {"completion": "prompt", "embedding": "input"}


def ask(
    target: Target,
    operation: Operation,
    prompt: str = SHORT,
    *,
    messages: list[dict[str, Any]] | None = None,
    tokens: int | None = None,
    **words: Any,  # noqa: ANN401 - any JSON value
) -> dict[str, Any]:
    """Return the body of a capped request at temperature 0.

    `words` are the profile's words for further fields (`stream`, `top_p`, …); a word that this operation does not have
    is left out, a word given as None too. `tokens` is the cap on output tokens.
    """
    main = _MAIN.get(operation.kind, "messages")
    said: dict[str, Any] = {
        "model": target.embedding_model if operation.kind == "embedding" else target.model,
        main: prompt if main != "messages" else messages or [{"role": "user", "content": prompt}],
        "max_tokens": tokens or target.api.profile.caps.short,
        "temperature": 0,
    }
    if operation.streams == "always":
        said["stream"] = True
    body: dict[str, Any] = {}
    for word, value in (said | words).items():
        if word in operation.request and value is not None:
            placed(body, operation.request[word], value)
    return body
