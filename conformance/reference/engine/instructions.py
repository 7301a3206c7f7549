"""Instructions that a model follows to the letter: repeat this, count so far, answer with one word."""

from __future__ import annotations

import re

from conformance.reference.engine import numerals

_NUMBER = r"(\d+|[a-z]+(?:-[a-z]+)?(?: hundred)?(?: and [a-z]+(?:-[a-z]+)?)?)"
_COUNT = re.compile(rf"\bcount\s+(?:\w+\s+)?from\s+{_NUMBER}\s+(?:up\s+)?to\s+{_NUMBER}\b", re.IGNORECASE)
_COUNT_TO = re.compile(rf"\bcount\s+(?:up\s+)?to\s+{_NUMBER}\b", re.IGNORECASE)
_LONGEST = 2000
"""Characters of a prompt in which an instruction is looked for."""

_ECHO = re.compile(
    r"\b(?:repeat|echo|copy|say|reply|respond|answer|output|print|return|write"
    r"|wiederhole|antworte|schreibe|répète|répétez|réponds|repite|repita|responde)\b"
    r"[^:：\n]{0,80}?(?:exactly|verbatim|word|words|text|following|sentence|after me|with|only|only with|this|back"
    r"|genau|wörtlich|wort|mit|exactement|mot|texte|avec|exactamente|palabra|texto|con)\b[^:：\n]{0,40}[:：]",
    re.IGNORECASE,
)
_ECHO_CJK = re.compile(r"(?:重复|重複|復唱|复述|繰り返|반복|따라)[^:：\n]{0,40}[:：]")
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "「": "」", "`": "`"}


def followed(prompt: str) -> str | None:
    """Return what a prompt asks to be answered literally, or None where it leaves the words to the model."""
    beginning = prompt[:_LONGEST]
    for pattern in (_ECHO, _ECHO_CJK):
        found = pattern.search(beginning)
        if found and (rest := prompt[found.end() :].strip()):
            return _unquoted(rest)
    return _counted(beginning)


def _unquoted(text: str) -> str:
    closing = _QUOTES.get(text[:1])
    if closing and len(text) > 2 and text.endswith(closing) and closing not in text[1:-1]:
        return text[1:-1]
    return text


def _counted(prompt: str) -> str | None:
    if found := _COUNT.search(prompt):
        bounds = found.groups()
    elif found := _COUNT_TO.search(prompt):
        bounds = ("1" if found.group(1).isdigit() else "one", found.group(1))
    else:
        return None
    first, last = (_bound(each) for each in bounds)
    if first is None or last is None:
        return None
    in_words = not bounds[1].isdigit() or re.search(r"\bin words\b", prompt, re.IGNORECASE) is not None
    steps = range(first, last + 1) if first <= last else range(first, last - 1, -1)
    return ", ".join(numerals.spelt(n) if in_words else str(n) for n in steps)


def _bound(words: str) -> int | None:
    """Read a bound; the pattern may have caught a word too many (`ten and stop`)."""
    parts = words.split()
    readings = (numerals.read(" ".join(parts[:length])) for length in range(len(parts), 0, -1))
    return next((number for number in readings if number is not None), None)
