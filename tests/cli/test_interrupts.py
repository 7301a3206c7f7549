"""A run that is interrupted or killed keeps what it knows."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from contextlib import suppress

import pytest
from invoking import COMMAND, environment
from peers import SILENT, peer, reply

from conformance.exchange.har import HarError, read

LISTING = reply("200 OK", b'{"object":"list","data":[{"id":"m","object":"model","created":1,"owned_by":"o"}]}')


@pytest.fixture
def under_way(tmp_path):
    """Start a run against a peer that answers listings and nothing else; yields it once a request was recorded."""
    started = []

    def start(place):
        words = [COMMAND, "run", "--api", "genos", "-u", f"http://{place}", "--report-dir", str(tmp_path / "reports")]
        env = environment(LLM_CONFORMANCE_API_KEY="k")
        run = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
        started.append(run)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            recordings = list(tmp_path.glob("reports/*/exchanges.har"))
            with suppress(HarError):  # it was opened, and nothing is in it yet
                if recordings and len(read(recordings[0])) >= 2:
                    return run, recordings[0].parent
            time.sleep(0.02)
        raise AssertionError("the run recorded nothing")

    yield start
    for run in started:
        run.kill()
        run.wait()
        run.stdout.close()
        run.stderr.close()


class Slow:
    """Answers the discovery, then leaves every request for an answer unanswered."""

    def __init__(self):
        self.chats = 0

    def __call__(self, request):
        """Answer one request."""
        if request.startswith(b"GET"):
            return LISTING
        self.chats += 1
        return reply("200 OK", b"{}", "Content-Type: application/json") if self.chats == 1 else SILENT


def test_ctrl_c_reports_what_is_known(under_way):
    """Ctrl-C ends the sending: what was judged until then is reported and every report is written."""
    with peer(Slow()) as place:
        run, folder = under_way(place)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=30)

    assert (run.returncode, "Traceback" in out + err) == (130, False), out + err
    assert "Interrupted" in out
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert (report["interrupted"], report["verdict"]) == (True, "interrupted")
    assert {"exchanges.har", "junit.xml", "report.html"} <= {path.name for path in folder.iterdir()}
    reasons = {row["reason"] for row in report["requirements"] if row["verdict"] == "untested"}
    assert "the run was interrupted" in reasons


def test_second_ctrl_c_ends_at_once(under_way):
    """Whoever asks twice is not kept waiting, and is told in one line at most."""
    with peer(Slow()) as place:
        run, folder = under_way(place)
        run.send_signal(signal.SIGINT)
        time.sleep(0.2)  # as fast as a person is; signals do not queue, so that two at once may be one
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=30)

    assert (run.returncode, "Traceback" in out + err) == (130, False), out + err
    assert read(folder / "exchanges.har")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_killed_run_leaves_its_recording(under_way, how):
    """What a killed run had recorded can be read and judged."""
    with peer(Slow()) as place:
        run, folder = under_way(place)
        run.send_signal(how)
        run.communicate(timeout=30)

    assert run.returncode == -how
    assert len(read(folder / "exchanges.har")) >= 2
