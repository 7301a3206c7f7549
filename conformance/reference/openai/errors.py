"""OpenAI's error envelope."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.answer import Answer

if TYPE_CHECKING:
    from conformance.reference.refusal import Refusal

_CODES = {
    "unauthorised": "invalid_api_key",
    "unknown-model": "model_not_found",
    "unknown-path": "not_found",
    "missing": "missing_required_parameter",
    "malformed": "invalid_json",
    "media-type": "unsupported_media_type",
    "method": "method_not_allowed",
    "too-large": "request_too_large",
    "wrong-type": "invalid_value",
    "context": "context_length_exceeded",
}


def refused(refusal: Refusal) -> Answer:
    """Return a refusal in the envelope `{"error": {"message", "type", "param", "code"}}`."""
    error = {
        "message": refusal.message,
        "type": "authentication_error" if refusal.status == 401 else "invalid_request_error",
        "param": refusal.field_name or None,
        "code": _CODES.get(refusal.reason, "invalid_value"),
    }
    return Answer(refusal.status, body={"error": error})
