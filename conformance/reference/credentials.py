"""Checks the credentials of a request without ever repeating them."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from conformance.reference.refusal import Refusal

if TYPE_CHECKING:
    from conformance.reference.answer import Incoming


def bearer(incoming: Incoming, key: str) -> bool | None:
    """Tell whether the request bears the key in `Authorization`; None where that field is absent.

    The scheme is compared without case (RFC 9110 § 11.1).
    """
    said = incoming.headers.get("authorization")
    if said is None:
        return None
    scheme, _, token = said.strip().partition(" ")
    return scheme.lower() == "bearer" and same(token.strip(), key)


def same(said: str, key: str) -> bool:
    """Compare two secrets in a time that does not tell how much of them agrees."""
    return hmac.compare_digest(said.encode("utf-8", "surrogatepass"), key.encode("utf-8", "surrogatepass"))


def demand_bearer(incoming: Incoming, key: str) -> None:
    """Refuse with 401 what does not bear the key."""
    if bearer(incoming, key) is not True:
        raise unauthorised("A valid API key is required: Authorization: Bearer <key>.")


def unauthorised(message: str) -> Refusal:
    """Return the refusal of a missing or wrong credential, with the challenge that RFC 9110 § 11.6.1 asks for."""
    return Refusal(401, message, "unauthorised", headers={"WWW-Authenticate": "Bearer"})
