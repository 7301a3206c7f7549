"""The documented error format of the multi-model service."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from conformance.reference.answer import Answer

if TYPE_CHECKING:
    from conformance.reference.refusal import Refusal

# The documented table ties each of these statuses to one code, for whatever reason it is sent; so an unknown path
# too is a MODEL_NOT_FOUND. The last three statuses are not in the table.
_CODES = {
    400: "INVALID_REQUEST",
    401: "UNAUTHORIZED",
    404: "MODEL_NOT_FOUND",
    503: "MODEL_UNAVAILABLE",
    405: "METHOD_NOT_ALLOWED",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
}


def refused(refusal: Refusal) -> Answer:
    """Return a refusal in the envelope `{"error": {"code", "message", "details", "request_id"}}`."""
    details = {**({"field": refusal.field_name} if refusal.field_name else {}), **refusal.details}
    error = {
        "code": _CODES[refusal.status],
        "message": refusal.message,
        "details": details,
        "request_id": f"req_{uuid4().hex}",
    }
    return Answer(refusal.status, body={"error": error})
