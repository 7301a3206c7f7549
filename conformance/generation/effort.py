"""How much generated traffic a run sends beside its fixed probes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

EFFORT_ENV = "LLM_CONFORMANCE_EFFORT"
"""The environment variable that names the effort where no option does."""


class Effort(StrEnum):
    """How thorough a run is."""

    SMOKE = "smoke"
    """The fixed probes only."""
    STANDARD = "standard"
    """Also generated requests: what a gate can afford at each change."""
    THOROUGH = "thorough"
    """Many generated requests: what a release or a certificate is worth."""


@dataclass(frozen=True)
class Quota:
    """The most that is drawn for one operation: valid requests, invalid ones, sequences.

    `shrinking` is the most requests that one failing case may cost until it is small, `shrunk` how many failing cases
    of a run are made small.
    """

    valid: int = 0
    invalid: int = 0
    sequences: int = 0
    shrinking: int = 0
    shrunk: int = 0


QUOTAS = {
    Effort.SMOKE: Quota(),
    Effort.STANDARD: Quota(valid=96, invalid=60, sequences=6, shrinking=24, shrunk=12),
    Effort.THOROUGH: Quota(valid=200, invalid=160, sequences=24, shrinking=48, shrunk=24),
}
