"""What was noticed on a connection is kept in HAR files."""

from __future__ import annotations

import pytest

from conformance.exchange.har import from_entry, to_entry
from conformance.exchange.model import Exchange, Notice, Request, Response


@pytest.mark.parametrize("noticed", [(), (Notice.SURPLUS,), (Notice.FOLDED, Notice.KEPT), tuple(Notice)])
def test_what_was_noticed_survives_the_recording(noticed):
    """An exchange read again has the same notices."""
    exchange = Exchange("x", Request("GET", "http://t/"), Response(200), noticed=noticed)

    assert from_entry(to_entry(exchange), 1) == exchange


@pytest.mark.parametrize("said", [None, "surplus", 7, {"surplus": 1}, [1, None, "unheard-of", ["kept"]]])
def test_notices_that_make_no_sense_are_left_out(said):
    """Whatever another program writes there, nothing is noticed."""
    entry = to_entry(Exchange("x", Request("GET", "http://t/"), Response(200))) | {"_noticed": said}

    assert from_entry(entry, 1).noticed == ()
