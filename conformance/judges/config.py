"""Judges what configuration requests do to a target."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from conformance.judges.configured import configured_model, later
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.status import listed
from conformance.judges.values import MISSING, at, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")
_OF_THE_ANSWER = frozenset({"request_id", "timestamp", "updated_at"})
"""Members that tell of the answer, not of what was configured: they may differ (RFC 9110 § 9.2.2)."""


@judge
def same_answer_twice(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that the same request sent twice in a row gets the same status and the same JSON value.

    Times and request ids in it may differ, and 201 may become another success: what was created is there then.
    """
    last: dict[str, Reading] = {}
    for reading in sorted(evidence.of(row), key=lambda r: r.exchange.started):
        if reading.credential != "valid":
            continue
        request = reading.exchange.request
        before, last[request.url] = last.get(request.url), reading
        if before is None or (before.exchange.request.headers, before.exchange.request.body) != (
            request.headers,
            request.body,
        ):
            continue
        if not (before.proper and reading.proper):
            continue
        if before.limited or reading.limited or not later(reading, before):
            yield Unjudged("the target was busy")
        elif before.succeeded and _answered(before) != _answered(reading):
            yield reading.finding(
                "the same request gets another answer the second time",
                f"status {before.status}: {shown(before.body.decode(errors='replace'))}",
                f"status {reading.status}: {shown(reading.body.decode(errors='replace'))}",
                "body",
            )
        elif before.succeeded:
            yield Kept(reading.exchange.id)


def _answered(reading: Reading) -> tuple[int, Any]:
    status = 200 if reading.status in {201, 204} else reading.status
    return status, _lasting(reading.answer) if reading.answer is not MISSING else reading.body


def _lasting(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {name: _lasting(item) for name, item in value.items() if name not in _OF_THE_ANSWER}
    if isinstance(value, list):
        return [_lasting(item) for item in value]
    return "a time" if isinstance(value, str) and _MOMENT.match(value) else value


@judge
def configuration_takes_effect(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Judge that a model which is disabled is no longer listed as available or cannot be used, and enabled again, can.

    Parameters: `enabled` is the pointer into the request, `status` that of a listed model's status, `available` its
    value there, `used` the operations that use a model.
    """
    for change in evidence.of(row):
        wanted = at(change.sent, row.params["enabled"])
        if not change.proper or not change.succeeded or not isinstance(wanted, bool):
            continue
        seen = _until_next_change(change, evidence)
        model = configured_model(change)
        used = [r for r in seen if r.operation and r.operation.id in row.params["used"] and r.word("model") == model]
        if wanted and _was_disabled(change, evidence, row.params["enabled"]):
            yield _enabled(change, [reading for reading in used if reading.proper])
        elif not wanted:
            yield _disabled(row, change, used, seen, evidence)


def _until_next_change(change: Reading, evidence: Evidence) -> list[Reading]:
    """Return what was sent after a configuration request and ended before the next one of the same model."""
    model = configured_model(change)
    others = (r for r in evidence.readings if r is not change and configured_model(r) == model)
    ends = [r.exchange.started for r in others if later(r, change)]
    end = min(ends, default=float("inf"))
    return [
        r
        for r in evidence.readings
        if r.answered and later(r, change) and r.exchange.started + r.exchange.seconds <= end
    ]


def _was_disabled(change: Reading, evidence: Evidence, pointer: str) -> bool:
    model = configured_model(change)
    earlier = [r for r in evidence.readings if r is not change and configured_model(r) == model and later(change, r)]
    latest = max((r for r in earlier if r.succeeded), key=lambda r: r.exchange.started, default=None)
    return latest is not None and at(latest.sent, pointer) is False


def _enabled(change: Reading, used: list[Reading]) -> Outcome:
    if good := next((reading for reading in used if reading.succeeded), None):
        return Kept(good.exchange.id)
    refused = [reading for reading in used if reading.status != 429]
    if not refused:
        return Unjudged(f"the model {shown(configured_model(change))} was not asked after it was enabled again")
    return refused[-1].finding(
        "a model that was enabled again cannot be used",
        "a success status",
        f"status {refused[-1].status}: {shown(refused[-1].body.decode(errors='replace'))}",
        "status",
    )


def _disabled(
    row: Requirement, change: Reading, used: list[Reading], seen: list[Reading], evidence: Evidence
) -> Outcome:
    model = configured_model(change)
    if sign := next((reading for reading in used if _withheld(reading, model)), None):
        return Kept(sign.exchange.id)
    listings = [r for r in seen if r.operation and r.operation.id == evidence.api.profile.models.operation]
    told = [reading for reading in listings if reading.succeeded]
    for reading in told:
        if listed((reading,), evidence.api.profile.models, row.params["status"]).get(model) != {
            row.params["available"]
        }:
            return Kept(reading.exchange.id)
    working = [reading for reading in used if reading.succeeded]
    if not working or not told:
        return Unjudged(f"the model {shown(model)} was not looked at after it was disabled")
    return working[-1].finding(
        "a disabled model is still listed as available and answers",
        f"status 503, or another status of {shown(model)} in the list",
        f"status {working[-1].status}",
        "status",
    )


def _withheld(reading: Reading, model: str) -> bool:
    """Tell whether a model did not answer itself: the request is refused, or a fallback model answers."""
    named = at(reading.answer, "/model")
    if reading.succeeded:
        return isinstance(named, str) and named != model
    return reading.status != 429 and reading.status != 401
