"""What a user may name, or one clear line that says what is wrong with it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.contract.load import api_ids, load_api
from conformance.generation.effort import Effort

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from conformance.contract.model import Api


class UsageTrouble(Exception):  # noqa: N818 - the user's to mend, in one line
    """What the user asked for cannot be done; the message says why and what to do."""


def known_api(name: str) -> Api:
    """Return the API of this id.

    Raises:
        UsageTrouble: there is none.
    """
    ids = api_ids()
    if name not in ids:
        near = get_close_matches(name, ids, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(ids)}"
        raise UsageTrouble(f"unknown api {name!r}: {hint}")
    return load_api(name)


def effort_called(name: str) -> Effort:
    """Return the effort of this name.

    Raises:
        UsageTrouble: there is none.
    """
    if name not in set(Effort):
        raise UsageTrouble(f"unknown effort {name!r}: there are {', '.join(Effort)}")
    return Effort(name)


def base_url(text: str) -> str:
    """Return a base URL without its trailing slashes.

    Raises:
        UsageTrouble: the text is none.
    """
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise UsageTrouble(f"{text!r} is no URL: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageTrouble(f"{text!r} is no base URL: it begins with http:// or https:// and has a host")
    if " " in text or not text.isprintable():
        raise UsageTrouble(f"{text!r} is no base URL: it has spaces or control characters")
    if parts.username is not None or "?" in text or "#" in text:
        raise UsageTrouble("a base URL has no user, query or fragment; the key comes from --api-key-env")
    return text.rstrip("/")


def sendable(key: str, origin: str) -> str:
    """Return a key that can stand in a header; `origin` says where it is from.

    Raises:
        UsageTrouble: it cannot.
    """
    if not key or not key.isascii() or not key.isprintable() or key != key.strip():
        raise UsageTrouble(
            f"the key from {origin} cannot stand in a header: it is empty or has other than printable ASCII"
        )
    return key


def groups(optional: Iterable[str], apis: Sequence[Api]) -> frozenset[str]:
    """Return the names of the optional groups that are turned on.

    Raises:
        UsageTrouble: one of them is not known.
    """
    known = {f"{api.id}:{operation.optional}" for api in apis for operation in api.operations if operation.optional}
    for name in optional:
        if name not in known:
            there = ", ".join(sorted(known)) or "none here"
            raise UsageTrouble(f"unknown optional group {name!r}: there is {there}")
    return frozenset(name.partition(":")[2] for name in optional)
