"""Judges how the numbers of an answer go together."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from conformance.judges.bodies import bodies
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import MISSING, at, each, integer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

Numbers = tuple[Decimal, ...]

_NOISE = Decimal("1e-9")
"""The share of a sum that binary floating point may lose on the way."""


@judge
def adds_up(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the parts of an answer make up its total.

    Parameters: `parts` are pointers, `total` is a pointer or a number, both below `each` (a pointer where a `*` stands
    for each array element; default: the whole answer). They may differ by `tolerance` (default 0), with
    `as_printed = true` also by the rounding of the last digit that each number shows.
    """
    parts, total = row.params["parts"], row.params["total"]
    pointers = [*parts, total] if isinstance(total, str) else list(parts)
    for reading, where, numbers in _found(row, evidence, pointers):
        if numbers is None:
            yield Unjudged(f"not all of {', '.join(pointers)} are numbers")
            continue
        wanted = numbers[-1] if isinstance(total, str) else Decimal(str(total))
        shown = numbers[: len(parts)]
        allowed = Decimal(str(row.params.get("tolerance", 0)))
        if row.params.get("as_printed"):
            allowed += rounding((*shown, wanted)) + abs(wanted) * _NOISE
        if abs(sum(shown) - wanted) <= allowed:
            yield Kept(reading.exchange.id)
            continue
        named = total if isinstance(total, str) else parts[0]
        yield reading.finding(
            f"{' + '.join(_last(part) for part in parts)} is not {_last(total)}",
            f"{' + '.join(str(part) for part in shown)} = {sum(shown)}",
            str(wanted) if isinstance(total, str) else str(sum(shown)),
            f"{where}{named}",
        )


@judge
def ordered(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that numbers of an answer do not fall from one to the next.

    Parameters: `pointers` in ascending order of their values, below `each` (see `adds_up`).
    """
    pointers = row.params["pointers"]
    for reading, where, numbers in _found(row, evidence, pointers):
        if numbers is None:
            yield Unjudged(f"not all of {', '.join(pointers)} are numbers")
        elif list(numbers) == sorted(numbers):
            yield Kept(reading.exchange.id)
        else:
            names = " ≤ ".join(_last(pointer) for pointer in pointers)
            yield reading.finding(
                f"{names} does not hold", names, ", ".join(map(str, numbers)), f"{where}{pointers[0]}"
            )


@judge
def within_cap(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that an answer has no more output tokens than the request allows each of its choices.

    Parameters: `count` is the pointer to the tokens (default `/usage/completion_tokens`), `word` the profile's word for
    the cap (default `max_tokens`, or the newer one where the target takes no other).
    """
    pointer = row.params.get("count", "/usage/completion_tokens")
    for reading in evidence.of(row):
        cap = integer(reading.word(row.params.get("word", reading.cap_word)))
        choices = integer(reading.word("n")) or 1
        if not reading.proper or cap is None:
            continue
        for where, body in bodies(reading):
            count = integer(at(body, pointer))
            if count is None:
                continue
            if count <= cap * max(choices, 1):
                yield Kept(reading.exchange.id)
                continue
            yield reading.finding(
                "the answer has more output tokens than the request allows",
                f"at most {cap * max(choices, 1)} tokens",
                f"{count} tokens",
                f"{where}{pointer}",
            )


def _found(
    row: Requirement, evidence: Evidence, pointers: Sequence[str]
) -> Iterator[tuple[Reading, str, Numbers | None]]:
    """Yield what stands at the pointers, or None where not all are numbers; places with none of them are left out."""
    for reading in evidence.of(row):
        for where, body in bodies(reading):
            for way, place in each(body, row.params.get("each", "")):
                values = [at(place, pointer) for pointer in pointers]
                if any(value is not MISSING and value is not None for value in values):
                    yield reading, f"{where}{way}", _numbers(values)


def _numbers(values: Sequence[Any]) -> Numbers | None:
    found = [decimal(value) for value in values]
    return tuple(each for each in found if each is not None) if None not in found else None


def decimal(value: object) -> Decimal | None:
    """Return a JSON number exactly as it is printed in its shortest form, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    exact = Decimal(value) if isinstance(value, int) else Decimal(repr(value))
    return exact if exact.is_finite() else None


def rounding(numbers: Numbers) -> Decimal:
    """Return by how much numbers may be off that were each rounded to the last digit shown.

    A zero does not tell how many digits it was rounded to: it counts as the finest of the others.
    """
    units = [_unit(number) for number in numbers if number]
    zeros = len(numbers) - len(units)
    return (sum(units, Decimal(0)) + zeros * min(units, default=Decimal(0))) / 2


def _unit(number: Decimal) -> Decimal:
    exponent = number.as_tuple().exponent
    return Decimal(1).scaleb(exponent) if isinstance(exponent, int) else Decimal(0)


def _last(pointer: str | float) -> str:
    return pointer.rpartition("/")[2] if isinstance(pointer, str) else str(pointer)
