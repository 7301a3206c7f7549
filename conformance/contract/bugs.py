"""The known bug classes, and what the suite makes of each."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from conformance.contract.load import SpecError, data

if TYPE_CHECKING:
    from pathlib import Path

Disposition = Literal["judged", "noted", "not-applicable", "not-observable"]


@dataclass(frozen=True)
class Bug:
    """One known way in which LLM HTTP APIs break their clients.

    `rows` are the requirements that find it; `reason` says why none does. `issues` are URLs of public reports.
    """

    slug: str
    severity: str
    disposition: Disposition
    rows: tuple[str, ...] = ()
    reason: str = ""
    issues: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """The first word of the slug."""
        return self.slug.partition("-")[0]


def _bug(entry: dict[str, Any]) -> Bug:
    return Bug(**entry | {name: tuple(entry.get(name, ())) for name in ("rows", "issues")})


@cache
def bugs(specs: Path | None = None) -> dict[str, Bug]:
    """Return every known bug class by its slug.

    Raises:
        SpecError: a file cannot be read, or a slug occurs twice.
    """
    found: dict[str, Bug] = {}
    for path in sorted(((specs or data("specs")) / "bugs").glob("*.toml")):
        try:
            entries = tomllib.loads(path.read_text(encoding="utf-8"))["bug"]
            read = [_bug(entry) for entry in entries]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SpecError(f"{path}: {error}") from error
        if twice := next((bug.slug for bug in read if bug.slug in found), ""):
            raise SpecError(f"{path}: {twice} occurs twice")
        found |= {bug.slug: bug for bug in read}
    return found
