"""Judges whether errors show what belongs to the server's own suppliers: their keys, addresses behind the server."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.judges.outcome import Kept
from conformance.judges.registry import judge
from conformance.judges.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

_KEY = re.compile(
    r"\bsk-(?:[a-z]+-)*[A-Za-z0-9_]{20,}|\bAIza[0-9A-Za-z_-]{35}|\bAKIA[0-9A-Z]{16}\b|\bhf_[A-Za-z0-9]{30,}"
    r"|\bgsk_[A-Za-z0-9]{40,}|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}|\bhttps?://[^\s/@:\"']+:[^\s/@\"']+@"
)
"""Keys of well-known services, signed tokens, and addresses with a password in them."""
_ADDRESS = re.compile(r"\b(?:https?|grpc|postgres(?:ql)?|redis|mongodb|amqp)://(\[[0-9a-fA-F:.]+\]|[\w.-]+)")
_INTERNAL = re.compile(r"(?i)(?:\.svc|\.cluster\.local|\.internal|\.intranet|\.lan)$")
_DISTINCT = 8
"""Different characters that a key has at least; a placeholder such as `sk-xxxx…` has fewer."""
_SEARCHED = 200_000


def _errors(row: Requirement, evidence: Evidence) -> Iterator[tuple[Reading, str]]:
    """Yield each error body with what it says that the request did not."""
    for reading in evidence.of(row):
        if reading.status >= 400 and reading.body:
            yield reading, reading.body[:_SEARCHED].decode(errors="replace")


@judge
def error_shows_no_key(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """No error body shows a key of a well-known service; one that the request sent is another promise's."""
    for reading, text in _errors(row, evidence):
        sent = _sent(reading)
        found = (match[0] for match in _KEY.finditer(text) if match[0] not in sent)
        key = next((key for key in found if len(set(key)) >= _DISTINCT), "")
        if key:
            yield reading.finding("an error shows a key", "words for the client only", f"{key[:8]}…", "body")
        else:
            yield Kept(reading.exchange.id)


@judge
def error_shows_no_address(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """No error body shows an address behind the server: of a private network, of a cluster's inside."""
    for reading, text in _errors(row, evidence):
        own, sent = urlsplit(reading.exchange.request.url).hostname or "", _sent(reading)
        hosts = ((match[1].strip("[]"), match[0]) for match in _ADDRESS.finditer(text))
        address = next((whole for host, whole in hosts if host != own and whole not in sent and is_internal(host)), "")
        if address:
            yield reading.finding("an error shows an address behind the server", "none", shown(address), "body")
        else:
            yield Kept(reading.exchange.id)


def is_internal(host: str) -> bool:
    """Tell whether a host is one of a private network, or a name that only a cluster's inside knows."""
    try:
        address = ip_address(host)
    except ValueError:
        return bool(_INTERNAL.search(host))
    return address.is_private and not address.is_loopback


def _sent(reading: Reading) -> str:
    request = reading.exchange.request
    heads = "\n".join(value for _, value in request.headers)
    return f"{request.url}\n{heads}\n{request.body.decode(errors='replace')}"
