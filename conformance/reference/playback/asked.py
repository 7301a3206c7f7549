"""What a request asks for, in a form in which a sent one and a recorded one can be compared."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qsl, quote

from conformance.exchange import jsontext
from conformance.exchange.model import FILTERED, INVALID_CREDENTIAL, Exchange, Unseen
from conformance.exchange.redaction import KEY_HEADERS, Redaction

if TYPE_CHECKING:
    from conformance.exchange.jsontext import Json
    from conformance.exchange.model import Headers, Request

Shown = Literal["a credential", "the wrong credential", "no credential", "what nobody knows"]
"""What a request presents; the recordings of other programs leave credentials out, and do not say whether one did."""

_URL = re.compile(r"(?:[a-z][a-z0-9+.-]*://[^/?#]*)?(?P<path>[^?#]*)\??(?P<query>[^#]*)", re.IGNORECASE | re.DOTALL)
_UNCOMPARED = frozenset({"host", "content-length", "user-agent", "date", "traceparent", "tracestate"})


@dataclass(frozen=True)
class Asked:
    """A request, its credentials redacted as those of a recording are.

    `path` is percent-encoded in one way, `query` sorted, `media` the media type of the body. `fields` are the header
    fields that may tell two requests apart, names in lower case.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    credential: Shown
    media: str
    body: bytes
    json: Json
    fields: frozenset[tuple[str, str]]

    @property
    def line(self) -> str:
        """The method and the path, for people."""
        return f"{self.method} {self.path}"


def asked(request: Request, api_key: str | None = None) -> Asked:
    """Return what a request asks for; never raises. With `api_key`, any other credential is the wrong one."""
    shown = Redaction().exchange(Exchange("", request)).request
    found = _URL.match(shown.url)
    assert found is not None  # every part of the pattern may be empty
    return Asked(
        method=shown.method.upper(),
        path=quote(found["path"] or "/", safe="/%", errors="surrogatepass"),
        query=tuple(sorted(parse_qsl(found["query"], keep_blank_values=True, errors="surrogateescape"))),
        credential=_credential(request.headers, shown.headers, api_key),
        media=(shown.header("content-type") or "").partition(";")[0].strip().lower() if shown.body else "",
        body=shown.body,
        json=jsontext.parse(shown.body),
        fields=frozenset((n.lower(), v.strip()) for n, v in shown.headers if _tells(n.lower())),
    )


def recorded(exchange: Exchange) -> Asked:
    """Return what the request of a recording asks for; never raises."""
    found = asked(exchange.request)
    return replace(found, credential="what nobody knows") if Unseen.REQUEST_HEAD in exchange.unseen else found


def _credential(sent: Headers, shown: Headers, api_key: str | None) -> Shown:
    redacted = [value for name, value in shown if name.lower() in KEY_HEADERS]
    if any(INVALID_CREDENTIAL in value for value in redacted):
        return "the wrong credential"
    if not any(FILTERED in value for value in redacted):
        return "no credential"
    keys = {(value.split() or [""])[-1] for name, value in sent if name.lower() in KEY_HEADERS}
    return "a credential" if api_key is None or api_key in keys else "the wrong credential"


def _tells(name: str) -> bool:
    return name not in _UNCOMPARED and not name.startswith("x-stainless-")
