"""A refusal: why a request is not answered, before an API words it in its own error format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(eq=False)
class Refusal(Exception):  # noqa: N818 - to refuse is regular work, not an error of ours
    """A status, a message for people, a reason for programs (`missing`, `unknown-model` …), the field at fault.

    `headers` go with the answer, `details` into the error body where an API documents them.
    """

    status: int
    message: str
    reason: str = "invalid"
    field_name: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
