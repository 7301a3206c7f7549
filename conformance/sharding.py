"""Splits a run into shards that are sent apart and merged again."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.report import Verdict
from conformance.usage import UsageTrouble

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from conformance.report import Result

_MOST = 256


@dataclass(frozen=True)
class Shard:
    """One part of a run: its number, from 1, and how many there are."""

    index: int
    of: int

    def __str__(self) -> str:
        return f"{self.index}/{self.of}"

    def has(self, text: str) -> bool:
        """Tell whether what is called so is of this shard: by its digest, so that it stays where it is."""
        digest = hashlib.sha256(text.encode(errors="surrogatepass")).digest()
        return int.from_bytes(digest[:8]) % self.of == self.index - 1


def shard_called(text: str) -> Shard:
    """Return the shard that is written i/n.

    Raises:
        UsageTrouble: it is none.
    """
    found = re.fullmatch(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})", text.strip(), re.ASCII)
    if not found or not (index := int(found[1])) <= (of := int(found[2])) <= _MOST:
        raise UsageTrouble(f"{text!r} is no shard: it is written i/n, from 1/n to n/n, with at most {_MOST} of them")
    return Shard(index, of)


def split(shown_by: Mapping[str, Collection[str]], costs: Mapping[str, float], of: int) -> list[frozenset[str]]:
    """Split requirements into so many shards, each with all of its probes in one place, at about the same cost.

    `shown_by` are the probes of each requirement, `costs` those of each probe. Requirements that the same probes show
    stay together; the dearest are given away first, each to where the shard is the cheapest with them.
    """
    together: dict[frozenset[str], list[str]] = {}
    for row, probes in shown_by.items():
        together.setdefault(frozenset(probes), []).append(row)

    def cost(probes: Collection[str]) -> float:
        return sum(costs.get(probe, 0) for probe in probes)

    sent: list[set[str]] = [set() for _ in range(of)]
    owned: list[set[str]] = [set() for _ in range(of)]
    for probes in sorted(together, key=lambda each: (-cost(each), sorted(each))):
        at = min(range(of), key=lambda i: (cost(sent[i] | probes), len(owned[i]), i))
        sent[at] |= probes
        owned[at].update(together[probes])
    return list(map(frozenset, owned))


def is_shared(result: Result) -> bool:
    """Tell whether a shard reports a result of a requirement that is another's: it found something."""
    return result.verdict is Verdict.ERROR or bool(result.findings)


def run_digest(**facts: object) -> str:
    """Return the SHA-256, in hexadecimal, of what the shards of one run have in common."""
    told = json.dumps(facts, sort_keys=True)
    return hashlib.sha256(told.encode(errors="surrogatepass")).hexdigest()
