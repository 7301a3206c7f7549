"""The words of an answer: what was asked literally, else a believable text in the language of the prompt."""

from __future__ import annotations

import re

from conformance.reference.engine.choice import digest, shuffled
from conformance.reference.engine.instructions import followed
from conformance.reference.engine.languages import language_of
from conformance.reference.engine.phrases import STOCK

_TOPIC_CHARACTERS = 40


def answer_text(prompt: str, key: object) -> str:
    """Return the answer to a prompt; `key` decides between equally good wordings."""
    said = printable(prompt)
    literal = followed(said)
    return literal if literal is not None else _composed(said, key)


def printable(text: str) -> str:
    """Return a text without what no model writes: lone surrogates, NUL, control characters but tab and line ends."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]", "", text)


def _composed(prompt: str, key: object) -> str:
    stock = STOCK[language_of(prompt)]
    about = [stock.about.format(topic=_topic(prompt))] if _topic(prompt) else []
    sentences = shuffled(stock.sentences, key)[: 3 + digest(key, "length") % 3]
    return stock.gap.join([stock.opening, *about, *sentences])


def _topic(prompt: str) -> str:
    """Return the first few words of the prompt, never breaking a word that has spaces around it."""
    line = " ".join(prompt[:400].split()).strip(' .?!？。！"“”«»')
    if len(line) <= _TOPIC_CHARACTERS:
        return line
    head = line[:_TOPIC_CHARACTERS]
    return (head.rpartition(" ")[0] or head).rstrip(",;:") + "…"
