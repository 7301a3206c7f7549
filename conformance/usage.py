"""What a user may name, or one clear line that says what is wrong with it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from conformance.contract.load import api_ids, load_api

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


def groups(optional: Iterable[str], apis: Sequence[Api]) -> frozenset[str]:
    """Return the names of the optional groups that are turned on.

    Raises:
        UsageTrouble: one of them is not known.
    """
    known = {
        f"{api.id}:{operation.optional}" for api in apis for operation in api.operations if operation.optional
    }
    for name in optional:
        if name not in known:
            there = ", ".join(sorted(known)) or "none here"
            raise UsageTrouble(f"unknown optional group {name!r}: there is {there}")
    return frozenset(name.partition(":")[2] for name in optional)
