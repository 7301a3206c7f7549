"""Probes of text completions with the options that only they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.exchange import jsontext
from conformance.probes.asking import ask
from conformance.probes.registry import probe
from conformance.probes.target import pointed

if TYPE_CHECKING:
    from conformance.contract.model import Operation
    from conformance.exchange.model import Exchange
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

PROMPTS = ("The capital of France is", "Water boils at a temperature of")
_FEW = 4
"""Output tokens where the answer's words do not matter."""
_STREAMED = 12
"""Output tokens of a stream that is to have some chunks."""
_ALTERNATIVES = 2


def _completing(target: Target, *words: str) -> list[Operation]:
    return [operation for operation in target.of_kind("completion") if {"prompt", *words} <= set(operation.request)]


@probe()
def completions_choices(target: Target) -> Calls:
    """Goes on with two prompts at once, then twice with one prompt."""
    for operation in _completing(target, "n"):
        yield target.call(operation, ask(target, operation, tokens=_FEW) | {"prompt": list(PROMPTS)})
        yield target.call(operation, ask(target, operation, PROMPTS[0], tokens=_FEW, n=2, temperature=1))


@probe()
def completions_logprobs(target: Target) -> Calls:
    """Asks for prompts and log probabilities beside the answer, then for a stream, with them if they were given."""
    for operation in _completing(target, "logprobs", "echo"):
        body = ask(target, operation, tokens=_FEW, echo=True, logprobs=_ALTERNATIVES)
        several = yield target.call(operation, body | {"prompt": list(PROMPTS)})
        asked = _ALTERNATIVES if _given(several) else None
        options = {"include_usage": True}
        yield target.call(
            operation,
            ask(target, operation, PROMPTS[0], tokens=_STREAMED, stream=True, stream_options=options, logprobs=asked),
        )


def _given(exchange: Exchange) -> bool:
    """Tell whether an answer has log probabilities in its first choice."""
    said = jsontext.parse(exchange.response.body) if exchange.response and exchange.status == 200 else None
    return bool(said and said.ok and pointed(said.value, "/choices/0/logprobs"))
