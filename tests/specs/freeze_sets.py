"""Freezes the requirements of today as dated sets: `python tests/specs/freeze_sets.py 2026-11` writes what is missing.

A set that is there is never written again: what it says is what certificates of its date rest on.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from conformance.contract.load import api_ids, data, load_api
from conformance.contract.model import Level
from conformance.contract.sets import digest

if TYPE_CHECKING:
    from datetime import date

    from conformance.contract.model import Api, Requirement

ERRORS = frozenset({"errors", "robustness"})
ALWAYS = frozenset({"", "models", "health", "status"})
"""Capabilities whose requirements are of the level core; none stands for what is about no capability."""


def levels(api: Api) -> dict[str, list[Requirement]]:
    """Return the requirements of each level that has a must; those of capabilities are named like them."""
    rows = [row for row in api.requirements if not row.excluded]
    found = {
        "core": [row for row in rows if row.group not in ERRORS and row.capability in ALWAYS],
        "streaming": [row for row in rows if row.capability == "streaming"],
        "errors": [row for row in rows if row.group in ERRORS],
    }
    for capability in api.capabilities:
        if capability.name not in {*found, *ALWAYS}:
            found[capability.name] = [row for row in rows if row.capability == capability.name]
    return {name: own for name, own in found.items() if any(row.level is Level.MUST for row in own)}


def written(api: Api, month: str, day: date) -> str:
    """Return the text of a set."""
    lines = [f'id = "{api.id}-{month}"', f'api = "{api.id}"', f"date = {day.isoformat()}", "", "[levels]"]
    for name, rows in levels(api).items():
        lines += [f"{name} = [", *(f'    "{row.id}",' for row in rows), "]"]
    lines += ["", "[digests]   # of what each requirement means: a change of it is a change of the set"]
    lines += [f'"{row.id}" = "{digest(row)}"' for row in api.requirements if not row.excluded]
    return "\n".join(lines) + "\n"


def freeze(month: str) -> None:
    """Write the sets of a month that are not there yet."""
    folder = data("specs") / "sets"
    folder.mkdir(exist_ok=True)
    for name in api_ids():
        path = folder / f"{name}-{month}.toml"
        if not path.exists():
            path.write_text(written(load_api(name), month, datetime.now(UTC).date()), encoding="utf-8")


if __name__ == "__main__":
    freeze(*sys.argv[1:])
