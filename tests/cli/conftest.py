"""How the tests of the command run it: as its own process, or in this one where that tells as much."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from conformance.cli import main
from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings

COMMAND = str(Path(sys.executable).with_name("llm-conformance"))


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit status, what it said, and the folder of its reports."""

    status: int
    out: str
    err: str
    reports: Path

    @property
    def folder(self) -> Path:
        """The one folder that the run wrote."""
        (found,) = self.reports.iterdir()
        return found

    @property
    def report(self) -> dict[str, Any]:
        """The JSON report of the one run."""
        return json.loads((self.folder / "report.json").read_text(encoding="utf-8"))

    def verdict(self, requirement: str) -> str:
        """Return the verdict on a requirement."""
        return {row["id"]: row["verdict"] for row in self.report["requirements"]}[requirement]


def environment(**more: str) -> dict[str, str]:
    """Return an environment without keys, 80 columns wide."""
    kept = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY") and not k.startswith("PYTEST")}
    return kept | {"COLUMNS": "80"} | more


@pytest.fixture
def process(tmp_path):
    """Run the command as a process of its own."""

    def start(*words, key=DEFAULT_KEY, cwd=None, **variables):
        reports = tmp_path / "reports"
        said = [*words[:1], *(["--report-dir", str(reports)] if words[0] == "run" else []), *words[1:]]
        env = environment(**({"LLM_CONFORMANCE_API_KEY": key} if key else {}), **variables)
        done = subprocess.run(
            [COMMAND, *said], capture_output=True, text=True, env=env, cwd=cwd or tmp_path, timeout=120, check=False
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
