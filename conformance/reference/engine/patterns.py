"""A text that matches a regular expression (the ECMA-262 subset that JSON Schema recommends)."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence

Pick = Callable[[Sequence[str]], str]
"""Chooses one of several texts."""

_WORD = string.ascii_lowercase + string.ascii_uppercase + string.digits + "_"
_PRINTABLE = _WORD + " -.,:;/+*!?#%&()=<>@'\"~|^$[]{}\\`éß中あ한я😀"
_CLASSES = {"d": string.digits, "w": _WORD, "s": " \t\n"}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_MOST_REPEATS = 200
_MOST_ATOMS = 20_000


class PatternError(ValueError):
    """The pattern uses something that is not known here: a look-around, a back reference, a property class."""


class Sampler:
    """Reads a pattern from left to right, writing a text that matches.

    `extra` repeats are made wherever the pattern allows more than it demands.
    """

    def __init__(self, pattern: str, pick: Pick, extra: int = 0) -> None:
        self._pattern = pattern
        self._pick = pick
        self._extra = extra
        self._at = 0
        self._atoms = 0

    def sample(self) -> str:
        """Return a text that the pattern matches.

        Raises:
            PatternError: the pattern is not of the known subset.
        """
        text = self._alternatives()
        if self._at < len(self._pattern):
            raise PatternError(self._pattern)
        return text

    def _alternatives(self) -> str:
        branches = [self._branch()]
        while self._peek() == "|":
            self._at += 1
            branches.append(self._branch())
        return self._pick(branches)

    def _branch(self) -> str:
        made: list[str] = []
        while self._peek() not in {"", "|", ")"}:
            start = self._at
            text = self._atom()
            end = self._at
            least, most = self._quantifier()
            made.append(text)
            if (least, most) != (1, 1):
                made[-1] = self._repeated(start, end, min(most, least + self._extra, _MOST_REPEATS + least))
        return "".join(made)

    def _repeated(self, start: int, end: int, times: int) -> str:
        after = self._at
        texts = []
        for _ in range(times):
            self._at = start
            texts.append(self._atom())
        if self._at != end and times:
            raise PatternError(self._pattern)
        self._at = after
        return "".join(texts)

    def _quantifier(self) -> tuple[int, int]:
        sign = self._peek()
        bounds = {"*": (0, _MOST_REPEATS), "+": (1, _MOST_REPEATS), "?": (0, 1)}.get(sign)
        if bounds:
            self._at += 1
        elif sign == "{" and (counted := self._counts()):
            bounds = counted
        else:
            return 1, 1
        if self._peek() == "?":
            self._at += 1
        if bounds[0] > _MOST_REPEATS:
            raise PatternError(self._pattern)
        return bounds

    def _counts(self) -> tuple[int, int] | None:
        inside, closed, _ = self._pattern[self._at + 1 :].partition("}")
        least, comma, most = inside.partition(",")
        if not closed or not least.isdigit() or not (most.isdigit() or not most) or len(inside) > 12:
            return None
        self._at += len(inside) + 2
        low = int(least)
        return low, int(most) if most else (low + _MOST_REPEATS if comma else low)

    def _atom(self) -> str:
        self._atoms += 1
        if self._atoms > _MOST_ATOMS:  # nested repeats multiply
            raise PatternError(self._pattern)
        sign = self._take()
        if sign in "^$":
            return ""
        if sign == ".":
            return self._pick(_WORD)
        if sign == "(":
            return self._group()
        if sign == "[":
            return self._pick(self._class())
        if sign == "\\":
            return self._escape()
        return sign

    def _group(self) -> str:
        if self._peek() == "?":
            kind = self._pattern[self._at : self._at + 2]
            if kind == "?:":
                self._at += 2
            elif kind == "?<" and self._pattern[self._at + 2 : self._at + 3] not in {"=", "!", ""}:
                self._at = (
                    self._pattern.index(">", self._at) + 1 if ">" in self._pattern[self._at :] else len(self._pattern)
                )
            else:
                raise PatternError(self._pattern)
        text = self._alternatives()
        if self._take() != ")":
            raise PatternError(self._pattern)
        return text

    def _escape(self) -> str:
        options = self._escaped()
        return self._pick(options) if options else ""

    def _escaped(self) -> str:
        """Return the characters that an escape stands for; none for a word boundary."""
        sign = self._take()
        if sign.lower() in _CLASSES:
            known = _CLASSES[sign.lower()]
            return known if sign.islower() else "".join(c for c in _PRINTABLE if c not in known)
        if sign in {"x", "u"}:
            digits = self._pattern[self._at : self._at + (2 if sign == "x" else 4)]
            self._at += len(digits)
            try:
                return chr(int(digits, 16))
            except ValueError:
                raise PatternError(self._pattern) from None
        if sign in "bB":
            return ""
        if sign.isalnum() and sign not in _CONTROLS:
            raise PatternError(self._pattern)
        return _CONTROLS.get(sign, sign)

    def _class(self) -> str:
        negated = self._peek() == "^"
        self._at += negated
        found: set[str] = set()
        while self._peek() != "]":
            found.update(self._member())
        self._at += 1
        chosen = [c for c in _PRINTABLE if (c in found) != negated] or ([] if negated else sorted(found))
        if not chosen:
            raise PatternError(self._pattern)
        return "".join(chosen)

    def _member(self) -> str:
        sign = self._take()
        first = self._escaped() if sign == "\\" else sign
        if self._peek() != "-" or self._pattern[self._at + 1 : self._at + 2] in {"]", ""} or len(first) != 1:
            return first
        self._at += 1
        sign = self._take()
        last = self._escaped() if sign == "\\" else sign
        if len(last) != 1:
            raise PatternError(self._pattern)
        return "".join(map(chr, range(ord(first), min(ord(last), ord(first) + 500) + 1)))

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _take(self) -> str:
        sign = self._peek()
        if not sign:
            raise PatternError(self._pattern)
        self._at += 1
        return sign
