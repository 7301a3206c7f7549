"""A target that is lost half way is told apart from one that leaves requests without an answer."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from playing import collector

from conformance.contract.load import load_api
from conformance.exchange.model import Ending, Exchange, Piece, Request, Response
from conformance.probes.registry import Probe
from conformance.probes.target import Target
from conformance.transport.budget import Budget, Limits

URL = "http://127.0.0.1:1/v1"
COMPLETE, CUT_SHORT, REFUSED, RESET = Ending.COMPLETE, Ending.CUT_SHORT, Ending.REFUSED, Ending.RESET
FAILING = "failing"
"""A whole answer of status 500."""


def asking(name, count=1):
    """Return a probe that lists the models so many times."""

    def start(target):
        for _ in range(count):
            yield target.call(target.api.operation("listModels"))

    return Probe(name, "", start)


class Scripted:
    """Answers request number n, from 1, as `says(n)` tells, after as many `seconds` as its name is given."""

    def __init__(self, says, seconds):
        self._says, self._seconds, self._number = says, seconds, 0

    async def send(self, call, name):
        """Return what comes of a call, in virtual time."""
        self._number += 1
        started, seconds = asyncio.get_running_loop().time(), self._seconds.get(name, 0.01)
        ending = self._says(self._number)
        status, ending = (500, Ending.COMPLETE) if ending == FAILING else (200, ending)
        answered = ending in {Ending.COMPLETE, Ending.CUT_SHORT}
        pieces = (Piece(0.0, b"{}" if ending is Ending.COMPLETE else b"{"),)
        response = Response(status, "", headers=(("Content-Length", "2"),), pieces=pieces) if answered else None
        await asyncio.sleep(seconds)
        asked = Request(call.method, call.url)
        return Exchange(name, asked, response, ending, "as scripted", started=started, seconds=seconds)


def collected(says, probes, *later, requests=2000, seconds=None):
    """Collect what comes of probes: one request after the other, or two at once where `seconds` says how long."""

    @asynccontextmanager
    async def connect(_concurrency, _seconds, *, direct):
        assert direct
        yield Scripted(says, seconds or {})

    target = Target(replace(load_api("genos"), operations=(load_api("genos").operation("listModels"),)), URL, "k")
    sending = collector(None).func(
        target, Budget(Limits(concurrency=2 if seconds else 1, requests=requests)), lambda e: e
    )
    return replace(sending, connect=connect, runner=collector(None).keywords["runner"]).collect(probes, *later)


def test_what_was_under_way_as_the_target_was_lost_is_not_judged():
    """From the first request without an answer on nothing counts, nothing more is sent, and the reason is said."""
    found = collected(
        lambda n: COMPLETE if n <= 3 else CUT_SHORT if n == 4 else REFUSED, [asking("a"), asking("b", 50)]
    )

    asked = ["presence.1", "presence.2", "presence.3"]
    assert [e.id for e in found.exchanges] == ["discovery.1", "a.1", "b.1"]
    assert [e.id for e in found.lost] == [*(f"b.{number}" for number in range(2, 12)), *asked]
    assert "the target was lost during the run" in found.trouble
    assert found.unsent == {"b": found.trouble}
    assert found.unjudgeable == ""


def test_loss_in_the_last_requests_is_noticed():
    """A target that is gone before the last answer is asked for a sign of life, three times."""
    found = collected(lambda n: COMPLETE if n <= 2 else REFUSED, [asking("a"), asking("b")])

    assert [e.id for e in found.lost] == ["b.1", "presence.1", "presence.2", "presence.3"]
    assert found.trouble


def test_server_errors_of_a_target_that_goes_are_not_judged():
    """What a server answers as it is shut down, or a gateway for it, is no broken promise."""
    found = collected(lambda n: COMPLETE if n <= 2 else FAILING, [asking("a", 20)])

    assert [e.status for e in found.exchanges] == [200, 200]
    assert {e.status for e in found.lost} == {500}
    assert found.trouble.endswith("status 500")


def test_what_is_broken_off_before_the_last_answer_comes_is_not_judged():
    """A server that is shut down finishes some of what it has begun, and breaks off the rest."""
    found = collected(
        lambda n: COMPLETE if n in {1, 3} else FAILING if n == 2 else REFUSED,
        [asking("a", 9), asking("b", 1)],
        seconds={"a.1": 0.1, "b.1": 0.4},
    )

    assert [e.id for e in found.exchanges] == ["discovery.1", "b.1"]
    assert found.lost[0].id == "a.1"
    assert found.lost[0].status == 500
    assert found.unsent.keys() == {"a"}


@pytest.mark.parametrize("many", [1, 10, 12])
@pytest.mark.parametrize("how", [RESET, FAILING])
def test_target_that_leaves_requests_without_an_answer_is_judged(many, how):
    """Where it answers in between, or at the end, requests without an answer are evidence as any other."""
    found = collected(lambda n: how if 1 < n <= 1 + many else COMPLETE, [asking("a", many + 5)])

    assert (found.trouble, found.lost, found.unsent) == ("", [], {})
    assert sum(e.ending is RESET or e.status == 500 for e in found.exchanges if e.id[0] == "a") >= min(many, 10)


def test_target_that_was_never_there_is_not_lost():
    """Nobody is lost who gave no proper answer before: that is told otherwise."""
    found = collected(lambda _: REFUSED, [asking("a", 30)])

    assert (found.lost, [e.id for e in found.exchanges]) == ([], ["discovery.1"])
    assert "cannot be reached" in found.trouble


def test_target_that_cuts_every_answer_is_judged():
    """A head that arrives is a sign of life: what it breaks off is its own doing."""
    found = collected(lambda _: CUT_SHORT, [asking("a", 30)])

    assert (found.trouble, found.lost) == ("", [])
    assert len([e for e in found.exchanges if e.id.startswith("a.")]) == 30


def test_later_stages_see_nothing_of_the_loss():
    """What a first stage leads to is not made of lost answers, and nothing of it is sent."""
    seen = []

    def stage(collection):
        seen.extend(e.id for e in collection.exchanges if e.ending is not COMPLETE and e.id[0] != "p")
        return [asking("later")]

    found = collected(lambda n: COMPLETE if n <= 2 else REFUSED, [asking("a", 2)], stage)

    assert seen == []
    assert found.unsent.keys() == {"a", "later"}


def test_where_the_budget_is_spent_nobody_asks():
    """No sign of life is asked for beyond the budget: what there is is judged."""
    found = collected(lambda n: COMPLETE if n <= 2 else REFUSED, [asking("a", 2)], requests=3)

    assert (found.trouble, found.lost) == ("", [])
