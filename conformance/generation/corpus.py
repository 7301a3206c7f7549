"""Draws the corpus of a run: every generated case, before anything is sent."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from conformance.contract import requestfields
from conformance.generation.cases import Case, Corpus
from conformance.generation.configuring import configure
from conformance.generation.documents import Source
from conformance.generation.draft import addressed
from conformance.generation.effort import QUOTAS, Effort
from conformance.generation.invalid import invalid
from conformance.generation.reads import invalid_reads, is_read, valid_reads
from conformance.generation.sequences import batches, talk, written_ways
from conformance.generation.talking import plans
from conformance.generation.texts import SAMPLES
from conformance.generation.valid import valid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.contract.model import Operation
    from conformance.generation.cases import Kind
    from conformance.generation.draft import Draft
    from conformance.generation.effort import Quota
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

_LESSER = 2
"""By what the quota of an operation that is not a chat is divided."""


def corpus(target: Target, effort: Effort, seed: int, source: Source | None = None) -> Corpus:
    """Draw the cases of every operation that may be sent; a `source` of the same API spares work when given again."""
    quota = QUOTAS[effort]
    if effort is Effort.SMOKE:
        return Corpus(effort, seed)
    source = source or Source(target.api)
    drawn = [case for operation in target.operations for case in _cases(source, operation, quota, seed)]
    return Corpus(effort, seed, tuple(drawn))


def _cases(source: Source, operation: Operation, quota: Quota, seed: int) -> Iterator[Case]:
    if is_read(operation):
        yield from (_single(draft, "valid", number) for number, draft in enumerate(valid_reads(operation), 1))
        yield from (_single(draft, "invalid", number) for number, draft in enumerate(invalid_reads(operation), 1))
    if not requestfields.takes_json(source.api, operation):
        return
    share = 1 if operation.kind == "chat" else _LESSER
    right = valid(source, operation, quota.valid // share, seed)
    wrong = invalid(source, operation, quota.invalid // share)
    if operation.effect == "configure":
        yield _configured(operation, [*right, *wrong])
        return
    yield from (_single(draft, "valid", number) for number, draft in enumerate(right, 1))
    yield from (_single(draft, "invalid", number) for number, draft in enumerate(wrong, 1))
    several = _sequences(operation, right, quota.sequences, seed)
    for number, (label, script, start) in enumerate(several, 1):
        yield Case(operation.id, "sequence", number, label, script, start)


def _single(draft: Draft, kind: Kind, number: int) -> Case:
    def start(target: Target) -> Calls:
        yield addressed(draft, target)

    return Case(draft.operation, kind, number, draft.label, _told(draft), start, draft)


def _configured(operation: Operation, drafts: list[Draft]) -> Case:
    script = "\n".join(map(_told, drafts))
    start = partial(configure, operation=operation, drafts=tuple(drafts))
    return Case(operation.id, "sequence", 1, "configurations, then the documented one", script, start, alone=True)


def _sequences(
    operation: Operation, right: list[Draft], most: int, seed: int
) -> Iterator[tuple[str, str, Callable[[Target], Calls]]]:
    """Yield conversations, batches of inputs, and a few valid requests in every form, half of the quota each."""
    half = (most + 1) // 2
    if operation.kind == "chat":
        for steps in plans(half, seed):
            script = json.dumps([asdict(step) for step in steps])
            label = ", then ".join(step.way for step in steps)
            yield label, script, partial(talk, operation=operation, steps=steps)
    if operation.kind == "embedding":
        for texts in list(SAMPLES.values())[:half]:
            several = (*texts, "ok")
            yield (
                "texts one by one and in batches",
                json.dumps(several),
                partial(batches, operation=operation, texts=several),
            )
    spread = right[:: max(1, len(right) // max(1, most - half))][: most - half]
    for draft in spread:
        yield f"in every form: {draft.label}", _told(draft), partial(written_ways, draft=draft)


def _told(draft: Draft) -> str:
    return json.dumps([*asdict(draft).values()], default=lambda raw: raw.decode("latin-1"))
