"""Probes of embeddings in the forms that OpenAI's reference allows beside the plainest one."""

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

_TEXT = "Bread is baked from flour."
"""The text that `embeddings-plain` asks for alone, too."""
MANY = 33
"""One more than the smallest common limits of a batch: 10, 16, 32."""
_PLACE = 7
"""Where among them that text stands."""
_TOKENS = [[104, 105, 106], [207, 208]]
"""Numbers that are tokens of any model."""
_FEWER = 64
"""Numbers in a shortened vector, fewer than any model's."""
_USUAL = 768
"""Numbers in a vector of unknown length."""
_LONG = 2_500
"""Words of a long text: more tokens than 512, 1024 or 2048."""
_TAILS = ("The engine of the old ship broke down. ", "A baker kneads dough before sunrise. ")
_TAIL = 12
"""How often the end of a long text is repeated."""


def _embedding(target: Target, word: str) -> list[Operation]:
    return [operation for operation in target.of_kind("embedding") if word in operation.request]


@probe()
def embeddings_forms(target: Target) -> Calls:
    """Asks for the vectors of tokens, of many texts, and of none."""
    many = [f"Sentence {number} tells of {number} apples." for number in range(1, MANY)]
    many.insert(_PLACE, _TEXT)
    for operation in _embedding(target, "encoding_format"):
        for said in (_TOKENS, many, []):
            yield target.call(operation, ask(target, operation, input=said))


@probe()
def embeddings_lengths(target: Target) -> Calls:
    """Asks for a vector in base64, then for one of the same length, then for a shorter one."""
    for operation in _embedding(target, "encoding_format"):
        coded = yield target.call(operation, ask(target, operation, _TEXT, encoding_format="base64"))
        if "dimensions" in operation.request:
            for length in (_length(coded), _FEWER):
                yield target.call(operation, ask(target, operation, _TEXT, dimensions=length))


def _length(exchange: Exchange) -> int:
    """Return how many numbers the first vector of an answer has; four bytes each where it is in base64."""
    said = jsontext.parse(exchange.response.body) if exchange.response else None
    vector = pointed(said.value, "/data/0/embedding") if said and said.ok else None
    if isinstance(vector, str):
        return len(vector.rstrip("=")) * 3 // 16 or _USUAL
    return len(vector) if isinstance(vector, list) and vector else _USUAL


@probe()
def embeddings_long(target: Target) -> Calls:
    """Asks for the vectors of two long texts that differ at the end."""
    body = " ".join(f"river{number % 97}" if number % 5 == 0 else "and so on" for number in range(_LONG // 2))
    for operation in _embedding(target, "encoding_format"):
        yield target.call(operation, ask(target, operation, input=[f"{body}. {tail * _TAIL}" for tail in _TAILS]))
