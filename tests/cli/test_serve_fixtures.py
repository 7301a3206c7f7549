"""`serve --fixtures` plays recordings back, and says in one line what cannot be played."""

from __future__ import annotations

import json
import signal
import subprocess
from contextlib import contextmanager

import httpx
import pytest
from invoking import COMMAND, environment

from conformance.contract.load import data

GENOS = data("fixtures") / "genos" / "recorded-createChatCompletion.har"
WILD = data("fixtures") / "wild" / "sse-truncated.har"


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--fixtures", "no-such-place.har"), "no-such-place.har"),
        (("--fixtures", "empty"), "no exchange in it that can be played"),
        (("--fixtures", "text.har"), "text.har"),
        (("--fixtures", str(GENOS), "--deviate", "stream-cut"), "--deviate is for the reference server"),
        (("--fixtures", str(GENOS), "--tokens-per-second", "250"), "--tokens-per-second is for the reference server"),
        (("--fixtures", str(GENOS), "--latency", "0"), "--latency is for the reference server"),
        (("--fixtures", str(GENOS), "--api", "genos"), "--api is for the reference server"),
        (("--fixtures", str(GENOS), "--timing", "soon"), "--timing is recorded, none or a number of seconds"),
        (("--fixtures", str(GENOS), "--timing", "nan"), "--timing is recorded, none or a number of seconds"),
        (("--fixtures", str(GENOS), "--timing", "-1"), "--timing is recorded, none or a number of seconds"),
        (("--fixtures", str(GENOS), "--split", "words"), "words"),
        (("--fixtures", str(GENOS), "--api-key", "a\nb"), "cannot stand in a header"),
        (("--timing", "none"), "name them with --fixtures"),
        (("--split", "bytes"), "name them with --fixtures"),
        (("--base-path", "/v1"), "name them with --fixtures"),
    ],
)
def test_what_cannot_be_played(said, tmp_path, monkeypatch, words, part):
    """Each wrong word is named in one line, with status 2, before anything is served."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.har").write_text("no JSON")
    ended = said("serve", *words)

    assert (ended.status, ended.out) == (2, "")
    assert part in ended.err.strip().splitlines()[-1]
    assert "Traceback" not in ended.err


@contextmanager
def served(*words):
    """Start the command; yields it and the base URL that it names."""
    command = [COMMAND, "serve", "--port", "0", *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(PYTHONUNBUFFERED="1")
    ) as running:
        try:
            yield running, running.stdout.readline().split()[-1]
        finally:
            running.kill()


def test_a_recording_is_played_until_interrupted():
    """The answer is the recorded one, a miss is told, and the end says how much of the recordings was asked for."""
    entry = json.loads(GENOS.read_text(encoding="utf-8"))["log"]["entries"][0]
    body = json.loads(entry["request"]["postData"]["text"])
    headers = {"Authorization": "Bearer whatever"}
    with served("--fixtures", str(GENOS), "--timing", "none") as (running, url):
        with httpx.Client(trust_env=False, headers=headers) as client:
            hit = client.post(f"{url}/v1/chat/completions", json=body)
            miss = client.post(f"{url}/v1/chat/completions", json=body | {"temperature": 1.5})
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=20)

    assert hit.text == entry["response"]["content"]["text"]
    assert (miss.status_code, miss.json()["error"]["type"]) == (404, "not_recorded")
    assert f"nearest: {entry['_id']} in {GENOS.name}; differs at /temperature" in err
    assert out.splitlines()[-1] == "played 1 of 1 recordings; requests that none answers: 1"
    assert running.returncode == 0


def test_a_stream_that_broke_off_breaks_off_again():
    """The recorded ending is played too, below another base path and with every byte by itself."""
    entry = json.loads(WILD.read_text(encoding="utf-8"))["log"]["entries"][0]
    path = entry["request"]["url"].partition("/v1")[2]
    headers = {"Authorization": "Bearer whatever", "Content-Type": "application/json"}
    with served("--fixtures", str(WILD), "--base-path", "/here", "--split", "bytes") as (_, base):
        content = entry["request"]["postData"]["text"]
        with (
            httpx.Client(trust_env=False) as client,
            client.stream("POST", base + path, headers=headers, content=content) as answer,
        ):
            assert answer.status_code == 200
            with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
                answer.read()


def test_a_folder_is_played():
    """Every recording below a folder is there, and each base path is told."""
    with served("--fixtures", str(GENOS.parent)) as (running, url):
        with httpx.Client(trust_env=False) as client:
            answer = client.get(f"{url}/models")
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=20)

    assert answer.json()["error"]["type"] == "not_recorded"
    assert "played 0 of 4 recordings" in out
