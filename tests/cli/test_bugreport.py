"""The command `export`: a bug report that stands by itself, with a curl line and a program that show the fault."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from invoking import environment

from conformance.exchange.redaction import PRIVATE_HEADERS
from conformance.reference.server import DEFAULT_KEY, base_path
from conformance.reporters import json_report
from conformance.run import execute
from conformance.settings import runs

CASES = [
    ("openai", "answer-usage-unequal", "chat.usage-adds-up"),
    ("openai", "chat-without-choices", "chat.shape"),
    ("cloud-temple", "stream-without-done", "stream.done"),
    ("neuroflash", "empty-body-fails", "robustness.empty-body"),
    ("openai", "stream-with-truncated-json", "stream.framing"),
    ("multi-llm", "credential-not-needed", "auth.required"),
    ("openai", "credential-in-the-answer", "auth.not-echoed"),
    ("genos", "wire-whole-answer-reset", "http.whole"),
]


@pytest.fixture
def written(tmp_path, serving, said):
    """Judge a deviating server and export its finding; returns the report, and the server's base URL."""

    def write(api, deviation, row):
        url, folder = serving(api, deviation), tmp_path / "a run"
        folder.mkdir()
        with runs([api], target=url, key=DEFAULT_KEY, configure=True) as (run,):
            report, _ = execute(run, {row}, recording=folder / "exchanges.har")
        (folder / "report.json").write_text(json_report.text([report], [folder]), encoding="utf-8")
        ended = said("export", row, "--report", str(folder), "-o", str(tmp_path / "bug.md"))
        assert (ended.status, ended.out) == (0, ""), ended.err
        return (tmp_path / "bug.md").read_text(encoding="utf-8"), url

    return write


def blocks(text: str, language: str) -> list[str]:
    """Return the blocks of code in a language."""
    return [found[2] for found in re.finditer(rf"(?ms)^(`{{3,}}){language}\n(.*?)\n\1$", text)]


def run(*words, **more):
    """Run a program with the key in the environment."""
    env = environment(LLM_CONFORMANCE_API_KEY=DEFAULT_KEY, NEUROFLASH_WORKSPACE_ID="a-workspace")
    return subprocess.run(words, capture_output=True, text=True, env=env, timeout=60, check=False, **more)


@pytest.mark.parametrize(("api", "deviation", "row"), CASES)
def test_what_is_reported_can_be_run(written, serving, tmp_path, api, deviation, row):
    """The program fails at the fault and passes on a faithful server; the curl line reaches the server."""
    text, url = written(api, deviation, row)
    (program,) = blocks(text, "python")
    (tmp_path / "see.py").write_text(program, encoding="utf-8")
    (tmp_path / "mended.py").write_text(program.replace(url, serving(api)), encoding="utf-8")

    broken = run(sys.executable, str(tmp_path / "see.py"))
    assert (broken.returncode, "AssertionError" in broken.stderr) == (1, True), broken.stderr
    mended = run(sys.executable, str(tmp_path / "mended.py"))
    assert mended.returncode == 0, mended.stderr
    again = run("bash", "-c", blocks(text, "sh")[0])
    assert again.stdout.startswith("HTTP/1.1 ") or "curl: (52)" in again.stderr, again.stderr


def test_what_a_report_says(written, tmp_path):
    """It has the promise, both sides, the place in the answer; no credential, no path of this machine."""
    text, url = written("openai", "answer-usage-unequal", "chat.usage-adds-up")
    for part in ("## The promise", "## What happens", "## See it again", "## On the wire", "## How it was judged"):
        assert part in text
    assert re.search(r'"total_tokens": \d+,?  <-- here', text)
    assert text.count("<-- here") == 1
    assert "Bearer [Filtered]" in text
    assert f"POST {url}/chat/completions" in text
    assert "--report 'a run'" in text
    assert DEFAULT_KEY not in text
    assert str(tmp_path) not in text
    assert not any(f"{name}: " in text.lower() for name in PRIVATE_HEADERS)


def test_a_finding_that_takes_several_requests(written):
    """Where one exchange does not show it, all requests that lead to it are there, with a warning."""
    text, _ = written("multi-llm", "configuration-without-effect", "config.takes-effect")
    lines = blocks(text, "sh")[0].splitlines()
    assert len(lines) > 1
    assert len(lines) == blocks(text, "python")[0].count("client.request(")
    assert all(base_path("multi-llm") in line for line in lines)
    assert "They change the deployment" in text


def test_a_body_that_nobody_pastes(written):
    """A request of a megabyte is sent by the program; the report stays short."""
    text, _ = written("openai", "long-string-fails", "robustness.long-string")
    assert blocks(text, "sh")[0].endswith("bytes of body; the program below sends it")
    assert len(text) < 20_000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("chat.shap", "-o", "-"), "there is no report below reports"),
        (("chat.shape", "--report", "none", "-o", "-"), "cannot read none: No such file or directory"),
    ],
)
def test_what_the_user_can_mend(said, tmp_path, monkeypatch, words, message):
    """What cannot be read is said in one line."""
    monkeypatch.chdir(tmp_path)
    ended = said("export", *words)
    assert (ended.status, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert message in ended.err


def test_a_file_that_cannot_be_written(written, said, tmp_path):
    """A folder that is not there is said in one line."""
    written("genos", "chat-without-choices", "chat.shape")
    ended = said("export", "chat.shape", "--report", str(tmp_path / "a run"), "-o", str(tmp_path / "no" / "bug.md"))
    assert (ended.status, ended.err.count("\n")) == (2, 1)
    assert "bug.md: No such file or directory" in ended.err
