"""A run that is played in process is judged as one over a real connection."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager

import pytest
from judging import judged_in_process, judged_over_loopback
from playing import Player, VirtualLoop

from conformance.contract.load import api_ids
from conformance.exchange.model import Ending, Notice
from conformance.probes.call import Call
from conformance.reference.answer import Answer, Frame
from conformance.reference.app import Application, Mount
from conformance.reference.listener import StoppableServer, listening_socket
from conformance.reference.routes import Routes
from conformance.transport.client import connect

TELLING = (
    ("genos", "stream-cut"),
    ("neuroflash", "stream-buffered"),
    ("multi-llm", "stream-left-stays-locked"),
    ("multi-llm", "usage-counts-nothing"),
    ("cloud-temple", "no-request-id"),
    ("cloud-temple", "stream-declared-as-text"),
    ("cloud-temple", "any-credential-taken"),
    ("genos", "credential-in-a-header"),
    ("genos", "legal-slow-head"),
    ("cloud-temple", "legal-pauses"),
)
"""Deviations in how an answer arrives, in its head, in what a server remembers."""
CASES = [(api, ()) for api in api_ids()] + [(api, (name,)) for api, name in TELLING]
LIMIT = 0.5
"""Seconds that one call may take here."""
PATIENT = 4.0
"""Seconds that are more than the client waits for the end of a stream after `[DONE]`."""


def verdicts(report):
    return {result.requirement.id: result.verdict for result in report.results}


@pytest.mark.parametrize(("api", "names"), CASES, ids=str)
def test_played_run_is_judged_as_a_real_one(api, names):
    """Every requirement has the verdict that it has over loopback."""
    assert verdicts(judged_in_process(api, *names)) == verdicts(judged_over_loopback(api, *names))


def test_played_run_is_the_same_each_time():
    """Nothing depends on how fast a machine is: the number of requests and the verdicts are the same."""
    first, second = (judged_in_process("multi-llm", "usage-counts-nothing") for _ in range(2))

    assert verdicts(first) == verdicts(second)
    assert first.spent.requests == second.spent.requests


def answered(incoming):
    """Answer each path with one thing that HTTP does to an answer."""
    frames = [Frame({"n": number}, delay=0.03) for number in range(6)]
    return {
        "/object": lambda: Answer(200, {"X-One": "1"}, {"a": "é"}),
        "/nothing": lambda: Answer(200),
        "/empty": lambda: Answer(204, {"Allow": "GET"}, {"a": 1}),
        "/refused": lambda: Answer(418, {"Content-Type": ""}, b"short and stout"),
        "/odd": lambda: Answer(299, {}, {}),
        "/stream": lambda: Answer(frames=frames),
        "/cut-stream": lambda: Answer(frames=frames, cut=30),
        "/cut-object": lambda: Answer(body={"a": "b"}, cut=3),
        "/cut-at-end": lambda: Answer(body=b"abc", cut=3),
        "/late": lambda: Answer(body={}, delay=5.0),
        "/late-stream": lambda: Answer(frames=[Frame("x"), Frame("y", delay=5.0)]),
        "/less-than-declared": lambda: Answer(200, {"Content-Length": "9"}, b"abc"),
        "/more-than-declared": lambda: Answer(200, {"Content-Length": "2"}, b"abc"),
        "/held": lambda: Answer(frames=[Frame("x"), Frame("[DONE]", delay=0.03), Frame(raw=b"", delay=9.0)]),
        "/fault": lambda: 1 / 0,
        "/echo": lambda: Answer(
            body=[
                incoming.method,
                incoming.path,
                incoming.query,
                incoming.body.decode(),
                sorted(incoming.headers.items()),
            ]
        ),
    }[incoming.path]()


APP = Application((Mount("x", Routes(("/base",), {}), answered),))


@contextmanager
def served():
    listening = listening_socket(0, "127.0.0.1")
    server = StoppableServer(APP)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    server.listening.wait(10)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/base"
    server.stop()
    thread.join()


def both(method, path, *, headers=(("X-Two", "b"),), limit=LIMIT, **more):
    """Return the exchange of one call over loopback, and played."""

    async def over(url):
        async with connect(1, limit, direct=True) as client:
            return await client.send(Call(method, url + path, headers, **more), "it")

    async def played(url):
        return await Player(APP, limit).send(Call(method, url + path, headers, **more), "it")

    with served() as url, asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return asyncio.run(over(url)), runner.run(played(url))


def seen(exchange):
    """Return what a client sees of an exchange, the time apart."""
    head = exchange.response
    fields = [(name, "now" if name == "date" else value) for name, value in head.headers] if head else []
    pieces = [piece.data for piece in head.pieces] if head else []
    return (
        exchange.ending,
        exchange.detail,
        exchange.noticed,
        head and (head.status, head.reason, head.http_version),
        fields,
        pieces,
    )


@pytest.mark.parametrize(
    ("method", "path", "ending"),
    [
        ("GET", "/object", Ending.COMPLETE),
        ("HEAD", "/object", Ending.COMPLETE),
        ("HEAD", "/stream", Ending.COMPLETE),
        ("GET", "/nothing", Ending.COMPLETE),
        ("GET", "/empty", Ending.COMPLETE),
        ("GET", "/refused", Ending.COMPLETE),
        ("GET", "/odd", Ending.COMPLETE),
        ("GET", "/stream", Ending.COMPLETE),
        ("GET", "/cut-stream", Ending.CUT_SHORT),
        ("GET", "/cut-object", Ending.CUT_SHORT),
        ("GET", "/cut-at-end", Ending.COMPLETE),
        ("GET", "/late", Ending.TIMED_OUT),
        ("GET", "/late-stream", Ending.TIMED_OUT),
        ("GET", "/less-than-declared", Ending.TIMED_OUT),
        ("GET", "/more-than-declared", Ending.CUT_SHORT),
        ("GET", "/fault", Ending.COMPLETE),
        ("GET", "/echo?a=%20b&c=d/e", Ending.COMPLETE),
        ("POST", "/echo", Ending.COMPLETE),
    ],
)
def test_player_shows_what_uvicorn_shows(method, path, ending):
    """An exchange that is played has the ending, the head and the pieces of a real one."""
    real, played = both(method, path)

    assert seen(played) == seen(real)
    assert played.ending is ending


def test_player_sends_what_the_client_sends():
    """The body and the header fields of a request reach the application as over a connection."""
    real, played = both("PUT", "/echo", body="žluť".encode())

    assert seen(played) == seen(real)
    assert "žluť" in played.response.body.decode()


def test_player_leaves_a_stream():
    """A client that leaves has the pieces until then, and the application stops writing."""
    real, played = both("GET", "/stream", leave_after=2)

    assert seen(played) == seen(real)
    assert (played.ending, len(played.response.pieces)) == (Ending.ABANDONED, 2)


@pytest.mark.parametrize("said", ["keep-alive", "close"])
def test_player_keeps_or_closes_a_connection(said):
    """A call that asks for its connection to be kept, or closed, notices what it would of uvicorn."""
    real, played = both("GET", "/object", headers=(("Connection", said),))

    assert seen(played) == seen(real)
    assert played.noticed == ((Notice.KEPT,) if said == "keep-alive" else ())


def test_player_waits_little_for_the_end_after_done():
    """A stream that is held open after `[DONE]` is noticed as the client notices it."""
    real, played = both("GET", "/held", limit=PATIENT)

    assert seen(played) == seen(real)
    assert played.noticed == (Notice.HELD,)


def test_virtual_time_passes_without_waiting():
    """What sleeps wakes in the order of the clock, after as many seconds as it said, and nobody waits."""
    woken = []

    async def sleeping(seconds):
        await asyncio.sleep(seconds)
        woken.append((seconds, asyncio.get_running_loop().time()))

    async def all_of_them():
        await asyncio.gather(*map(sleeping, (3000.0, 1000.0, 2000.0)))

    before = time.monotonic()
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(all_of_them())

    assert woken == [(s, pytest.approx(s)) for s in (1000.0, 2000.0, 3000.0)]
    assert time.monotonic() - before < 1000


def test_waiting_for_what_never_happens_is_a_fault():
    """A played run that is stuck says so; it does not hang."""

    async def stuck():
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="never happens"), asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(stuck())
