"""Recorded requests are sent one after the other, within the budget, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from conformance.contract.load import load_api
from conformance.exchange.model import Ending, Exchange, Response
from conformance.probes.target import Target
from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings
from conformance.transport.budget import Budget, Limits
from conformance.transport.collect import Collection
from conformance.transport.resend import InTurn, listens, resend


@pytest.fixture
def target():
    """Serve one API and return it as a target."""
    with ReferenceServer(Settings(apis=("genos",))) as server:
        yield Target(load_api("genos"), server.url("genos"), DEFAULT_KEY, model="m")


def test_calls_are_sent_in_turn_without_a_discovery(target):
    """Each exchange is named as its call, redacted by `record`, and begins when the one before has ended."""
    budget, call = Budget(Limits()), target.call(target.api.operation("listModels"))
    recorded = []

    def record(exchange):
        recorded.append(exchange)
        return replace(exchange, detail="redacted")

    found, unsent = resend(target, {"a.7": call, "a.9": call, "b.1": call}, budget, record)

    assert (list(found), unsent, budget.requests) == (["a.7", "a.9", "b.1"], {}, 3)
    assert [found[name].id for name in found] == list(found)
    assert {(e.status, e.detail) for e in found.values()} == {(200, "redacted")}
    assert all(a.started + a.seconds <= b.started for a, b in pairwise(recorded))


def test_what_the_budget_forbids_is_not_sent(target):
    """A change that is not allowed, and what goes over the budget, is said."""
    call = target.call(target.api.operation("listModels"))
    calls = {"a.1": replace(call, effect="configure"), "a.2": call, "a.3": call}
    found, unsent = resend(target, calls, Budget(Limits(requests=1)), lambda exchange: exchange)

    assert list(found) == ["a.2"]
    assert "--allow-configure" in unsent["a.1"]
    assert "the budget of 1 requests is spent" in unsent["a.3"]


def test_a_busy_target_is_asked_again(target):
    """The last answer counts."""
    said = iter([429, 200])

    class Client:
        async def __aenter__(self):
            return self

        async def __aexit__(self, *_):
            pass

        async def send(self, call, name):
            status = next(said)
            return Exchange(name, call, Response(status, headers=(("Retry-After", "0"),)), Ending.COMPLETE)

    def in_turn(*words):
        return InTurn(*words, connect=lambda *_, **__: Client())

    call = target.call(target.api.operation("listModels"))
    found, _ = resend(target, {"a.1": call}, Budget(Limits()), lambda exchange: exchange, collector=in_turn)
    assert (found["a.1"].status, found["a.1"].id) == (200, "a.1")


def test_an_interrupt_is_passed_on(target):
    """An interrupted replay is no replay."""

    class Interrupted(InTurn):
        def collect(self, *_):
            return Collection(self.target, interrupted=True)

    with pytest.raises(KeyboardInterrupt):
        resend(target, {}, Budget(Limits()), lambda exchange: exchange, collector=Interrupted)


def test_whether_anything_listens(target):
    """Only addresses of this machine are knocked at."""
    assert listens(target.base_url)
    assert not listens("http://127.0.0.1:1/v1")
    assert listens("http://192.0.2.1/v1")
