"""Tells from a request in which single way it is wrong, all else being as the documents promise to answer it."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from conformance.contract import requestfields
from conformance.exchange.jsontext import Fault
from conformance.exchange.model import NO_SUCH_MODEL
from conformance.judges.values import MISSING, at

if TYPE_CHECKING:
    from conformance.contract.model import Operation
    from conformance.judges.evidence import Evidence
    from conformance.judges.reading import Reading


def well_headed(reading: Reading) -> bool:
    """Tell whether the request has a valid credential, all companions, and a body declared as JSON."""
    request = reading.exchange.request
    declared = (request.header("content-type") or "").partition(";")[0].strip().lower()
    companions = all(request.header(companion.header) for companion in reading.api.profile.companions)
    return reading.credential == "valid" and companions and declared == "application/json"


def malformed(reading: Reading) -> bool:
    """Tell whether the body cannot be parsed; what a parser may take beside JSON (RFC 8259 § 9) does not count."""
    problem = reading.sent_text.problem
    return problem is not None and problem.fault is Fault.SYNTAX and "deep" not in reading.features


def missing(reading: Reading, evidence: Evidence) -> frozenset[str]:
    """Return the names of the only required field that is left out: several names where one of them would do."""
    operation, sent = reading.operation, reading.sent
    if operation is None or not isinstance(sent, dict):
        return frozenset()
    absent = [names for names in requestfields.required(reading.api, operation) if not names & sent.keys()]
    model = _accepted(evidence, operation)
    if len(absent) != 1 or not isinstance(model, dict):
        return frozenset()
    filled = sent | {name: model[name] for name in absent[0] if name in model}
    return absent[0] if _promised(reading, operation, filled) else frozenset()


def wrongly_typed(reading: Reading, evidence: Evidence) -> str:
    """Return the pointer of the only field whose value is not of its documented JSON type, or an empty text."""
    operation = reading.operation
    if operation is None or not isinstance(reading.sent, dict):
        return ""
    wrong = []
    for pointer in operation.request.values():
        value = at(reading.sent, pointer)
        types = requestfields.types(reading.api, operation, pointer)
        if value is not MISSING and not requestfields.of_type(value, types):
            wrong.append(pointer)
    return wrong[0] if len(wrong) == 1 and righted(reading, evidence, wrong[0]) else ""


def unknown_model(reading: Reading, evidence: Evidence) -> bool:
    """Tell whether the request is wrong only in the model that it names, in its body or in its path."""
    operation = reading.operation
    if operation is None:
        return False
    if NO_SUCH_MODEL in reading.path_parameters.values():
        return not operation.has_body or _promised(reading, operation, reading.sent)
    pointer = operation.request.get("model", "")
    return reading.word("model") == NO_SUCH_MODEL and righted(reading, evidence, pointer)


def righted(reading: Reading, evidence: Evidence, pointer: str) -> bool:
    """Tell whether the request is promised an answer once one field is as in an accepted request, or left out."""
    operation = reading.operation
    if operation is None:
        return False
    right = at(_accepted(evidence, operation), pointer)
    body = replaced(reading.sent, pointer, right)
    return _promised(reading, operation, body) or _promised(
        reading, operation, replaced(reading.sent, pointer, MISSING)
    )


def replaced(body: object, pointer: str, value: object) -> Any:  # noqa: ANN401 - any JSON value
    """Return a copy of a JSON value with another value at an RFC 6901 pointer; MISSING leaves it out."""
    copy = deepcopy(body)
    way, _, name = pointer.rpartition("/")
    holder = at(copy, way) if way else copy
    if isinstance(holder, dict):
        holder[name] = value
        if value is MISSING:
            del holder[name]
    return copy


def _accepted(evidence: Evidence, operation: Operation) -> Any:  # noqa: ANN401 - any JSON value
    return next((reading.sent for reading in evidence.proper(operation) if reading.succeeded), None)


def _promised(reading: Reading, operation: Operation, body: object) -> bool:
    return reading.api.schemas.valid(operation.promise, body)
