"""What the tests of the whole suite share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from judging import judged

if TYPE_CHECKING:
    from conformance.report import Report


@pytest.fixture(scope="session")
def faithful():
    """The report of each API on the faithful server, made once."""
    known: dict[str, Report] = {}

    def of(api: str) -> Report:
        if api not in known:
            known[api] = judged(api)
        return known[api]

    return of
