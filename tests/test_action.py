"""The GitHub action's steps, run by hand as a shell script, judge a target and tell GitHub."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings

ROOT = Path(__file__).parents[1]
ACTION = ROOT / "action.yml"
TRUSTED = {"actions/setup-python", "actions/upload-artifact"}

pytestmark = pytest.mark.skipif(not ACTION.is_file(), reason="the action is in the checkout, not in the wheel")


@pytest.fixture(scope="module")
def action():
    return yaml.safe_load(ACTION.read_text(encoding="utf-8"))


@pytest.fixture
def step(action, tmp_path):
    """Run one step of the action as GitHub would, with inputs in place of its expressions."""
    place = tmp_path / "temp" / "llm-conformance"
    place.mkdir(parents=True)
    (place / "bin").symlink_to(Path(sys.executable).parent)
    outputs, summary = tmp_path / "outputs", tmp_path / "summary.md"

    def run(name, key=DEFAULT_KEY, **inputs):
        (chosen,) = (each for each in action["runs"]["steps"] if each.get("id") == name)
        values = {name: each.get("default", "") for name, each in action["inputs"].items()} | inputs

        def filled(text):
            return re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda found: values[found[1]], text)

        kept = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY") and not k.startswith("PYTEST")}
        env = kept | {variable: filled(text) for variable, text in chosen["env"].items()}
        env |= {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(summary)}
        env |= {"RUNNER_TEMP": str(tmp_path / "temp"), "MY_KEY": key}
        words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", filled(chosen["run"])]
        done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False)
        said = outputs.read_text(encoding="utf-8") if outputs.exists() else ""
        return done, dict(line.split("=", 1) for line in said.splitlines()), summary

    return run


def test_only_actions_of_github_are_used(action):
    """No third party's code runs with the caller's secrets; each is pinned to a major version."""
    used = [each["uses"].partition("@") for each in action["runs"]["steps"] if "uses" in each]
    assert {name for name, _, _ in used} == TRUSTED
    assert all(re.fullmatch(r"v[0-9]+", pin) for _, _, pin in used)


def test_inputs_are_never_part_of_a_script(action):
    """An expression in a script would run whatever an input says; inputs come as variables."""
    assert all("${{" not in each.get("run", "") for each in action["runs"]["steps"])


def test_a_target_is_judged(step, tmp_path):
    """A broken target ends the step with status 1, annotated, summarised, and with all reports in the folder."""
    with ReferenceServer(Settings(apis=("multi-llm",), deviations=("generate-flat-choice",))) as server:
        done, outputs, summary = step(
            "run",
            api="multi-llm",
            target=server.url("multi-llm"),
            effort="smoke",
            **{"api-key-env": "MY_KEY", "wait-for-target": "5", "args": "--select 'generate or health' --seed 3"},
        )
    assert (done.returncode, outputs["exit-status"]) == (1, "1"), done.stderr
    assert "::error title=multi-llm generate.shape (must)::" in done.stdout
    assert "## ❌ " in summary.read_text(encoding="utf-8")
    report = json.loads((tmp_path / outputs["report"]).read_text(encoding="utf-8"))
    assert (report["seed"], report["verdict"]) == (3, "not-conformant")
    assert {row["id"].partition(".")[0] for row in report["requirements"]} >= {"generate", "health"}
    names = {path.name for path in (tmp_path / "reports").rglob("*.*")}
    assert {"ctrf.json", "report.json", "junit.xml", "exchanges.har"} <= names
    assert DEFAULT_KEY not in done.stdout + done.stderr


def test_an_input_is_no_command(step, tmp_path):
    """What stands in an input is an argument, whatever it looks like; a mistake ends with status 2."""
    done, outputs, _ = step("run", api="multi-llm", args='"$(touch evil)" `touch evil` ; touch evil')
    assert not (tmp_path / "evil").exists()
    assert (done.returncode, outputs["exit-status"]) == (2, "2")
