"""Probes of how HTTP is spoken: codings, kept connections, offers to upgrade, preflights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.exchange.model import NO_SUCH_MODEL
from conformance.probes.asking import SHORT, ask
from conformance.probes.call import Call
from conformance.probes.registry import probe

if TYPE_CHECKING:
    from conformance.probes.call import Calls
    from conformance.probes.target import Target

ORIGIN = "https://app.example.com"
"""The origin of a page that talks to the target."""
_KEEP = (("Connection", "keep-alive"), ("Accept-Encoding", "gzip"))
# The headers of a client that would rather speak HTTP/2; its settings are those of Java's (RFC 7540 § 3.2.1).
_H2C = (
    ("Connection", "Upgrade, HTTP2-Settings"),
    ("Upgrade", "h2c"),
    ("HTTP2-Settings", "AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAAAAUAAEAAAAYABgAA"),
)


@probe()
def http_kept(target: Target) -> Calls:
    """Reads the models and a stream, taking gzip, on connections that it asks to keep."""
    for operation in target.of_kind("models"):
        yield target.call(operation, headers=(*_KEEP, ("Origin", ORIGIN)))
    for operation in target.of_kind("chat"):
        if operation.streams != "never":
            yield target.call(operation, ask(target, operation, SHORT, stream=True), headers=_KEEP)


@probe()
def http_offers(target: Target) -> Calls:
    """Offers to upgrade to h2c, and expects 100-continue before a request that is to be refused."""
    for operation in target.of_kind("models"):
        if target.base_url.lower().startswith("http:"):  # over TLS, ALPN decides
            yield target.call(operation, headers=_H2C)
    for operation in target.of_kind("chat"):
        body = ask(target, operation, SHORT, model=NO_SUCH_MODEL)
        yield target.call(operation, body, headers=(("Expect", "100-continue"),))


@probe()
def http_slash(target: Target) -> Calls:
    """Reads the models at a path that ends in a slash."""
    for operation in target.of_kind("models"):
        call = target.call(operation)
        yield Call(call.method, f"{call.url}/", call.headers)


@probe()
def http_preflight(target: Target) -> Calls:
    """Asks as a browser does whether a page may send a chat request."""
    for operation in target.of_kind("chat"):
        headers = (
            ("Origin", ORIGIN),
            ("Access-Control-Request-Method", operation.method),
            ("Access-Control-Request-Headers", "authorization,content-type"),
        )
        yield Call("OPTIONS", target.base_url + operation.path, headers)
