"""The command `proxy` judges what any client and a target say to each other, and tells their faults apart."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time

import httpx
import pytest
from invoking import COMMAND, environment

from conformance.exchange.har import read
from conformance.reference.server import DEFAULT_KEY

BEARER = {"Authorization": f"Bearer {DEFAULT_KEY}"}
ASKED = {"model": "reference-mini", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 8}


class Proxied:
    """A running proxy: its base URL, and what it said when it ended."""

    def __init__(self, target, folder, *words):
        said = ["proxy", "--api", "openai", "--target", target, "--port", "0", "--report-dir", str(folder), *words]
        variables = environment(PYTHONUNBUFFERED="1", COLUMNS="200")
        self.process = subprocess.Popen(
            [COMMAND, *said], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=variables
        )
        self.first = self.process.stdout.readline()
        self.url = re.search(r"to (http://127\.0\.0\.1:\d+\S*);", self.first).group(1)
        (self.folder,) = folder.iterdir()

    def line(self, part):
        """Wait for a line with this part; everything until then is kept in `first`."""
        while part not in (line := self.process.stdout.readline()):
            assert line, f"it ended without {part!r}: {self.first}"
            self.first += line
        return line

    def end(self):
        """End it as a user does; return its exit status, all that it said, and the report."""
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, self.first + out + err, json.loads((self.folder / "report.json").read_text())


@pytest.fixture
def proxied(serving, tmp_path):
    """Start the proxy before a reference server that deviates as named."""
    running = []

    def start(*words, deviations=()):
        running.append(Proxied(serving("openai", *deviations, tokens_per_second=1e6), tmp_path / "reports", *words))
        return running[-1]

    yield start
    for each in running:
        each.process.kill()
        each.process.communicate()


def verdicts(report):
    return {row["id"]: row["verdict"] for row in report["requirements"]}


def test_faults_are_told_apart(proxied):
    """A server's fault is told live as the server's, a client's as the client's, and both are in the report."""
    proxy = proxied(deviations=("chat-without-choices",))
    chat = f"{proxy.url}/chat/completions"
    with httpx.Client(headers=BEARER) as client:
        assert client.get(f"{proxy.url}/models").status_code == 200
        assert "choices" not in client.post(chat, json=ASKED).json()
        live = proxy.line(" target  ")
        assert client.post(chat, json={"model": "reference-mini"}).status_code == 400
        blamed = proxy.line(" client  ")
        assert client.post(chat, json=ASKED, headers={"Authorization": "Bearer some-wrong-key"}).status_code == 401
        assert client.put(chat, content=b"{}").status_code == 405
    status, said, report = proxy.end()

    assert "chat.shape" in live
    assert "createChatCompletion" in live
    assert "'messages' is a required property" in blamed
    assert "answered with 400" in blamed
    assert (status, report["exit_status"], verdicts(report)["chat.shape"]) == (1, 1, "fail")
    assert [(each["message"], each["status"]) for each in report["client"]] == [
        ("'messages' is a required property", 400),
        ("the target does not accept the credential", 401),
        ("the method is not documented for this path", 405),
    ]
    assert all(each["curl"].startswith("curl ") for each in report["client"])
    assert [name for name, verdict in verdicts(report).items() if verdict in {"fail", "warn", "error"}] == [
        "chat.shape"
    ]
    assert "Traceback" not in said
    kept = said + "".join(path.read_text(encoding="utf-8") for path in proxy.folder.iterdir())
    assert DEFAULT_KEY not in kept
    assert "some-wrong-key" not in kept


def test_bytes_are_those_of_the_target_and_nobody_is_blamed(proxied):
    """Nobody gets a finding who keeps to the documents; curl sees the same through the proxy, whole and streamed."""
    proxy = proxied()
    target = re.search(r"at (http://\S+):", proxy.first).group(1)
    words = ["curl", "-sS", "-i", "-N", "-H", f"Authorization: {BEARER['Authorization']}"]
    words += ["-H", "Content-Type: application/json", "--data-binary"]
    for extra in ({}, {"stream": True}):
        both = [
            subprocess.run(
                [*words, json.dumps(ASKED | extra), f"{base}/chat/completions"], capture_output=True, check=True
            )
            for base in (target, proxy.url)
        ]
        direct, through = (_settled(done.stdout) for done in both)
        assert direct == through
    status, _, report = proxy.end()

    assert status == 3
    assert {"fail", "warn", "error"} & set(verdicts(report).values()) == set()
    assert (report["client"], report["spent"]["requests"]) == ([], 2)


def _settled(answer):
    """Return an answer without what differs from one to the next: ids, times, rate limits."""
    return re.sub(
        rb'chatcmpl-\w+|req_\w+|"created":\d+|(?im:^(date|x-ratelimit-\S+|openai-processing-ms):.*$)', b"", answer
    )


def test_killed_proxy_leaves_what_it_saw(proxied):
    """After kill -9 the recording is a whole HAR with every exchange until then, and nothing goes on running."""
    proxy = proxied()
    with httpx.Client(headers=BEARER) as client:
        for _ in range(3):
            client.get(f"{proxy.url}/models")
    recording = proxy.folder / "exchanges.har"
    deadline = time.monotonic() + 20
    while len(read(recording)) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    children = _children(proxy.process.pid)
    os.kill(proxy.process.pid, signal.SIGKILL)
    proxy.process.wait()

    assert [exchange.status for exchange in read(recording)] == [200] * 3
    assert DEFAULT_KEY not in recording.read_text(encoding="utf-8")
    while any(map(_runs, children)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert children
    assert not any(map(_runs, children))


def _children(pid):
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=True)
    return [int(line) for line in found.stdout.split()]


def _runs(pid):
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(found.stdout.strip()) and not found.stdout.startswith("Z")


def test_real_answers_are_bent_for_the_client_alone(proxied):
    """With a deviation the client gets the bent answer; what is recorded and judged is what the target sent."""
    proxy = proxied("--deviate", "chat-without-choices", "--deviate", "stream-without-done")
    with httpx.Client(headers=BEARER) as client:
        assert client.get(f"{proxy.url}/models").json()["data"]
        assert client.post(f"{proxy.url}/chat/completions", json=ASKED).json().keys() >= {"id", "usage"}
        assert "choices" not in client.post(f"{proxy.url}/chat/completions", json=ASKED).json()
        with client.stream("POST", f"{proxy.url}/chat/completions", json=ASKED | {"stream": True}) as answer:
            assert "data: [DONE]" not in list(answer.iter_lines())
    _, said, report = proxy.end()

    assert "bent: chat-without-choices, stream-without-done, first in proxy.2" in said
    assert [verdicts(report)[name] for name in ("chat.shape", "stream.done")] == ["pass", "pass"]
    assert all(b"choices" in each.response.body for each in read(proxy.folder / "exchanges.har")[1:])


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--target", "ftp://x"], "no base URL"),
        (["--target", "http://127.0.0.1:9/v1", "--deviate", "no-such"], "unknown deviation 'no-such'"),
        (
            ["--target", "http://127.0.0.1:9/v1", "--deviate", "choices-only-one"],
            "it changes the request",
        ),
    ],
)
def test_misuse_ends_in_one_line(said, tmp_path, words, why):
    """What cannot be done is one line and exit status 2, and nothing is written."""
    done = said("proxy", "--api", "openai", "--report-dir", str(tmp_path / "reports"), *words)
    assert (done.status, len(done.err.splitlines()), why in done.err) == (2, 1, True), done.err
    assert not (tmp_path / "reports").exists()


def test_port_in_use_ends_in_one_line(process, serving, tmp_path):
    """A taken port is one line and exit status 2; no empty report stays."""
    target = serving("openai")
    port = target.split("/")[2].partition(":")[2]
    folder = tmp_path / "reports"
    done = process("proxy", "--api", "openai", "--target", target, "--port", port, "--report-dir", str(folder))
    assert (done.status, done.err.strip()) == (
        2,
        f"llm-conformance: cannot listen on 127.0.0.1 port {port}: Address already in use",
    )
    assert list(folder.iterdir()) == []


def test_target_that_is_down_is_inconclusive(tmp_path):
    """Nobody is blamed for a connection that could not be made; the terminal says so at once."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        proxy = Proxied(f"http://127.0.0.1:{taken.getsockname()[1]}/v1", tmp_path / "reports")
        answer = httpx.get(f"{proxy.url}/models", headers=BEARER)
        proxy.line(" proxy ")
        status, said, report = proxy.end()

    assert (answer.status_code, answer.headers["x-llm-conformance-proxy"]) == (502, "target-unreachable")
    assert (status, report["verdict"], report["client"]) == (3, "inconclusive", [])
    assert report["trouble"].startswith("no request got an answer: no connection to ")
    assert {"fail", "warn", "error"} & set(verdicts(report).values()) == set()
    assert "Traceback" not in said
