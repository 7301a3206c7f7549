"""Makes text from the wire harmless to show."""

from __future__ import annotations

from unicodedata import category

_UNSHOWABLE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def is_showable(char: str) -> bool:
    """Tell whether a character is neither acted on by a terminal or browser nor invisible."""
    return char.isprintable() or category(char) not in _UNSHOWABLE


def visible(text: str, *, keep: str = "", most: int | None = None) -> str:
    r"""Return the text with control, format and unassigned characters as escapes such as `\x1b`.

    Those in `keep` stay. Of a text longer than `most` characters, the first ones are shown, with how many more
    there are.
    """
    left = "" if most is None or len(text) <= most else f"… ({len(text) - most} more characters)"
    shown = text if most is None else text[:most]
    return "".join(c if c in keep or is_showable(c) else _escape(c) for c in shown) + left


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode()
