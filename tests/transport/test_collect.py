"""Collecting keeps within the budget, waits for busy targets, and keeps what was recorded."""

from __future__ import annotations

import pytest

from conformance.contract.load import load_api
from conformance.exchange.model import Ending, Exchange, Request, Response
from conformance.probes.call import Call
from conformance.probes.registry import Probe
from conformance.probes.target import Target
from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings
from conformance.transport.budget import Budget, Limits, NotSent
from conformance.transport.collect import Collector, RecordingFailed, _retry_after


@pytest.fixture
def target():
    """Serve one API and return it as a target."""
    with ReferenceServer(Settings(apis=("genos",))) as server:
        yield Target(load_api("genos"), server.url("genos"), DEFAULT_KEY)


def listing(target):
    """List the models twice."""
    for _ in range(2):
        yield target.call(target.api.operation("listModels"))


def faulty(target):
    """Fail after one call."""
    yield target.call(target.api.operation("listModels"))
    raise ValueError("ours")


PROBES = [Probe("listing", "", listing), Probe("faulty", "", faulty)]


def test_exchanges_come_in_the_order_of_the_probes(target):
    """However they ran, exchanges are in the order of discovery and probes, named for them."""
    found = Collector(target, Budget(Limits()), lambda exchange: exchange).collect(PROBES)

    assert [e.id for e in found.exchanges] == ["discovery.1", "discovery.2", "listing.1", "listing.2", "faulty.1"]
    assert all(e.ending is Ending.COMPLETE for e in found.exchanges)
    assert found.target.model
    assert found.faults == {"faulty": "ValueError: ours"}
    assert (found.unsent, found.trouble, found.interrupted) == ({}, "", False)


def test_probe_that_goes_over_the_budget_is_cut(target):
    """What a probe could not send is said of it."""
    found = Collector(target, Budget(Limits(requests=3)), lambda exchange: exchange).collect(PROBES[:1])

    assert len(found.exchanges) == 3
    assert found.unsent == {"listing": "the budget of 3 requests is spent"}


def test_recording_that_fails_ends_the_run(target):
    """A disk that is full ends the run with what the system said."""

    def record(exchange):
        if exchange.id.startswith("listing"):
            raise OSError(28, "No space left on device")
        return exchange

    with pytest.raises(RecordingFailed, match="No space left on device"):
        Collector(target, Budget(Limits()), record).collect(PROBES)


@pytest.mark.parametrize(
    ("limits", "call", "reason"),
    [
        (Limits(requests=1), Call("GET", "/", ()), "1 requests"),
        (Limits(output_tokens=10), Call("GET", "/", (), tokens=11), "10 output tokens"),
        (Limits(seconds=0), Call("GET", "/", ()), "0 seconds"),
        (Limits(), Call("PUT", "/", (), effect="configure"), "--allow-configure"),
    ],
)
def test_budget_refuses(limits, call, reason):
    """A call over a limit is not counted as spent."""
    budget = Budget(limits, requests=1)
    with pytest.raises(NotSent, match=reason):
        budget.debit(call)
    assert (budget.requests, budget.output_tokens) == (1, 0)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (None, 1.0),
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("Wed, 21 Oct 2015 07:28:05 GMT", 4.0),
        ("Wed, 21 Oct 2015 07:27:00 GMT", 0.0),
        ("soon", 1.0),
        ("-5", 1.0),
        ("٣", 1.0),
        ("", 1.0),
        ("9" * 400, float("inf")),
    ],
)
def test_retry_after(said, seconds):
    """Seconds or a date are understood (RFC 9110 § 10.2.3); anything else is one second."""
    headers = () if said is None else (("Retry-After", said),)
    start = 1445412480.0  # Wed, 21 Oct 2015 07:28:00 GMT
    exchange = Exchange("x", Request("GET", "/"), Response(429, headers=headers), started=start, seconds=1.0)

    assert _retry_after(exchange) == seconds
