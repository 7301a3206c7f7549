"""How the tests of the command run it: as its own process, or in this one where that tells as much."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from invoking import COMMAND, Ended, environment

from conformance.cli import main
from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings


@pytest.fixture
def process(tmp_path):
    """Run the command as a process of its own."""
    return starting(tmp_path)


@pytest.fixture(scope="module")
def shared_process(tmp_path_factory):
    """Run the command as a process of its own, for what several tests look at."""
    return starting(tmp_path_factory.mktemp("shared"))


def starting(folder):
    """Return what runs the command in a folder as a process of its own."""

    def start(*words, key=DEFAULT_KEY, cwd=None, **variables):
        reports = folder / "reports"
        said = [*words[:1], *(["--report-dir", str(reports)] if words[0] == "run" else []), *words[1:]]
        env = environment(**({"LLM_CONFORMANCE_API_KEY": key} if key else {}), **variables)
        done = subprocess.run(
            [COMMAND, *said], capture_output=True, text=True, env=env, cwd=cwd or folder, timeout=120, check=False
        )
        return Ended(done.returncode, done.stdout, done.stderr, reports)

    return start


@pytest.fixture
def said(monkeypatch):
    """Run the command in this process: for commands that send nothing."""
    for name in list(os.environ):
        if name.endswith("_API_KEY"):
            monkeypatch.delenv(name)

    def start(*words):
        done = CliRunner().invoke(main, words)
        return Ended(done.exit_code, done.stdout, done.stderr, Path())

    return start


@pytest.fixture
def serving():
    """Serve an API, deviating as named; yields a function that returns the base URL."""
    running = []

    def start(api, *deviations, **settings):
        server = ReferenceServer(Settings(apis=(api,), deviations=deviations, **settings))
        running.append(server)
        return server.__enter__().url(api)

    yield start
    for server in running:
        server.__exit__(None, None, None)
