"""Takes credentials out of an exchange before anything else sees it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from conformance.exchange.coding import decoded
from conformance.exchange.model import FILTERED, INVALID_CREDENTIAL
from conformance.exchange.secrets import PRIVATE, SCHEME, Secrets
from conformance.exchange.urls import redact_url

if TYPE_CHECKING:
    from conformance.exchange.model import Exchange, Headers, Request, Response

KEY_HEADERS = frozenset({"authorization", "proxy-authorization", "api-key", "x-api-key", "x-goog-api-key"})
"""Header fields that carry a key."""

PRIVATE_HEADERS = frozenset({"cookie", "set-cookie", "openai-organization", "openai-project", "x-workspace-id"})
"""Header fields that carry no key, but are nobody else's business."""

_ACCOUNT_HEADER = re.compile(r"(?:organization|org|account|workspace|tenant|project|user|customer)(?:[-_]?id)?$")
"""The end of names of header fields that say whose account it is."""

_COOKIE = re.compile(r"(?:^|[;,])\s*[^=;,]+=([^;,]+)")
_URL_HEADERS = frozenset({"location", "content-location", "referer"})
_CREDENTIAL = re.compile(rf"(?P<scheme>(?:{SCHEME})[ \t]+)?(?P<key>.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Redaction:
    """What must not be recorded: the run's keys, and the header fields of the profile that carry one.

    `private` values are taken out like secrets, but a response may repeat them (a workspace id). The key that a
    request itself presents is a secret too, so that recordings from elsewhere are redacted as well.
    `scrub` are regular expressions: what they match is private, as are then the header fields that name an account,
    and whatever repeats a cookie or a private field of the response.

    Raises:
        re.error: one of `scrub` is no regular expression (when it is first used).
    """

    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    credential_headers: frozenset[str] = frozenset()
    private: frozenset[str] = field(default=frozenset(), repr=False)
    scrub: tuple[str, ...] = field(default=(), repr=False)

    def exchange(self, exchange: Exchange) -> Exchange:
        """Return the exchange with every secret replaced; redacting again changes nothing.

        The public wrong credential stays. A coded body that holds a secret is kept decoded.
        """
        response = exchange.response
        secrets = self._presented(exchange.request, self._answered(response) if response else frozenset())
        return replace(
            exchange,
            request=self._request(exchange.request, secrets),
            response=self._response(response, secrets) if response else None,
            detail=secrets.text(exchange.detail),
        )

    def text(self, text: str) -> str:
        """Return text of our own, as a message or a base URL, without any secret of the run."""
        secrets = _compiled(self.secrets, self.private, self.scrub)
        return secrets.text(redact_url(text, secrets) if text.startswith(("http://", "https://")) else text)

    def _request(self, request: Request, secrets: Secrets) -> Request:
        return replace(
            request,
            url=secrets.text(redact_url(request.url, secrets)),
            headers=self._headers(request.headers, secrets, FILTERED),
            body=secrets.body(request.body),
        )

    def _response(self, response: Response, secrets: Secrets) -> Response:
        plain = decoded(response)
        pieces = secrets.pieces(plain.pieces)
        kept = response if pieces == plain.pieces else replace(plain, pieces=pieces)
        headers = self._headers(kept.headers, secrets, PRIVATE)
        return replace(kept, headers=headers, reason=secrets.text(kept.reason))

    def _headers(self, headers: Headers, secrets: Secrets, stranger: str) -> Headers:
        """Redact each value; `stranger` stands for a credential that is none of ours."""
        return tuple((name, self._header(name.lower(), value, secrets, stranger)) for name, value in headers)

    def _header(self, name: str, value: str, secrets: Secrets, stranger: str) -> str:
        known = secrets.header(redact_url(value, secrets) if name in _URL_HEADERS else value)
        if name in self._key_names:
            return known if known != value else _filtered(value, stranger)
        if name in PRIVATE_HEADERS and value.strip():
            return FILTERED
        if self.scrub and _ACCOUNT_HEADER.search(name) and value.strip():
            return PRIVATE
        return known

    @property
    def _key_names(self) -> frozenset[str]:
        return KEY_HEADERS | {name.lower() for name in self.credential_headers} - PRIVATE_HEADERS

    def _answered(self, response: Response) -> frozenset[str]:
        """Return what is private in the head of a response: nothing, where nothing is to be scrubbed."""
        if not self.scrub:
            return frozenset()
        fields = [(name.lower(), value) for name, value in response.headers]
        named = {v for name, v in fields if name in PRIVATE_HEADERS or _ACCOUNT_HEADER.search(name)}
        crumbs = {crumb for name, v in fields if "cookie" in name for crumb in _COOKIE.findall(v)}
        return frozenset(named | crumbs)

    def _presented(self, request: Request, answered: frozenset[str]) -> Secrets:
        """Return all secrets of the run, with those that the request itself presents and those `answered`."""
        fields = [(name.lower(), value) for name, value in request.headers]
        keys = {_key(value) for name, value in fields if name in self._key_names}
        private = {value for name, value in fields if name in PRIVATE_HEADERS}
        if self.scrub:
            private |= {crumb for name, value in fields if name == "cookie" for crumb in _COOKIE.findall(value)}
        return _compiled(self.secrets | keys, frozenset((self.private | private | answered) - keys), self.scrub)


@lru_cache(maxsize=64)
def _compiled(secrets: frozenset[str], private: frozenset[str], scrub: tuple[str, ...] = ()) -> Secrets:
    return Secrets(secrets, private, scrub)


def _key(value: str) -> str:
    """Return what follows the scheme of a credential, or all of it where none is known."""
    if re.fullmatch(SCHEME, value.strip(), re.IGNORECASE):
        return ""
    found = _CREDENTIAL.fullmatch(value.strip())
    return found["key"] if found else ""


def _filtered(value: str, mark: str) -> str:
    """Replace the credential of a header value, keep its scheme: `Bearer [Filtered]` (RFC 9110 § 11.4)."""
    key = _key(value)
    if key in {"", INVALID_CREDENTIAL} or FILTERED in key or PRIVATE in key:
        return value
    return value.strip().removesuffix(key) + mark


def echoes(exchange: Exchange) -> list[str]:
    """Return where the response repeats the credential that the request presents; reads redacted exchanges."""
    response = exchange.response
    if response is None:
        return []
    request = exchange.request
    sent = "\n".join([request.url, *(value for _, value in request.headers)])
    marks = [mark for mark in (FILTERED, INVALID_CREDENTIAL) if mark in sent]
    heads = [
        f"response header {name}"
        for name, value in response.headers
        if name.lower() not in PRIVATE_HEADERS and any(mark in value for mark in marks)
    ]
    at = [place for mark in marks if (place := response.body.find(mark.encode())) >= 0]
    return heads + [f"response body, byte {place}" for place in sorted(at)]
