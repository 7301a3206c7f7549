"""What is known of a requirement, as labelled texts."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from conformance.contract.bugs import bugs
from conformance.contract.sets import since
from conformance.judges.registry import catalogue as judges
from conformance.probes.registry import catalogue as probes
from conformance.reference.deviations.registry import catalogue as deviations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Api, Requirement


@dataclass(frozen=True)
class Fact:
    """One thing that is known: its label, and a text or several."""

    label: str
    texts: tuple[str, ...]


def facts(api: Api, row: Requirement) -> tuple[Fact, ...]:
    """Return all that is known of an API's requirement, in a stable order; what is not known is left out."""
    found = (
        Fact("level", (str(row.level),)),
        Fact("statement", (row.statement,)),
        Fact("basis", (row.basis,)),
        Fact("source", (row.source,)),
        Fact("doubt", (row.doubt,)),
        Fact("operations", (", ".join(row.operations) or "the API as a whole",)),
        Fact("capability", (row.capability,)),
        Fact("reading", (row.reading and f"{row.reading} only",)),
        Fact("judged by", tuple(_judged(row))),
        Fact("shown by", tuple(_shown(row))),
        Fact("needs", (", ".join(row.needs),)),
        Fact("optional", (row.optional and f"{row.optional}: --with {api.id}:{row.optional} turns it on",)),
        Fact("broken by", tuple(_broken(api, row))),
        Fact("known as", tuple(_known(row))),
        Fact("excluded", (row.excluded,)),
        Fact("since", (since(api.id, row.id),)),
    )
    kept = (Fact(fact.label, tuple(text for text in fact.texts if text)) for fact in found)
    return tuple(fact for fact in kept if fact.texts)


def _judged(row: Requirement) -> Iterator[str]:
    """Yield what the judge says of itself, then what this requirement tells it."""
    if row.judge not in judges():
        return
    for paragraph in inspect.cleandoc(judges()[row.judge].__doc__ or "").split("\n\n"):
        yield " ".join(paragraph.split())
    told = ", ".join(f"`{name} = {_value(value)}`" for name, value in row.params.items() if value not in ("", []))
    yield f"Here: {told}." if told else ""


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _shown(row: Requirement) -> Iterator[str]:
    for name in row.probes:
        yield f"{name}: {probes()[name].sentence}"


def _broken(api: Api, row: Requirement) -> Iterator[str]:
    for name, deviation in deviations().items():
        strongly, weakly = deviation.breaks.get(api.id, ()), deviation.bends.get(api.id, ())
        if row.id in strongly or row.id in weakly:
            part = "" if row.id in strongly else " (a part that is weaker than its level)"
            yield f"{name}: {deviation.sentence}{part}"


def _known(row: Requirement) -> Iterator[str]:
    for slug in _classes().get(row.id, sorted(row.bugs)):
        yield ": ".join([slug, *filter(None, [", ".join(bugs()[slug].issues)])])


@cache
def _classes() -> dict[str, list[str]]:
    """Return the known bug classes that each requirement finds."""
    found: dict[str, list[str]] = {}
    for slug, bug in sorted(bugs().items()):
        for row in bug.rows:
            found.setdefault(row, []).append(slug)
    return found
