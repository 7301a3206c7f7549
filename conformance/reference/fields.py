"""Reads the fields of a JSON object strictly: a wrong type or range is refused, null counts as absent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from conformance.reference.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping


class Fields:
    """The fields of one JSON object; `where` is the path to it, for messages."""

    def __init__(self, said: Mapping[str, Any], where: str = "") -> None:
        self._said = said
        self._where = where

    def path(self, name: str) -> str:
        """Return the full name of a field."""
        return f"{self._where}.{name}" if self._where else name

    def all(self) -> dict[str, Any]:
        """Return the whole object."""
        return dict(self._said)

    def present(self, name: str) -> bool:
        """Tell whether the field is there with a value other than null."""
        return self._said.get(name) is not None

    def value(self, name: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return the field's value as it is; None where it is absent."""
        return self._said.get(name)

    def required(self, name: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return the field's value, refusing the request where it is absent."""
        if not self.present(name):
            raise Refusal(400, f"The field '{self.path(name)}' is required.", "missing", self.path(name))
        return self._said[name]

    def text(self, name: str) -> str | None:
        """Return a string, or None."""
        found: str | None = self._typed(name, str, "a string")
        return found

    def flag(self, name: str) -> bool | None:
        """Return a boolean, or None."""
        found: bool | None = self._typed(name, bool, "a boolean")
        return found

    def array(self, name: str) -> list[Any] | None:
        """Return an array, or None."""
        found: list[Any] | None = self._typed(name, list, "an array")
        return found

    def object(self, name: str) -> Fields | None:
        """Return the fields of an object, or None."""
        found = self._typed(name, dict, "an object")
        return None if found is None else Fields(found, self.path(name))

    def number(self, name: str, low: float = -math.inf, high: float = math.inf) -> float | None:
        """Return a number from low to high, or None."""
        said = self.value(name)
        if said is None:
            return None
        if isinstance(said, bool) or not isinstance(said, int | float):
            raise self.wrong(name, "a number")
        if not low <= said <= high or (isinstance(said, float) and not math.isfinite(said)):
            raise self.wrong(name, f"a number from {low:g} to {high:g}")
        return said

    def integer(self, name: str, low: float = -math.inf, high: float = math.inf) -> int | None:
        """Return an integer from low to high, or None; 6.0 is an integer (JSON Schema 2020-12, § 4.2.3)."""
        said = self.value(name)
        if said is None:
            return None
        if isinstance(said, float) and said.is_integer():
            said = int(said)
        if isinstance(said, bool) or not isinstance(said, int):
            raise self.wrong(name, "an integer")
        if not low <= said <= high:
            raise self.wrong(name, f"an integer from {low:g} to {high:g}")
        return said

    def wrong(self, name: str, expected: str) -> Refusal:
        """Return the refusal of a field that is not what it must be."""
        return Refusal(400, f"The field '{self.path(name)}' must be {expected}.", "wrong-type", self.path(name))

    def _typed(self, name: str, kind: type, words: str) -> Any:  # noqa: ANN401 - the caller names the type
        said = self.value(name)
        if said is not None and not isinstance(said, kind):
            raise self.wrong(name, words)
        return said
