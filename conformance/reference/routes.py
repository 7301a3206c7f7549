"""The paths of an API: base paths, operations, and what a request path means under them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Mapping


def _matcher(template: str, rest: str = "") -> re.Pattern[str]:
    """Return the pattern of a path template; `{name:path}` takes the rest of the path, slashes included."""
    parts = re.split(r"\{(\w+(?::path)?)\}", template)
    regex = "".join(_parameter(part) if i % 2 else re.escape(part) for i, part in enumerate(parts))
    return re.compile(regex + rest)


def _parameter(part: str) -> str:
    name, _, kind = part.partition(":")
    return f"(?P<{name}>{'.+' if kind else '[^/]+'})"


@dataclass(frozen=True)
class Routes:
    """The base paths of an API, the preferred one first, and its operations by method and path template."""

    bases: tuple[str, ...]
    operations: Mapping[tuple[str, str], str]

    @cached_property
    def _bases(self) -> tuple[re.Pattern[str], ...]:
        return tuple(_matcher(base, r"(?P<below>/.*)?") for base in self.bases)

    @cached_property
    def _paths(self) -> tuple[tuple[str, re.Pattern[str], str], ...]:
        return tuple((method, _matcher(path), name) for (method, path), name in self.operations.items())

    def below(self, path: str) -> tuple[str, dict[str, str]] | None:
        """Return what of a raw path lies below a base path, with that one's parameters; None if it is elsewhere."""
        for base in self._bases:
            if found := base.fullmatch(path):
                parameters = {
                    name: unquote(value) for name, value in found.groupdict().items() if name != "below" and value
                }
                return found.group("below") or "", parameters
        return None

    def operation(self, method: str, path: str) -> tuple[str, dict[str, str]]:
        """Return the operation and the decoded parameters of a path below the base; an empty name if there is none.

        HEAD is answered as GET (RFC 9110 § 9.3.2).
        """
        wanted = "GET" if method == "HEAD" else method
        for known, pattern, name in self._paths:
            if known == wanted and (found := pattern.fullmatch(path)):
                return name, {key: unquote(value) for key, value in found.groupdict().items()}
        return "", {}

    def methods(self, path: str) -> tuple[str, ...]:
        """Return the methods that a path below the base takes, sorted; none for an unknown path."""
        found = {method for method, pattern, _ in self._paths if pattern.fullmatch(path)}
        if not found:
            return ()
        return tuple(sorted(found | {"OPTIONS"} | ({"HEAD"} if "GET" in found else set())))
