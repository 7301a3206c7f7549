"""Takes members of HAR entries, of whatever type they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.exchange.model import Headers


def headers_in(said: Mapping[str, Any]) -> Headers:
    """Return the header fields of a message, without the pseudo fields of HTTP/2."""
    fields = ((string_in(f.get("name")), string_in(f.get("value"))) for f in objects_in(said.get("headers")))
    return tuple((name, value) for name, value in fields if name and not name.startswith(":"))


def object_in(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a member that is an object, else an empty one."""
    found = holder.get(name)
    return found if isinstance(found, dict) else {}


def objects_in(found: object) -> list[Mapping[str, Any]]:
    """Return the objects of an array."""
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def string_in(found: object) -> str:
    """Return a string, empty where it is none."""
    return found if isinstance(found, str) else ""


def number_in(found: object) -> float:
    """Return a time that makes sense, else 0: HAR writes -1 where it knows none."""
    good = isinstance(found, int | float) and not isinstance(found, bool) and 0 <= found < 1e12
    return float(found) if good else 0.0  # type: ignore[arg-type] # `good` says that it is a number


def whole_in(found: object) -> int:
    """Return an integer, 0 where it is none."""
    return found if isinstance(found, int) and not isinstance(found, bool) else 0
