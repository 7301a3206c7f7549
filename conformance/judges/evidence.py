"""All exchanges of one target, read once, with what they say together."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from conformance.judges.caps import mark_newer_caps
from conformance.judges.reading import Reading
from conformance.judges.values import MISSING, at, strings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from conformance.contract.model import Api, Operation, Requirement
    from conformance.exchange.model import Exchange

NOT_OFFERED = frozenset({404, 405, 501})


class Evidence:
    """The readings of all exchanges, in their order.

    `base_url` is the target's, without a trailing slash; where it is not known (foreign recordings) operations are
    recognised by the end of the path. What is `known` already, of the same API and target, is not read again.
    """

    def __init__(
        self, api: Api, exchanges: Iterable[Exchange], base_url: str = "", known: Evidence | None = None
    ) -> None:
        self.api = api
        self.base_url = base_url
        read = {id(reading.exchange): reading for reading in known.readings} if known else {}
        self.readings: tuple[Reading, ...] = tuple(
            read.get(id(each)) or Reading(each, api, base_url) for each in exchanges
        )
        mark_newer_caps(self.readings)

    def beside(self, exchange: Exchange) -> Evidence:
        """Return the evidence with one more exchange, everything else read but once."""
        more = Evidence(self.api, (exchange,), self.base_url)
        more.readings = (*self.readings, *more.readings)
        mark_newer_caps(more.readings)
        return more

    def of(self, row: Requirement) -> Iterator[Reading]:
        """Yield the readings of a requirement's operations that are offered and were answered."""
        offered = {name for name in row.operations if self._offered.get(name, True)}
        for name, reading in self._answered:
            if name in offered:
                yield reading

    def proper(self, operation: Operation, *, also: Callable[[Reading], bool] = bool) -> list[Reading]:
        """Return the answered readings of requests that the documents promise to answer."""
        return [reading for reading in self._proper.get(operation.id, ()) if also(reading)]

    def is_offered(self, operation: Operation) -> bool:
        """Tell whether the target has the operation: False only if every documented request got 404, 405 or 501.

        An unknown model is answered with 404 as well, so an answer that speaks of the model says nothing.
        """
        return self._offered.get(operation.id, True)

    def accepts(self, operation: Operation) -> bool:
        """Tell whether any documented request to the operation was answered with success."""
        return operation.id in self._accepted

    def refusal(self, operation: Operation) -> int:
        """Return the status with which every documented request to an operation was refused; 0 where one was not."""
        statuses = [reading.status if reading.refused else 0 for reading in self.proper(operation)]
        return statuses[0] if statuses and all(s and s not in {401, 403} for s in statuses) else 0

    def refuses(self, row: Requirement, word: str) -> bool:
        """Tell whether every request of a requirement's operations that asks for something by a word was refused."""
        unsaid = (MISSING, None, False)
        said = [r.refused for r in self.of(row) if not any(r.word(word) is nothing for nothing in unsaid)]
        return bool(said) and all(said)

    def accepts_plain(self, operation: Operation) -> bool:
        """Tell whether a documented request without any special feature was answered with success."""
        return any(r.succeeded for r in self.proper(operation) if not r.features - {"stream"})

    @cached_property
    def _answered(self) -> tuple[tuple[str, Reading], ...]:
        """The answered readings of documented operations, each with the operation's id."""
        return tuple((r.operation.id, r) for r in self.readings if r.operation and r.answered)

    @cached_property
    def _proper(self) -> dict[str, list[Reading]]:
        """The answered readings of requests that are promised an answer, by operation."""
        found: dict[str, list[Reading]] = {}
        for name, reading in self._answered:
            if reading.proper:
                found.setdefault(name, []).append(reading)
        return found

    @cached_property
    def _accepted(self) -> frozenset[str]:
        return frozenset(r.operation.id for r in self.readings if r.operation and r.proper and r.succeeded)

    @cached_property
    def _offered(self) -> dict[str, bool]:
        found: dict[str, bool] = {}
        for operation in self.api.operations:
            statuses = {r.status for r in self.proper(operation, also=lambda r: not r.about_model)}
            found[operation.id] = not statuses or not statuses <= NOT_OFFERED
        return found

    @cached_property
    def model_names(self) -> dict[str, frozenset[str]]:
        """Every name of each listed model: its id, its aliases, its root."""
        models = self.api.profile.models
        names: dict[str, set[str]] = {}
        for reading in self.readings:
            if reading.operation and reading.operation.id == models.operation and reading.succeeded:
                for entry in _entries(reading, models.items):
                    own = at(entry, models.id)
                    if isinstance(own, str):
                        also = {name for pointer in models.also for name in strings(entry, pointer)}
                        names.setdefault(own, {own}).update(also)
        return {own: frozenset(all_names) for own, all_names in names.items()}


def _entries(reading: Reading, items: str) -> list[object]:
    found = at(reading.answer, items)
    return found if isinstance(found, list) else []
