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
    """Return the body of a capped request at temperature 0, in the words that the model in use takes.

    `words` are the profile's words for further fields (`stream`, `top_p`, …); a word that this operation does not have
    is left out, a word given as None too. `tokens` is the cap on output tokens, to which a model that thinks is given
    more.
    """
    main = _MAIN.get(operation.kind, "messages")
    said: dict[str, Any] = {
        "model": target.embedding_model if operation.kind == "embedding" else target.model,
        main: prompt if main != "messages" else messages or [{"role": "user", "content": prompt}],
        "max_tokens": tokens or target.api.profile.caps.short,
        "temperature": 0,
    }
    if operation.kind == "chat" and not target.cool:
        del said["temperature"]
    if operation.streams == "always":
        said["stream"] = True
    body: dict[str, Any] = {}
    for word, value in _capped(target, operation, said | words).items():
        if word in operation.request and value is not None:
            placed(body, operation.request[word], value)
    return body


def _capped(target: Target, operation: Operation, said: dict[str, Any]) -> dict[str, Any]:
    """Return the words of a request with the cap under the word that is taken, unless both words are said."""
    word, cap = target.cap_of(operation), said["max_tokens"]
    if isinstance(cap, int):
        cap = target.room(operation, cap)
    renamed = {word if name == "max_tokens" else name: value for name, value in said.items()}
    return renamed | {word: said[word] if word in said and word != "max_tokens" else cap}
