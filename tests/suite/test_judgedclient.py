"""The judged client: where it sends, what it judges, what it leaves alone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings
from conformance.settings import runs
from conformance.suite.judgedclient import CannotAsk, JudgedClient
from conformance.transport.budget import NotSent

BODY = {"model": "no-matter", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture
def client_of():
    """Open a client of a server of its own, with deviations, that is no deployment to be changed."""
    opened = []

    def open_client(api, *deviations, key=DEFAULT_KEY):
        server = ReferenceServer(Settings(apis=(api,), deviations=deviations))
        server.__enter__()
        opened.append(server)
        with runs([api], target=server.url(api), key=key) as (run,):
            client = JudgedClient(run)
        opened.append(client)
        return client.__enter__()

    yield open_client
    for context in reversed(opened):
        context.__exit__(None, None, None)


def test_changes_need_permission(client_of):
    """A request that changes the deployment is not sent unless it is allowed."""
    client = client_of("multi-llm")

    with pytest.raises(NotSent, match="changes the deployment"):
        client.request("PUT", "/config/load-balancing", json={"strategy": "round_robin"})
    assert client.exchanges == []


def test_refusal_of_a_documented_request_accuses_nobody(client_of):
    """Why a test's own request is refused is not known; what is wrong with the refusal itself is found."""
    client = client_of("openai", "legal-long-contents-refused")
    assert client.chat("word " * 500).status == 400
    assert client.chat("Hello", temperature=1).status == 200
    assert client.findings() == ()

    wrong = client_of("openai", "error-as-text")
    assert wrong.chat("Hello", n="many").status == 400
    assert wrong.findings()


def test_credential_of_the_test_is_not_judged(client_of):
    """What the test sends with a key of its own is returned, but accuses nobody."""
    client = client_of("openai")
    answer = client.post("/chat/completions", json=BODY, headers={"authorization": "Bearer other"})

    assert (answer.status, answer.findings, client.exchanges) == (401, (), [])
    assert "other" not in repr(answer.request)


@pytest.mark.parametrize("deviation", ["stream-cut", "stream-of-bare-lines"])
def test_garbage_is_a_value(client_of, deviation):
    """Whatever comes back, what a test asks of it is a value."""
    client = client_of("openai", deviation)
    for answer in (client.chat("Hello"), client.chat("Hello", stream=True)):
        assert isinstance(answer.text, str)
        assert answer.json is None or isinstance(answer.json, dict)
        assert isinstance(answer.events, tuple)
    assert client.findings()


def test_several_threads(client_of):
    """Several threads may send at once: nothing is lost, no two exchanges are named the same."""
    client = client_of("openai")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: client.get("/models"), range(8)))

    assert {answer.status for answer in answers} == {200}
    assert {e.id for e in client.exchanges} == {f"request.{n}" for n in range(1, 9)}


def test_closing_leaves_no_thread(client_of):
    """A closed client has ended its thread."""
    client = client_of("openai")
    client.get("/models")
    client.__exit__(None, None, None)

    assert "llm-client" not in {thread.name for thread in threading.enumerate()}


def test_model_is_found_once(client_of):
    """The model is looked for once for all clients that share what was found; what that sends is no test's own."""
    client = client_of("openai")
    found = {}
    with JudgedClient(client._run, found) as first:
        first.chat("Hello")
        assert len(first.exchanges) == 1
    known = dict(found)
    with JudgedClient(client._run, found) as second:
        second.chat("Hello")

    assert known == found
    assert len(found) == 1


def test_no_usable_model_is_said(client_of):
    """Where the target refuses the key, a chat says so and judges nothing."""
    client = client_of("openai", key="wrong")

    with pytest.raises(CannotAsk, match="the credential was refused"):
        client.chat("Hello")
