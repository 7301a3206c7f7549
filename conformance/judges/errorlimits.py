"""Judges what errors say of limits: when to come back, which quota is exhausted, that a prompt is too long."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from conformance.contract.model import Level
from conformance.judges import faults
from conformance.judges.errorformats import error_object
from conformance.judges.outcome import Kept, NotApplicable
from conformance.judges.registry import judge
from conformance.judges.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

QUOTA_CODE = "insufficient_quota"
CONTEXT_CODE = "context_length_exceeded"

_QUOTA = re.compile(
    r"(?i)exceeded your current quota|insufficient[ _](?:quota|credit|balance|funds)|out of credits"
    r"|(?:quota|credit balance|credits) (?:is |has been |have been |are )?exhausted"
)
_CONTEXT = re.compile(
    r"(?i)context[ _-]?(?:length|window|size)|max_model_len|n_ctx|maximum (?:number of )?(?:input )?tokens"
    r"|maximum (?:sequence|input|prompt|model) length|(?:prompt|input) (?:is )?too (?:long|many tokens)|too many tokens"
)


@judge
def says_when_to_come_back(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """`Retry-After` of a busy target is seconds or a date (RFC 9110 § 10.2.3); that it is there is worth a note."""
    busy = [reading for reading in evidence.of(row) if reading.limited]
    if not busy:
        yield NotApplicable("nothing was answered with 429 or 503")
    for reading in busy:
        yield _wait(reading)


def _wait(reading: Reading) -> Outcome:
    said, place = reading.header("retry-after"), "response header Retry-After"
    if said is None:
        if reading.header("retry-after-ms") is not None:
            return Kept(reading.exchange.id)
        message = f"a {reading.status} does not say when to come back"
        return reading.finding(message, "seconds or an HTTP date", "no Retry-After", place, Level.MAY)
    value = said.strip()
    if (value.isascii() and value.isdigit()) or _is_date(value):
        return Kept(reading.exchange.id)
    return reading.finding("Retry-After cannot be read", "whole seconds or an HTTP date", shown(said), place)


def _is_date(text: str) -> bool:
    try:
        return parsedate_to_datetime(text) is not None
    except (ValueError, TypeError, IndexError, OverflowError):
        return False


@judge
def quota_told_apart(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A 429 that speaks of an exhausted quota has the code `insufficient_quota`: to try again is no use then."""
    limited = [reading for reading in evidence.of(row) if reading.status == 429 and reading.whole]
    if not limited:
        yield NotApplicable("nothing was answered with 429")
    for reading in limited:
        error = error_object(reading.answer) or {}
        if not _QUOTA.search(str(error.get("message"))) or QUOTA_CODE in (error.get("code"), error.get("type")):
            yield Kept(reading.exchange.id)
        else:
            message = "an exhausted quota looks like a rate limit, which clients wait out"
            yield reading.finding(message, repr(QUOTA_CODE), shown(error.get("code")), "/error/code")


@judge
def context_told_apart(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """The refusal of a prompt that is too long for the model has the code `context_length_exceeded`.

    A refusal that does not speak of the model's context may be about another limit.
    """
    for reading in evidence.of(row):
        if "long" not in reading.features or not faults.well_headed(reading) or not reading.whole:
            continue
        error = error_object(reading.answer)
        if reading.status not in {400, 422} or error is None:
            yield NotApplicable(f"no refusal in OpenAI's envelope: status {reading.status}")
        elif error.get("code") == CONTEXT_CODE:
            yield Kept(reading.exchange.id)
        elif _CONTEXT.search(f"{error.get('message')} {error.get('type')} {error.get('code')}"):
            message = "clients cannot tell that the prompt is too long for the model"
            yield reading.finding(message, repr(CONTEXT_CODE), shown(error.get("code")), "/error/code")
        else:
            yield NotApplicable("no refusal speaks of the model's context")
