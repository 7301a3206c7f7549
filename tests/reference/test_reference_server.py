"""The running server: streams over time, survives rude clients, starts and ends cleanly."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading

import httpx
import pytest

from conformance.reference.deviations import registry
from conformance.reference.dialects import genos as genos_dialect
from conformance.reference.server import ALL, DEFAULT_KEY, ReferenceServer, Settings, application, base_path, serve

BODY = {"messages": [{"role": "user", "content": "Count from one to thirty in words"}], "stream": True}


def test_all_apis_share_one_port(server):
    """Each API stands under its documented base path."""
    assert [base_path(api) for api in ALL] == [
        "/v1",
        "/api/gateway/rep/serving/43",
        "/api/llm",
        "/api/ds-prototypes",
        "/openai/v1",
    ]
    assert server.url("genos") == f"http://127.0.0.1:{server.port}/api/gateway/rep/serving/43"
    with pytest.raises(ValueError, match="multi-llm"):
        server.url("multi-lm")


def test_only_the_chosen_apis_are_served():
    """An API that was not chosen is not there."""
    with ReferenceServer(Settings(apis=("genos",))) as one:
        assert httpx.get(one.url("cloud-temple") + "/models").status_code == 404
        assert httpx.get(one.url("genos") + "/v1/models").status_code == 401


def test_the_key_is_the_chosen_one():
    """The server takes its own key only."""
    with ReferenceServer(Settings(api_key="s3cret-ключ")) as one:
        tries = {
            key: {"Authorization": f"Bearer {key}".encode("latin-1", "replace")} for key in ("s3cret", DEFAULT_KEY)
        }
        assert {httpx.get(one.url("cloud-temple") + "/models", headers=h).status_code for h in tries.values()} == {401}


def test_a_stream_arrives_piece_by_piece(openai_like):
    """Each event of a slow stream arrives by itself, before the stream ends."""
    with ReferenceServer(Settings(tokens_per_second=200)) as slow:
        url = slow.url(openai_like.api) + openai_like.chat_path
        body = BODY | {"model": openai_like.model, "max_tokens": 12}
        with httpx.stream("POST", url, json=body, headers=openai_like.headers) as response:
            pieces = list(response.iter_raw())

    assert len(pieces) >= 12
    assert all(piece.startswith(b"data: ") and piece.endswith(b"\n\n") for piece in pieces)
    assert b"".join(pieces).endswith(b"data: [DONE]\n\n")
    assert response.headers["cache-control"] == "no-cache"
    assert "content-length" not in response.headers


def test_a_stream_under_way_does_not_hold_up_the_end():
    """The server stops at once although a client is still reading."""
    with httpx.Client() as client:
        with ReferenceServer(Settings(tokens_per_second=1)) as slow:
            headers = {"Authorization": f"Bearer {DEFAULT_KEY}"}
            body = BODY | {"model": genos_dialect.MODEL.id}
            request = client.build_request(
                "POST", slow.url("genos") + "/v1/chat/completions", json=body, headers=headers
            )
            response = client.send(request, stream=True)
        with pytest.raises(httpx.TransportError):
            response.read()
        response.close()


def test_nothing_is_left_running():
    """Servers started one after another leave no thread, and free their port."""
    before = threading.active_count()
    for _ in range(5):
        with ReferenceServer() as one:
            port = one.port
            assert httpx.get(one.url("multi-llm") + "/health").status_code == 401

    assert threading.active_count() == before
    with ReferenceServer(port=port) as again:
        assert again.port == port


def test_a_taken_port_is_said_plainly(server):
    """A port in use raises an OSError that names host and port."""
    for start in (lambda: serve(Settings(), server.port), ReferenceServer(port=server.port).__enter__):
        with pytest.raises(OSError, match=rf"127\.0\.0\.1 port {server.port}: Address already in use"):
            start()


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (Settings(apis=("genoss",)), "unknown API 'genoss': did you mean genos"),
        (Settings(deviations=("no-such-thing-at-all",)), "unknown deviation 'no-such-thing-at-all'"),
        (Settings(tokens_per_second=0), "tokens a second"),
        (Settings(latency=-1), "latency"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_settings_are_refused(chosen, message):
    """Unknown names and impossible numbers raise a ValueError before anything is started."""
    with pytest.raises(ValueError, match=message):
        ReferenceServer(chosen)


def test_a_deviation_bends_only_its_apis(monkeypatch):
    """A named deviation wraps the servers of its APIs, and an unknown name gets the nearest ones."""

    def bend(incoming, respond):
        answer = respond(incoming)
        answer.status = 299
        return answer

    made = registry.Deviation("other-status", "Answers 299.", bend, {"genos": {"models.offered"}})
    monkeypatch.setattr("conformance.reference.server.catalogue", lambda: {"other-status": made})
    with ReferenceServer(Settings(deviations=("other-status",))) as bent:
        statuses = [
            httpx.get(bent.url(api) + path).status_code
            for api, path in (("genos", "/v1/models"), ("cloud-temple", "/models"))
        ]

    assert statuses == [299, 401]
    with pytest.raises(ValueError, match="did you mean other-status"):
        application(Settings(deviations=("other-staus",)))


def test_latency_and_pace_are_kept():
    """Every answer waits for the latency, every token for its share of a second."""
    respond = application(Settings(latency=0.25, tokens_per_second=50))._mounts[0].respond
    incoming = _incoming({"model": "granite3.3", "messages": [{"role": "user", "content": "Hi"}], "stream": True})
    answer = respond(incoming)

    assert answer.delay == 0.25
    assert {frame.delay for frame in answer.frames[1:-2]} == {1 / 50}


def _incoming(body):
    from conformance.reference.answer import Incoming

    headers = {"authorization": f"Bearer {DEFAULT_KEY}", "content-type": "application/json"}
    path = "/chat/completions"
    return Incoming(
        "cloud-temple", "createChatCompletion", "POST", path, {}, {}, headers, json.dumps(body).encode(), body
    )


def test_requests_are_served_at_the_same_time():
    """Many slow streams at once take no longer than one: each gets its own events, in order."""

    async def all_at_once(url, headers):
        async with httpx.AsyncClient(headers=headers, timeout=30, verify=False) as client:
            bodies = [
                {"model": "gpt-4", "messages": [{"role": "user", "content": f"Repeat exactly: {n} a b c"}]}
                for n in range(20)
            ]
            return await asyncio.gather(*(client.post(url, json=body) for body in bodies))

    with ReferenceServer(Settings(tokens_per_second=100, latency=0.05)) as one:
        url, headers = one.url("multi-llm") + "/generate/stream", {"X-API-Key": DEFAULT_KEY}
        answers = asyncio.run(all_at_once(url, headers))
        counted = httpx.get(one.url("multi-llm") + "/stats/usage", headers=headers).json()

    for number, answer in enumerate(answers):
        events = answer.text.split("\n\n")[:-2]
        pieces = [json.loads(event[6:])["choices"][0]["delta"]["content"] for event in events]
        assert "".join(pieces) == f"{number} a b c"
    assert counted["total_requests"] == 20


def test_serve_ends_on_an_interrupt():
    """In the foreground the server ends on Ctrl-C, quietly and with status 0."""
    program = (
        "import socket, conformance.reference.server as s\n"
        "found = socket.create_server(('127.0.0.1', 0)); port = found.getsockname()[1]; found.close()\n"
        "print(port, flush=True)\n"
        "s.serve(s.Settings(apis=('genos',)), port, announce=lambda line: print(line, flush=True))"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        port = int(process.stdout.readline())
        url = f"http://127.0.0.1:{port}{base_path('genos')}"
        assert process.stdout.readline().decode() == f"genos  {url}\n"
        assert httpx.get(f"{url}/v1/models").status_code == 401
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=20)

    assert (process.returncode, out, err) == (0, b"", b"")
