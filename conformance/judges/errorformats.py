"""Judges the members of OpenAI's error object: their types, and what stands there where nothing is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.exchange import jsontext
from conformance.exchange.model import NO_SUCH_PATH
from conformance.judges.outcome import Kept, NotApplicable, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import MISSING, at, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

MEMBERS = ("message", "type", "param", "code")
_STRINGIFIED = frozenset({"None", "null", "undefined", "nil", "<nil>"})
"""How languages write nothing when it is made a text."""


def error_object(value: object) -> dict[str, Any] | None:
    """Return the error object of OpenAI's envelope, or None where there is no envelope."""
    error = at(value, "/error")
    return error if isinstance(error, dict) else None


Told = tuple["Reading", dict[str, Any]]
"""An error in OpenAI's envelope, with its error object."""


def enveloped(row: Requirement, evidence: Evidence, judged: Callable[[Told], Outcome]) -> Iterator[Outcome]:
    """Judge the errors of a requirement's operations that stand in OpenAI's envelope."""
    told: list[Told] = []
    for reading in evidence.of(row):
        error = error_object(reading.answer) if reading.status >= 400 and reading.whole else None
        if error is not None:
            told.append((reading, error))
    yield from map(judged, told)
    if not told:
        yield NotApplicable("no error is in OpenAI's envelope")


@judge
def error_member_typed(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A member of the error object is a text or null, where it is there.

    Parameters: `member` is its name.
    """
    name = str(row.params["member"])

    def typed(told: Told) -> Outcome:
        reading, error = told
        said = error.get(name)
        if said is None or isinstance(said, str):
            return Kept(reading.exchange.id)
        return reading.finding(f"{name} of an error is no text", "a text or null", shown(said), f"/error/{name}")

    yield from enveloped(row, evidence, typed)


@judge
def error_has_members(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """The error object has certain members, null where they say nothing.

    Parameters: `members` are their names.
    """

    def complete(told: Told) -> Outcome:
        reading, error = told
        if absent := " and ".join(name for name in row.params["members"] if name not in error):
            return reading.finding(f"an error has no {absent}", "null where it says nothing", "nothing", "/error")
        return Kept(reading.exchange.id)

    yield from enveloped(row, evidence, complete)


@judge
def error_nothing_is_null(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """What an error does not say is null, never the name that a language has for nothing as a text."""
    yield from enveloped(row, evidence, _nothing)


def _nothing(told: Told) -> Outcome:
    reading, error = told
    wrong = next((name for name in MEMBERS if _is_stringified(error.get(name))), None)
    if wrong is None:
        return Kept(reading.exchange.id)
    return reading.finding("an error says nothing as a text", "null", shown(error[wrong]), f"/error/{wrong}")


def _is_stringified(value: object) -> bool:
    return isinstance(value, str) and value in _STRINGIFIED


@judge
def error_message_plain(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """The message of an error is words, not a JSON text of another error."""
    yield from enveloped(row, evidence, _plain)


def _plain(told: Told) -> Outcome:
    reading, error = told
    message = error.get("message")
    if not isinstance(message, str):
        return Unjudged("the message is no text")
    inner = jsontext.parse(message)
    if inner.ok and isinstance(inner.value, dict | list):
        return reading.finding("the message of an error is JSON", "words", shown(message), "/error/message")
    return Kept(reading.exchange.id)


@judge
def route_error_shape(_row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """The 404 of an unknown path and the 405 of a wrong method are worded as other errors.

    What is no JSON in the 404 is another promise's. An API that has a format of its own is left alone.
    """
    if evidence.api.profile.error.get("message") != "/error/message":
        yield NotApplicable("the errors of this API have a format of their own")
        return
    yield NotApplicable("nothing was answered with 404 or 405")
    for reading in evidence.readings:
        if reading.operation or reading.path is None or reading.credential != "valid" or not reading.whole:
            continue
        unknown = reading.status == 404 and reading.path.endswith(f"/{NO_SUCH_PATH}")
        if not (unknown or reading.status == 405) or reading.exchange.request.method == "HEAD":
            continue
        if unknown and not reading.answer_text.ok:
            yield Unjudged("the 404 is no JSON text")
        else:
            yield _worded(reading)


def _worded(reading: Reading) -> Outcome:
    error = error_object(reading.answer)
    if error is not None and isinstance(error.get("message"), str):
        return Kept(reading.exchange.id)
    found = reading.answer if reading.answer is not MISSING else reading.body[:200].decode(errors="replace")
    return reading.finding(
        f"the {reading.status} of {reading.exchange.request.method} {reading.path} is not worded as other errors",
        "an object error with a message",
        shown(found),
        "body",
    )
