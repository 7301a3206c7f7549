"""The command as its users know it: what it prints, writes and returns."""

from __future__ import annotations

import json
import os
import re
import subprocess
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest
from invoking import COMMAND, environment

from conformance.contract.bugs import bugs
from conformance.contract.load import api_ids, data, load_api
from conformance.exchange.har import read
from conformance.reference.server import DEFAULT_KEY

if TYPE_CHECKING:
    from pathlib import Path

DEVIATION = "chat-without-choices"


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """Run against a server that breaks one promise; yields the process, the folder of reports, what curl got."""
    from conformance.reference.server import ReferenceServer, Settings

    reports = tmp_path_factory.mktemp("broken")
    with ReferenceServer(Settings(apis=("genos",), deviations=(DEVIATION,))) as server:
        words = [COMMAND, "run", "--api", "genos", "-u", server.url("genos"), "--report-dir", str(reports)]
        env = environment(LLM_CONFORMANCE_API_KEY=DEFAULT_KEY)
        done = subprocess.run(words, capture_output=True, text=True, env=env, check=False, timeout=120)
        (folder,) = reports.iterdir()
        again = _curl(folder)
    return done, folder, again


def _curl(folder: Path) -> str:
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    line = next(f["curl"] for row in report["requirements"] for f in row["findings"] if row["id"] == "chat.shape")
    env = environment(LLM_CONFORMANCE_API_KEY=DEFAULT_KEY)
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True, env=env, check=True, timeout=30).stdout


def test_broken_must(broken):
    """A broken must ends a run with status 1, and is shown in at most 80 columns, curl lines apart."""
    done, folder, _ = broken

    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "FAIL  chat.shape  (must)" in done.stdout
    wide = [x for x in done.stdout.splitlines() if len(x) > 80 and not x.startswith("curl") and "printf" not in x]
    assert [line for line in wide if not line.startswith(("reports: ", "genos at ", "llm-conformance replay "))] == []
    assert "\x1b" not in done.stdout
    assert DEFAULT_KEY not in done.stdout + "".join(path.read_text() for path in folder.iterdir())


def test_curl_line_shows_the_fault_again(broken):
    """The curl line of a finding works as it is pasted, with the key in its variable."""
    _, _, again = broken
    assert again.startswith("HTTP/1.1 200")
    assert '"choices"' not in again


def test_junit_has_a_case_a_requirement(broken):
    """JUnit has each requirement as a test case of its API, with what a reader sorts by."""
    _, folder, _ = broken
    written = ET.parse(folder / "junit.xml")
    assert all(suite.get("hostname") is None for suite in written.iter("testsuite"))
    cases = {case.get("name"): case for case in written.iter("testcase")}

    assert set(cases) == {row.id for row in load_api("genos").requirements}
    assert {case.get("classname") for case in cases.values()} == {"genos"}
    case = cases["chat.shape"]
    facts = {item.get("name"): item.get("value") for item in case.iter("property")}
    assert (facts["level"], facts["verdict"]) == ("must", "fail")
    assert facts["basis"]
    assert "004_8f4853ce9e627b47.txt" in facts["source"]
    assert "curl" in case.find("failure").text


class Page(HTMLParser):
    """What a page links to."""

    def __init__(self, text):
        super().__init__()
        self.links = []
        self.feed(text)

    def handle_starttag(self, _, attrs):
        """Keep what would be fetched."""
        self.links += [v for k, v in attrs if k in {"src", "href"} and v and not v.startswith(("data:", "#"))]


def test_page_stands_alone(broken):
    """The HTML page fetches nothing from elsewhere, and holds our columns and the finding."""
    _, folder, _ = broken
    text = (folder / "report.html").read_text(encoding="utf-8")

    assert [link for link in Page(text).links if "pytest-html" not in link] == []
    for column in ("requirement", "level", "operation", "verdict"):
        assert f'data-column-type="{column}"' in text
    blob = json.loads(re.search(r'data-jsonblob="([^"]*)"', text)[1].replace("&#34;", '"').replace("&amp;", "&"))
    rows = [test for tests in blob["tests"].values() for test in tests]
    assert len(rows) == len(load_api("genos").requirements)
    assert any("chat.shape" in str(row) and "choices" in str(row["extras"]) for row in rows)


def test_recording_gives_the_same_verdicts(broken, tmp_path):
    """The exchanges of a run, judged again without the target, break what they broke."""
    done, folder, _ = broken
    out = tmp_path / "again.json"
    words = [COMMAND, "judge", "--api", "genos", "--report-json", str(out), str(folder / "exchanges.har")]
    again = subprocess.run(words, capture_output=True, text=True, env=environment(), check=False, timeout=60)

    assert again.returncode == done.returncode == 1, again.stderr
    lived, recorded = (
        {row["id"] for row in json.loads(path.read_text())["requirements"] if row["verdict"] in {"fail", "warn"}}
        for path in (folder / "report.json", out)
    )
    assert recorded == lived


def test_recording_that_shows_little_is_inconclusive(said, tmp_path):
    """A recording in which a must cannot be seen proves nothing: status 3."""
    from conformance.exchange.har import write

    write(tmp_path / "empty.har", [])
    assert said("judge", "--api", "genos", str(tmp_path / "empty.har")).status == 3


def test_offline_run_of_all(process, tmp_path):
    """Without a target every API is judged against the bundled server, each in its folder; the plan is kept."""
    ended = process("run", "--report-json", str(tmp_path / "all.json"), "--api", "genos", "--api", "multi-llm")
    found = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    schema = json.loads((data("specs") / "report.schema.json").read_text(encoding="utf-8"))

    assert ended.status == 0, ended.out + ended.err
    assert jsonschema_rs.validator_for(schema).is_valid(found)
    assert [run["api"] for run in found["runs"]] == ["genos", "multi-llm"]
    assert len(list(ended.reports.iterdir())) == 2
    most = dict(re.findall(r"^(\S+) at \S+: at most (\d+) requests", ended.out, re.MULTILINE))
    for run in found["runs"]:
        assert run["spent"]["requests"] <= int(most[run["api"]])


@pytest.mark.parametrize("api", api_ids())
def test_plan_is_the_most_that_is_sent(api, faithful):
    """A run against a willing target sends no more than its plan says."""
    from conformance.probes.needed import probes_for
    from conformance.probes.plan import plan
    from conformance.probes.target import Target

    known = load_api(api)
    groups = frozenset(o.optional for o in known.operations if o.optional)
    target = Target(known, known.profile.base_url, "", configure=True, optional=groups)
    costs = plan(target, probes_for(known, {row.id for row in known.requirements}))
    spent = faithful(api).spent

    assert 0 < spent.requests <= sum(cost.requests for cost in costs)
    assert 0 < spent.output_tokens <= sum(cost.output_tokens for cost in costs)


def test_level_must(process):
    """--level must judges must rows only."""
    ended = process("run", "--api", "genos", "--level", "must")

    assert ended.status == 0
    assert {row["level"] for row in ended.report["requirements"]} == {"must"}


def test_expression_and_pytest_arguments(process):
    """-k selects requirements, and arguments after -- reach pytest."""
    ended = process("run", "--api", "genos", "-k", "chat.shape or chat.offered", "--", "-v", "-x")

    assert ended.status == 0
    assert "genos::chat.shape PASSED" in ended.out
    assert {row["id"] for row in ended.report["requirements"]} == {"chat.shape", "chat.offered"}


def test_expression_that_one_api_matches(process):
    """An API in which nothing matches is passed over where another has something."""
    ended = process("run", "-k", "generate.shape")

    assert ended.status == 0, ended.err
    assert [path.name.rpartition("Z-")[2] for path in ended.reports.iterdir()] == ["multi-llm"]


def test_strict(process, serving):
    """With --strict a broken should is as bad as a broken must."""
    from conformance.reference.deviations.registry import catalogue

    weak = next(
        name
        for name, d in catalogue().items()
        if "genos" in d.apis
        and {load_api("genos").requirement(r).level for r in d.breaks.get("genos", set())} == {"should"}
        and not d.bends.get("genos")
    )
    where = serving("genos", weak)

    assert process("run", "--api", "genos", "-u", where).status == 0
    assert process("run", "--api", "genos", "-u", where, "--strict").status == 1


HOSTILE = {
    "conftest.py": "raise RuntimeError('the host project')",
    "pytest.ini": "[pytest]\naddopts = --no-such-option\n",
    "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-p no:junitxml'\nfilterwarnings = ['error']\n",
    "tox.ini": "[pytest]\npython_files = *.py\n",
    "rich.py": "raise RuntimeError('the host project')",
}


def test_host_project_changes_nothing(process, tmp_path):
    """A host project's settings, environment and plugins change no verdict."""
    host = tmp_path / "host"
    host.mkdir()
    for name, text in HOSTILE.items():
        (host / name).write_text(text)
    ended = process(
        "run", "--api", "genos", "-k", "chat", cwd=host,
        PYTEST_ADDOPTS="--no-such-option -x", PYTEST_PLUGINS="no_such_plugin",
        HTTP_PROXY="http://127.0.0.1:9", ALL_PROXY="http://127.0.0.1:9",
    )  # fmt: skip

    assert ended.status == 0, ended.out + ended.err
    assert {row["verdict"] for row in ended.report["requirements"]} <= {"pass", "not-applicable"}


@pytest.mark.parametrize("words", [("list", "requirements"), ("run", "--api", "genos"), ("plan",)])
def test_closed_output_is_silent(words, tmp_path):
    """Whoever stops reading is not told about it, and the status stays that of the command."""
    line = f"'{COMMAND}' {' '.join(words)} | head -n 1"
    run = subprocess.run(
        ["bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"],
        capture_output=True, text=True, env=environment(), cwd=tmp_path, check=False, timeout=60,
    )  # fmt: skip

    assert (run.returncode, run.stderr) == (0, "")
    assert len(run.stdout.splitlines()) == 1


def test_har_of_a_run_can_be_read(broken):
    """Each exchange of a run is in its recording."""
    _, folder, _ = broken
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert len(read(folder / "exchanges.har")) == report["spent"]["requests"]


def test_lists(said):
    """Every catalogue is shown, an entry a line; each API's own on request."""
    assert len(said("list").out.splitlines()) == len(api_ids())
    rows = said("list", "requirements", "--api", "genos").out.splitlines()
    assert len(rows) == len(load_api("genos").requirements)
    assert DEVIATION in said("list", "deviations", "--api", "genos").out
    assert "chat-plain" in said("list", "probes", "--api", "genos").out
    assert len(said("list", "bugs").out.splitlines()) == len(bugs()) + 1


def test_explanation(said):
    """A requirement is explained with its source, and with a deviation that breaks it."""
    out = said("explain", "chat.shape", "--api", "genos").out

    assert "004_8f4853ce9e627b47.txt" in out
    assert DEVIATION in out
    assert max(map(len, out.splitlines())) <= 80


def test_plan_sends_nothing_and_says_the_most(said):
    """The plan adds up, probe by probe."""
    out = said("plan", "--api", "genos", "-u", "http://127.0.0.1:9").out
    most, small = re.search(
        r"^\* genos standard: at most (\d+) requests.* and (\d+) requests more", out, re.MULTILINE
    ).groups()
    probes = {name: int(n) for name, n in re.findall(r"^ {4}(\S+) +(\d+) requests", out, re.MULTILINE)}
    assert probes.pop("shrinking") == int(small)
    assert sum(probes.values()) == int(most) > 0


def test_help_names_every_status():
    """The help says what each exit status means."""
    done = subprocess.run([COMMAND, "--help"], capture_output=True, text=True, env=dict(os.environ), check=True)
    assert all(f" {status} " in done.stdout for status in (0, 1, 2, 3, 4, 130))
