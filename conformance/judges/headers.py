"""Judges documented header fields: those of every response, and optional ones of a request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.contract.model import Level
from conformance.exchange import jsontext
from conformance.judges.outcome import Kept, NotApplicable, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

_LIMIT = re.compile(r"x-ratelimit-(limit|remaining|reset)(-.+)?", re.IGNORECASE)


def _regular(row: Requirement, evidence: Evidence) -> list[Reading]:
    """Return the readings of answers by the API itself, rather than by what stands before it when it is down."""
    return [reading for reading in evidence.of(row) if reading.status < 500 and not reading.limited]


@judge
def header_identifies(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Every response has a header that no two responses share the value of.

    Parameters: `header` is its name.
    """
    header, known = row.params["header"], dict[str, str]()
    for reading in _regular(row, evidence):
        value = (reading.header(header) or "").strip()
        if not value:
            message = f"the response has no header {header}"
            yield reading.finding(message, "a unique value", "none", f"response header {header}")
        elif value in known:
            message = f"two responses share the value of the header {header}"
            actual = f"{shown(value)} also in {known[value]}"
            yield reading.finding(message, "a unique value", actual, f"response header {header}")
        else:
            known[value] = reading.exchange.id
            yield Kept(reading.exchange.id)


@judge
def header_names(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Every response has a header that gives each of some names a value, as a JSON object or as `name=value`.

    Parameters: `header` is its name, `names` what it must name (written with `_`, `-` or neither, in any case).
    """
    header = row.params["header"]
    for reading in _regular(row, evidence):
        value = reading.header(header) or ""
        absent = [name for name in row.params["names"] if not _names(value, name)]
        if absent:
            message = f"the header {header} does not name {' and '.join(absent)}"
            said = shown(value) if value else "no such header"
            yield reading.finding(message, " and ".join(row.params["names"]), said, f"response header {header}")
        else:
            yield Kept(reading.exchange.id)


def _names(value: str, name: str) -> bool:
    text = jsontext.parse(value)
    if text.ok and isinstance(text.value, dict):
        return any(_bare(key) == _bare(name) and said not in (None, "") for key, said in text.value.items())
    loose = "[-_ ]?".join(map(re.escape, name.split("_")))
    return re.search(rf"{loose}[\"']?\s*[=:]\s*[\"']?[^\s\"',;&}}]", value, re.IGNORECASE) is not None


def _bare(name: str) -> str:
    return re.sub(r"[-_ ]", "", name).lower()


@judge
def rate_limit_headers(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """Where rate-limit headers are sent they are integers, and no more remains than the limit."""
    seen = False
    for reading in evidence.of(row):
        found = _limits(reading)
        if not found:
            continue
        seen = True
        wrong = next((name for name, value in found.items() if not re.fullmatch("[0-9]{1,18}", value)), None)
        more = None if wrong else _more_than_limit(found)
        if name := wrong or more:
            message = "a rate-limit header is no integer" if wrong else "more requests remain than the limit allows"
            expected = "an integer" if wrong else "no more than the limit"
            yield reading.finding(message, expected, shown(found[name]), f"response header {name}")
        else:
            yield Kept(reading.exchange.id)
    if not seen:
        yield NotApplicable("no response has rate-limit headers")


def _limits(reading: Reading) -> dict[str, str]:
    headers = reading.exchange.response.headers if reading.exchange.response else ()
    return {name.lower(): value.strip() for name, value in headers if _LIMIT.fullmatch(name)}


def _more_than_limit(found: dict[str, str]) -> str | None:
    for name, value in found.items():
        limit = found.get(name.replace("-remaining", "-limit"))
        if "-remaining" in name and limit is not None and int(value) > int(limit):
            return name
    return None


@judge
def optional_header_taken(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A request with a documented optional header is accepted as without it.

    Parameters: `header` is its name, `pattern` what its documented values look like; any other value is never answered
    with 5xx (a should).
    """
    for reading in evidence.of(row):
        value = reading.exchange.request.header(row.params["header"])
        if value is not None and reading.proper and reading.features == {f"header:{row.params['header']}"}:
            yield _taken(row, evidence, reading, value)


def _taken(row: Requirement, evidence: Evidence, reading: Reading, value: str) -> Outcome:
    operation, header = reading.operation, row.params["header"]
    if reading.succeeded:
        return Kept(reading.exchange.id)
    if operation is None or reading.limited or reading.about_model or not evidence.accepts_plain(operation):
        return Unjudged(f"not judged: status {reading.status}")
    documented = re.fullmatch(row.params["pattern"], value) is not None
    if not documented and reading.status < 500:
        return Kept(reading.exchange.id)
    expected, level = ("a success status", None) if documented else ("no 5xx", Level.SHOULD)
    message = f"a request with {header}: {value} is refused"
    return reading.finding(message, expected, f"status {reading.status}", f"request header {header}", level)
