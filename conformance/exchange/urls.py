"""Takes credentials out of URLs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from conformance.exchange.model import FILTERED, INVALID_CREDENTIAL
from conformance.exchange.secrets import ENCODED, PRIVATE

if TYPE_CHECKING:
    from conformance.exchange.secrets import Secrets

_KEY_PARAMETERS = frozenset({"key", "api_key", "api-key", "apikey", "access_token", "token"})
_AUTHORITY = re.compile(r"((?:[a-z][a-z0-9+.-]*:)?//)([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_PARAMETER = re.compile(r"([?&;#])([^=&;#]*)=([^&;#]*)")


def redact_url(url: str, secrets: Secrets) -> str:
    """Return a URL or reference without user information, key parameters and secrets."""
    parts = _AUTHORITY.fullmatch(url)
    start, authority, rest = parts.groups() if parts else ("", "", url)
    return start + _authority(authority, secrets) + secrets.text(_PARAMETER.sub(_parameter, rest))


def _authority(authority: str, secrets: Secrets) -> str:
    user, at, host = authority.rpartition("@")
    host = secrets.text(host)
    for mark, encoded in ENCODED.items():
        host = host.replace(mark, encoded)
    return f"{user and ENCODED[FILTERED]}{at}{host}"


def _parameter(found: re.Match[str]) -> str:
    before, name, value = found.groups()
    if unquote(name).lower() not in _KEY_PARAMETERS or _is_public(unquote(value)):
        return found[0]
    return f"{before}{name}={FILTERED}"


def _is_public(value: str) -> bool:
    return value in {"", INVALID_CREDENTIAL, FILTERED, PRIVATE}
