"""Probes of a service's own operations: the state of its models, its statistics, its ways to generate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from conformance.exchange import jsontext
from conformance.exchange.model import NO_SUCH_MODEL
from conformance.probes.asking import LONG, SHORT, ask
from conformance.probes.registry import probe
from conformance.probes.target import pointed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Operation
    from conformance.exchange.model import Exchange
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

MOST_MODELS = 5
TINY_CAP = 5
"""Output tokens that no answer to `LONG` fits into."""
POLLS = (0.5, 1.0, 1.5, 2.0, 2.5, 2.5)
"""Seconds between looks at a count, ten in all."""


@probe()
def service_reads(target: Target) -> Calls:
    """Reads the list of models, the status of some models, the health and the performance."""
    for operation in target.of_kind("models", "performance-stats"):
        yield target.call(operation)
    for operation in target.of_kind("model-status"):
        for name in (*_told_apart(target), NO_SUCH_MODEL):
            yield target.call(operation, path={"model_id": name})
    for operation in target.of_kind("health"):
        yield target.call(operation)


def _told_apart(target: Target) -> list[str]:
    """Return the model in use, another one, and one whose id needs percent-encoding, where there are such."""
    others = [name for name in target.models if name != target.model]
    encoded = [name for name in others if quote(name, safe="") != name]
    return list(dict.fromkeys([target.model, *others[:1], *encoded[:1]]))


@probe()
def service_models(target: Target) -> Calls:
    """Asks each listed model that can be used for one word, the first few of them."""
    for operation in _generating(target):
        for name in target.models[:MOST_MODELS]:
            yield target.call(operation, ask(target, operation, model=name))


@probe()
def service_parameters(target: Target) -> Calls:
    """Generates without parameters, with each alone, with all, and with a cap that cuts the answer."""
    for operation in _generating(target):
        bare = ask(target, operation)
        message = {"messages": bare.get("messages"), "model": target.model}
        cap = target.api.profile.caps.short
        yield target.call(operation, message)
        for alone in ({"max_tokens": cap}, {"temperature": 0.7}, {"top_p": 0.9}, {"stream": False}):
            yield target.call(operation, {**message, "parameters": alone})
        spoken = [
            {"role": "user", "content": SHORT},
            {"role": "assistant", "content": "ok"},
            {"role": "user", "content": SHORT},
        ]
        whole = ask(target, operation, messages=spoken, temperature=0.7, top_p=0.9, stream=False)
        yield target.call(operation, whole)
        yield target.call(operation, ask(target, operation, LONG, tokens=TINY_CAP))


def _generating(target: Target) -> Iterator[Operation]:
    """Yield the operations of a service that generate and never stream."""
    return (o for o in target.of_kind("chat") if o.streams == "never" and "parameters" in o.request)


@probe()
def usage_periods(target: Target) -> Calls:
    """Reads the use of a past month, of one model, and of periods that are none."""
    for operation in target.of_kind("usage-stats"):
        month = {"start_date": "2025-01-01", "end_date": "2025-01-31"}
        today = datetime.now(UTC).date()
        recent = {"start_date": (today - timedelta(days=6)).isoformat(), "end_date": today.isoformat()}
        for query in (
            month,
            recent,
            recent | {"model": target.model},
            month | {"start_date": "01/01/2025"},
            month | {"end_date": "2025-02-30"},
            {"start_date": "2025-01-31", "end_date": "2025-01-01"},
        ):
            yield target.call(operation, query=query)


@probe(polls=len(POLLS))
def usage_counts(target: Target) -> Calls:
    """Reads today's use, generates once, and reads it until it has grown."""
    today = datetime.now(UTC).date()
    days = [(today + timedelta(days=n)).isoformat() for n in (-1, 1)]
    for operation in target.of_kind("usage-stats"):
        query = {"start_date": days[0], "end_date": days[1]}
        before = _requests((yield target.call(operation, query=query)))
        answered = None
        for generating in _generating(target):
            answered = yield target.call(generating, ask(target, generating))
        after = _requests((yield target.call(operation, query=query)))
        if answered is None or answered.status != 200 or before is None:
            return
        for wait in POLLS:
            if after is None or after > before:
                break
            after = _requests((yield target.call(operation, query=query, wait=wait)))


def _requests(exchange: Exchange) -> int | None:
    said = jsontext.parse(exchange.response.body) if exchange.response else None
    count = pointed(said.value, "/total_requests") if said and said.ok else None
    return count if isinstance(count, int) else None
