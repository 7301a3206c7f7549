"""Collecting keeps within the budget, waits for busy targets, and keeps what was recorded."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from playing import collector

from conformance.contract.load import load_api
from conformance.exchange.model import Ending, Exchange, Request, Response
from conformance.probes.call import Call
from conformance.probes.registry import Probe
from conformance.probes.target import Target
from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings
from conformance.transport.budget import Budget, Limits, NotSent
from conformance.transport.collect import Collector, RecordingFailed, _retry_after

URL = "http://127.0.0.1:1/v1"


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
    ("status", "wait_out", "tries"), [(429, True, 5), (503, True, 3), (429, False, 1), (500, True, 1)]
)
def test_busy_target_is_asked_again(status, wait_out, tries):
    """A call that was too much is sent five times, one that the target cannot take three times, others once."""
    found = busy(lambda _: status, [calling("asked", wait_out=wait_out)])

    assert [e.id for e in found.exchanges if e.id.startswith("asked")] == [f"asked.{n + 1}" for n in range(tries)]


def test_too_many_requests_make_the_rest_of_the_run_calmer():
    """A target that takes three at once answers every call in the end, and nothing is sent that it can take no more."""
    found = busy(lambda inside: 429 if inside > 3 else 200, [calling(f"p{n}", count=6) for n in range(12)])

    said = [e.status for e in sorted(found.exchanges, key=lambda e: e.started)]
    assert 429 in said
    assert 429 not in said[-40:]
    assert said.count(200) == 12 * 6 + len(found.exchanges[:1])


def calling(name, count=1, **how):
    """Return a probe that lists the models so many times."""

    def start(target):
        for _ in range(count):
            yield target.call(target.api.operation("listModels"), **how)

    return Probe(name, "", start)


def busy(status, probes):
    """Collect from an application whose status depends on how many requests are under way."""
    inside = 0

    async def app(_scope, _receive, send):
        nonlocal inside
        inside += 1
        said = status(inside)
        await asyncio.sleep(0.1)
        inside -= 1
        await send({"type": "http.response.start", "status": said, "headers": [(b"retry-after", b"1")]})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    target = Target(replace(load_api("genos"), operations=(load_api("genos").operation("listModels"),)), URL, "k")
    return collector(app)(target, Budget(Limits()), lambda exchange: exchange).collect(probes)


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
