"""Reads recordings, and keeps what is of one API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.exchange.har import HarError
from conformance.exchange.redaction import Redaction
from conformance.recordings.choosing import Choice, Place
from conformance.recordings.files import recorded
from conformance.usage import UsageTrouble

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from conformance.contract.model import Api
    from conformance.recordings.choosing import Chosen


def chosen_from(files: Sequence[Path], apis: Sequence[Api], place: Place | None = None) -> Chosen:
    """Return the exchanges of recordings that are of one of these APIs, credentials taken out.

    Raises:
        UsageTrouble: a file cannot be read, or nothing in it is of such an API.
    """
    choice = Choice(list(apis), place or Place())
    ways = frozenset(way.header for api in apis for way in api.profile.credentials)
    try:
        choice.take(recorded(tuple(files), choice.unwanted, Redaction(credential_headers=ways)))
    except HarError as trouble:
        raise UsageTrouble(str(trouble)) from trouble
    return choice.chosen()
