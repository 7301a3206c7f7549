"""The suite as pytest users start it, and what its plugin does to those who do not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings

PLUGIN = ("-p", "conformance.suite.plugin")


@pytest.fixture
def pytest_run(tmp_path):
    """Start pytest in a project of its own; returns its exit status and what it said."""

    def start(*words, plugin=PLUGIN, **variables):
        kept = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY") and not k.startswith("PYTEST")}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "--disable-plugin-autoload", "-p", "no:cacheprovider", *plugin, *words],
            capture_output=True, text=True, cwd=tmp_path, env=kept | variables, timeout=120, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    return start


SUITE = ("--pyargs", "conformance.suite", "-k", "chat.shape")


def test_offline(pytest_run):
    """Without a target the suite judges the bundled server."""
    status, said = pytest_run(*SUITE, "--llm-api", "genos", "-v")

    assert (status, "genos::chat.shape PASSED" in said) == (0, True), said


def test_broken_promise_is_a_failure(pytest_run):
    """A broken must is a failed test that shows the finding and none of our code."""
    with ReferenceServer(Settings(apis=("genos",), deviations=("chat-without-choices",))) as server:
        status, said = pytest_run(
            *SUITE,
            "--llm-api",
            "genos",
            "--llm-target",
            server.url("genos"),
            "--llm-api-key-env",
            "KEY",
            KEY=DEFAULT_KEY,
        )

    assert status == 1, said
    assert "choices" in said
    assert "curl -sS" in said
    assert "def runtest" not in said


def test_nothing_tested_is_never_green(pytest_run):
    """Where a must cannot be judged the session ends with the status of an inconclusive run."""
    status, said = pytest_run(
        *SUITE, "--llm-api", "genos", "--llm-target", "http://127.0.0.1:9", "--llm-api-key-env", "KEY", KEY="k"
    )

    assert (status, "1 skipped" in said) == (3, True), said


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--llm-api", "gnos"), "did you mean genos?"),
        (("--llm-api", "genos", "--llm-target", "http://127.0.0.1:9"), "no API key"),
    ],
)
def test_what_cannot_be_done(pytest_run, words, part):
    """What the user has to mend is said in one line."""
    status, said = pytest_run(*SUITE, *words)

    assert (status, "usage.py" in said) == (2, False), said
    assert part in said


def test_collecting_sends_nothing(pytest_run):
    """Collecting lists the requirements, and sends nothing."""
    status, said = pytest_run(
        *SUITE, "--collect-only", "-q", "--llm-api", "genos", "--llm-target", "http://127.0.0.1:9",
        "--llm-api-key-env", "KEY", KEY="k",
    )  # fmt: skip

    assert (status, "genos::chat.shape" in said) == (0, True), said


WATCH = """
import sys

def test_own():
    heavy = {"httpx", "yaml", "jsonschema_rs", "starlette", "schemathesis", "hypothesis", "rich", "pytest_html"}
    assert "conformance.suite.plugin" in sys.modules
    assert not heavy & set(sys.modules)
"""


@pytest.mark.parametrize("body", [WATCH, "def test_own():\n    assert 1 == 2\n"])
def test_plugin_does_not_disturb(pytest_run, tmp_path, body):
    """A project's own tests run with the plugin as without it, and it loads nothing heavy."""
    (tmp_path / "test_own.py").write_text(body)
    status, said = pytest_run("-q")
    plain, unchanged = pytest_run("-q", plugin=())

    if body is not WATCH:
        assert (status, said.partition(" in ")[0]) == (plain, unchanged.partition(" in ")[0])
    assert status == (0 if body is WATCH else 1), said
