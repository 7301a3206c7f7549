"""Writes log probabilities: as chat has them, or as the four parallel arrays of text completions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.engine.probabilities import likelihood

if TYPE_CHECKING:
    from collections.abc import Sequence


def of_chat(pieces: Sequence[str], alternatives: int, first: int = 0) -> dict[str, Any]:
    """Return the `logprobs` of a chat choice for these tokens; `first` is the place of the first one."""
    found = [likelihood(piece, place, alternatives) for place, piece in enumerate(pieces, start=first)]
    entries = [
        _entry(each.token, each.logprob) | {"top_logprobs": [_entry(*other) for other in each.alternatives]}
        for each in found
    ]
    return {"content": entries, "refusal": None}


def _entry(token: str, logprob: float) -> dict[str, Any]:
    return {"token": token, "logprob": logprob, "bytes": list(token.encode("utf-8", "surrogatepass"))}


def of_completion(
    pieces: Sequence[str], alternatives: int, *, first: int = 0, offset: int = 0, opens: bool = False
) -> dict[str, Any]:
    """Return the `logprobs` of a text completion for these tokens.

    `first` is the place of the first one, `offset` where it begins (characters). `opens` says that nothing stands
    before it, so that it has no probability.
    """
    found = [likelihood(piece, place, alternatives) for place, piece in enumerate(pieces, start=first)]
    chances: list[float | None] = [each.logprob for each in found]
    others: list[dict[str, float] | None] = [dict(each.alternatives) for each in found]
    if opens and found:
        chances[0] = others[0] = None
    offsets = _starts(pieces, offset)
    return {"tokens": list(pieces), "token_logprobs": chances, "top_logprobs": others, "text_offset": offsets}


def _starts(pieces: Sequence[str], offset: int) -> list[int]:
    starts = []
    for piece in pieces:
        starts.append(offset)
        offset += len(piece)
    return starts
