"""Judges what a target makes of offers and habits of HTTP clients: upgrades, expectations, slashes, preflights."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from conformance.exchange.model import Ending
from conformance.judges.http import within
from conformance.judges.outcome import Kept, NotApplicable, Unjudged
from conformance.judges.registry import judge
from conformance.judges.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

_UNHEARD = {
    Ending.RESET: "the connection was lost without an answer",
    Ending.TIMED_OUT: "no answer came within the time limit",
    Ending.MALFORMED: "what came back is not HTTP",
}
_SWITCHING = 101
_NOT_OFFERED = 501
_SAFELISTED = {"GET", "HEAD", "POST"}
"""Methods that a preflight need not allow (Fetch § 4.8)."""


def _token(reading: Reading, field: str, token: str) -> bool:
    said = reading.exchange.request.header(field) or ""
    return token in {each.strip().lower() for each in said.split(",")}


@judge
def http_upgrade_ignored(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A request that offers to upgrade to h2c is answered as without the offer, or with 101."""
    offered = [reading for reading in within(row, evidence) if _token(reading, "upgrade", "h2c")]
    for reading in offered:
        operation = reading.operation
        if reading.limited or operation is None or not evidence.accepts(operation):
            yield Unjudged("the request is not accepted without the offer either")
        else:
            yield _heard(reading, "a request that offers h2c", taken=reading.succeeded or reading.status == _SWITCHING)
    if not offered and evidence.readings and all(_is_tls(reading) for reading in evidence.readings):
        yield NotApplicable("over TLS, HTTP/2 is agreed on by ALPN")


def _is_tls(reading: Reading) -> bool:
    return reading.exchange.request.url.lower().startswith("https:")


@judge
def http_expectation_met(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A request that expects 100-continue gets an answer that is no server error, unless it gets one without, too."""
    for reading in within(row, evidence):
        if not _token(reading, "expect", "100-continue"):
            continue
        if reading.answered and _fails(reading) and any(_fails(other) for other in _without(reading, evidence)):
            yield Unjudged(f"not judged: status {reading.status}, as for a request that expects nothing")
        else:
            what = "a request that expects 100-continue"
            yield _heard(reading, what, taken=reading.answered and not _fails(reading))


def _fails(reading: Reading) -> bool:
    return reading.status >= 500 and not reading.limited and reading.status != _NOT_OFFERED


def _without(reading: Reading, evidence: Evidence) -> list[Reading]:
    """Return the requests for the same model that expect nothing."""
    return [
        other
        for other in evidence.readings
        if other.operation is reading.operation
        and other.answered
        and other.word("model") == reading.word("model")
        and not _token(other, "expect", "100-continue")
    ]


def _heard(reading: Reading, what: str, *, taken: bool) -> Outcome:
    """Return what an answer amounts to that a request has to get."""
    ending = reading.exchange.ending
    if not reading.answered and ending not in _UNHEARD:
        return Unjudged(f"not judged: {reading.exchange.detail or ending}")
    if ending in _UNHEARD:
        return reading.finding(f"{what}: {_UNHEARD[ending]}", "an answer", reading.exchange.detail, "ending")
    if not taken:
        return reading.finding(f"{what} is not answered as without", "as without", f"status {reading.status}", "status")
    return Kept(reading.exchange.id)


@judge
def http_slash_tolerated(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A path with a slash too many is answered, refused in JSON, or redirected within the origin and the scheme."""
    for reading in evidence.readings:
        path = reading.path
        bare = path.rstrip("/") if path else ""
        if path is None or path == bare or not _is_of(row, bare, evidence) or not reading.answered:
            continue
        if reading.limited or not reading.whole:
            yield Unjudged(f"not judged: status {reading.status}")
        elif 300 <= reading.status < 400:
            yield _redirected(reading)
        elif reading.succeeded or (400 <= reading.status < 500 and reading.answer_text.ok):
            yield Kept(reading.exchange.id)
        else:
            actual = f"status {reading.status}: {shown(reading.body[:80].decode(errors='replace'))}"
            yield reading.finding("a path that ends in a slash gets no usable answer", "2xx, or 4xx in JSON", actual)


def _is_of(row: Requirement, path: str, evidence: Evidence) -> bool:
    return any(evidence.api.operation(name).parameters(path) is not None for name in row.operations)


def _redirected(reading: Reading) -> Outcome:
    url, aim = reading.exchange.request.url, reading.header("location") or ""
    if _origin(url, aim) != _origin(url):
        message = "a path that ends in a slash is redirected to another origin, where clients drop the credential"
        return reading.finding(message, "the same origin", shown(aim), "header Location")
    return Kept(reading.exchange.id)


def _origin(url: str, reference: str = "") -> tuple[str, str]:
    """Return scheme and authority of what a reference leads to from a URL; a broken one leads to itself."""
    try:
        parts = urlsplit(urljoin(url, reference))
    except ValueError:
        return "", reference
    return parts.scheme, parts.netloc.lower()


@judge
def cors_preflight(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A preflight without a credential lets a browser send the method and the headers that it asks for."""
    for reading in evidence.readings:
        request = reading.exchange.request
        origin, method = request.header("origin"), request.header("access-control-request-method")
        if request.method.upper() != "OPTIONS" or not origin or not method or not reading.answered:
            continue
        if not _is_of(row, reading.path or "", evidence):
            continue
        if reading.limited:
            yield Unjudged(f"not judged: status {reading.status}")
        else:
            wanted = _members(request.header("access-control-request-headers"))
            yield _preflown(reading, origin, method.upper(), wanted)


def _preflown(reading: Reading, origin: str, method: str, wanted: set[str]) -> Outcome:
    allowed = _members(reading.header("access-control-allow-headers"))
    # Fetch § 4.8: a wildcard does not cover Authorization.
    absent = sorted(name for name in wanted - allowed if name == "authorization" or "*" not in allowed)
    methods = _members(reading.header("access-control-allow-methods"))
    if not reading.succeeded:
        return reading.finding("a preflight is refused", "status 2xx", f"status {reading.status}", "status")
    if (reading.header("access-control-allow-origin") or "").strip() not in {"*", origin}:
        actual = reading.header("access-control-allow-origin") or "none"
        return reading.finding("a preflight does not allow the origin", "* or the origin", actual, "response headers")
    if method not in _SAFELISTED and not {"*", method.lower()} & methods:
        return reading.finding("a preflight does not allow the method", method, shown(sorted(methods)))
    if absent:
        where = "header Access-Control-Allow-Headers"
        return reading.finding("a preflight does not allow a header", ", ".join(absent), shown(sorted(allowed)), where)
    return Kept(reading.exchange.id)


def _members(said: str | None) -> set[str]:
    return {each.strip().lower() for each in (said or "").split(",") if each.strip()}


@judge
def cors_exposes(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """An answer that a browser's script may read lets it read the headers that clients use.

    Parameters: `headers` are their names.
    """
    for reading in within(row, evidence):
        if not reading.exchange.request.header("origin") or reading.header("access-control-allow-origin") is None:
            continue
        exposed = _members(reading.header("access-control-expose-headers"))
        hidden = [name for name in row.params["headers"] if reading.header(name) is not None and name not in exposed]
        if hidden and "*" not in exposed:
            where = "header Access-Control-Expose-Headers"
            yield reading.finding("a script cannot read a header", ", ".join(hidden), shown(sorted(exposed)), where)
        elif any(reading.header(name) is not None for name in row.params["headers"]):
            yield Kept(reading.exchange.id)


@judge
def rate_limits_told(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """A generated answer says in its headers how much more may be asked.

    Parameters: `prefix` is how the names of such headers begin.
    """
    prefix = str(row.params["prefix"])
    for reading in evidence.of(row):
        response = reading.exchange.response
        if not reading.succeeded or response is None:
            continue
        if any(name.lower().startswith(prefix) for name, _ in response.headers):
            yield Kept(reading.exchange.id)
        else:
            yield reading.finding("an answer does not tell the rate limits", f"{prefix}…", "none", "response headers")
