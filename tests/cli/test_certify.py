"""`certify` writes a bundle, `verify` checks it: exit statuses, one line for every trouble, nothing left out."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import pytest
from invoking import environment

from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings

FEW = """
from conformance.generation.effort import QUOTAS, Effort, Quota
QUOTAS[Effort.THOROUGH] = Quota(valid=2, invalid=2, sequences=1, shrinking=2, shrunk=1)
from conformance.cli import main
main()
"""
"""The command, drawing less than a certificate needs, so that it takes seconds."""
ANYWHERE = ("certify", "--api", "multi-llm", "--target", "http://127.0.0.1:9/api/llm")


def command(folder, *words):
    """Start the command as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", FEW, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=environment(LLM_CONFORMANCE_API_KEY=DEFAULT_KEY),
    )


def ended(folder, *words):
    """Run the command; returns its exit status and all that it said."""
    with command(folder, *words) as running:
        out, err = running.communicate(timeout=120)
    assert "Traceback" not in out + err
    return running.returncode, " ".join((out + err).split())


def test_certificate_from_key_to_verification(serving, tmp_path):
    """A faithful target gets a signed certificate, which is verified by the key; one altered byte is refused."""
    assert ended(tmp_path, "certify", "--new-key", "key.pem")[0] == 0
    status, text = ended(
        tmp_path, *ANYWHERE[:3], "-u", serving("multi-llm"), "--sign", "key.pem", "-o", "bundle.zip", "--seed", 3
    )
    assert status == 0, text
    assert "bundle.zip: a certificate of conformance, signed (multi-llm-2026-11: core," in text
    status, text = ended(tmp_path, "verify", "bundle.zip", "--public-key", "key.pem.pub", "--report")
    assert (status, "verified: a certificate of conformance (multi-llm-2026-11: core," in text) == (0, True), text
    assert "multi-llm: conformant" in text
    assert "files: none was altered" in text
    raw = bytearray((tmp_path / "bundle.zip").read_bytes())
    raw[len(raw) // 2] ^= 1
    (tmp_path / "bundle.zip").write_bytes(raw)
    status, text = ended(tmp_path, "verify", "bundle.zip")
    assert (status, "bundle.zip is refused: its " in text, "altered" in text) == (2, True, True), text


def test_broken_target_gets_evidence(serving, tmp_path):
    """A target that breaks a must gets a bundle that says so, and status 1."""
    url = serving("multi-llm", "generate-total-counts-prompt-twice")
    status, text = ended(tmp_path, *ANYWHERE[:3], "-u", url, "-o", "bundle.zip")
    assert (status, "no certificate but evidence" in text) == (1, True), text


@contextmanager
def under_way(folder, url):
    """Start to certify, and yield the command once some fixed probes were answered."""
    with command(folder, *ANYWHERE[:3], "-u", url, "-o", "bundle.zip", "--concurrency", 1) as running:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            recordings = list(folder.glob("reports/*/exchanges.har"))
            if recordings and recordings[0].read_bytes().count(b'"_ending"') >= 20:
                break
            time.sleep(0.01)
        yield running


def test_target_that_dies_half_way_is_inconclusive(tmp_path):
    """A target that is gone while it is judged gets no certificate, and is blamed for nothing that it broke off."""
    with ExitStack() as stopping:
        url = stopping.enter_context(ReferenceServer(Settings(apis=("multi-llm",), latency=0.02))).url("multi-llm")
        with under_way(tmp_path, url) as running:
            stopping.close()
            text = " ".join("".join(running.communicate(timeout=120)).split())
    assert "Traceback" not in text
    assert (running.returncode, "no certificate but evidence" in text) == (3, True), text
    assert "the target was lost during the run" in text
    status, text = ended(tmp_path, "verify", "bundle.zip")
    assert (status, "verified, but no certificate: the target was lost" in text) == (3, True), text


def test_interrupted_run_is_no_certificate(serving, tmp_path):
    """Ctrl-C ends the run with status 130, and leaves a bundle of what is known that says so."""
    with under_way(tmp_path, serving("multi-llm", latency=0.02)) as running:
        running.send_signal(signal.SIGINT)
        text = " ".join("".join(running.communicate(timeout=120)).split())
    assert "Traceback" not in text
    assert (running.returncode, "no certificate but evidence, not signed: interrupted" in text) == (130, True), text
    status, text = ended(tmp_path, "verify", "bundle.zip")
    assert (status, "verified, but no certificate: the run was interrupted" in text) == (3, True), text


@pytest.mark.parametrize(
    "words",
    [
        ("--waivers", "waivers.toml"),
        ("-k", "chat"),
        ("--level", "must"),
        ("--effort", "smoke"),
        ("--effort", "nonsense"),
        ("--shard", "1/2"),
        ("--baseline", "old.json"),
        ("--repeat", "2"),
    ],
)
def test_what_leaves_something_out_is_refused(said, words):
    """Nothing can be waived, left out or compared in a certificate: one line, status 2."""
    done = said(*ANYWHERE, "-o", "bundle.zip", *words)
    assert (done.status, done.err.count("\n")) == (2, 1), done.err
    assert f"certify takes no {words[0]}" in done.err


@pytest.mark.parametrize("left", ["--api", "--target", "-o"])
def test_what_is_needed_is_named(said, left):
    """An option that is missing is named: one line, status 2."""
    words = {"--api": "genos", "--target": "http://127.0.0.1:9/v1", "-o": "bundle.zip"}
    done = said("certify", *(text for name, value in words.items() if name != left for text in (name, value)))
    assert (done.status, done.err.count("\n"), f"certify needs {left}" in done.err) == (2, 1, True), done.err


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "cannot read"), (b"", "is refused"), (b"PK\x03\x04", "is refused")]
)
def test_what_is_no_bundle_is_refused(said, tmp_path, content, reason):
    """A file that is not there or no bundle: one line, status 2."""
    path = tmp_path / "bundle.zip"
    if content is not None:
        path.write_bytes(content)
    done = said("verify", str(path))
    assert (done.status, done.err.count("\n"), reason in done.err) == (2, 1, True), done.err


def test_unwritable_output_is_said_before_anything_is_sent(said, monkeypatch):
    """A bundle that cannot be written is said to be so at once."""
    monkeypatch.setenv("LLM_CONFORMANCE_API_KEY", DEFAULT_KEY)
    done = said(*ANYWHERE, "-o", "/dev/null/bundle.zip")
    assert (done.status, "cannot write" in done.err) == (2, True), done.err
