"""`record` keeps a target's answers as fixtures, scrubbed, and says what changed since."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import tomllib
from contextlib import suppress
from dataclasses import replace

import jsonschema
import pytest
from click.testing import CliRunner
from invoking import COMMAND, environment
from peers import SILENT, peer, reply

from conformance.cli import main
from conformance.contract.load import data, load_api
from conformance.exchange.har import HarError, read
from conformance.exchange.patterns import IDENTIFIERS
from conformance.recorded import judge_recorded
from conformance.reference.server import DEFAULT_KEY
from conformance.report import Verdict
from conformance.reporters import json_report
from conformance.settings import runs
from conformance.suite.main import execute

CHAT = ("--probe", "chat-plain", "--probe", "errors-unknown-model")


@pytest.fixture
def record(tmp_path, monkeypatch):
    """Run `record` in this process, into a folder; returns how it ended."""
    monkeypatch.setenv("COLUMNS", "80")

    def start(target, *words, api="genos", into=tmp_path / "kept", key=DEFAULT_KEY):
        said = ["record", "-u", target, "--api", api, "--into", str(into), "--api-key", key, *words]
        return CliRunner().invoke(main, said)

    return start


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "kept" / "genos"


def contents(place):
    return {path.name: path.read_bytes() for path in sorted(place.iterdir())}


def test_a_first_recording_writes_a_file_a_case_and_what_it_keeps(record, serving, folder):
    """Each operation and probe has a HAR file, and the list says of each what it keeps and breaks."""
    done = record(serving("genos", "chat-indices-from-one"), *CHAT)

    assert done.exit_code == 0, done.output
    listed = tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))
    names = {path.stem for path in folder.glob("*.har")}
    assert names == set(listed) >= {"createChatCompletion-chat-plain", "listModels-discovery"}
    assert "chat.indices" in listed["createChatCompletion-chat-plain"]["breaks"]
    for name, expected in listed.items():
        results = judge_recorded(load_api("genos"), read(folder / f"{name}.har")).results
        found = {v: {r.requirement.id for r in results if r.verdict is v} for v in Verdict}
        assert set(expected.get("breaks", ())) == found[Verdict.FAIL] | found[Verdict.WARN]
        assert set(expected["keeps"]) == found[Verdict.PASS]
    assert [path.name for path in folder.parent.iterdir()] == ["genos"]


def test_a_second_recording_compares_and_leaves_the_files_alone(record, serving, tmp_path):
    """What drifted is told by requirement and place, in 80 columns and as JSON; the fixtures stay as they were."""
    folder, words = tmp_path / "kept" / "openai", (*CHAT, "--report-json", str(tmp_path / "d.json"))
    record(serving("openai"), *words, api="openai")
    before = contents(folder)
    same = record(serving("openai"), *words, "--strict", api="openai")
    other = record(serving("openai", "answer-wrapped"), *words, api="openai")

    assert (same.exit_code, "openai: no drift" in same.output) == (0, True)
    assert other.exit_code == 1
    assert "pass -> fail  chat.shape  (must)" in other.output
    assert "/result" in other.output
    assert max(map(len, other.stdout.splitlines())) <= 80
    assert contents(folder) == before
    found = json.loads((tmp_path / "d.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, json.loads((data("specs") / "drift.schema.json").read_text(encoding="utf-8")))
    assert ("answer", "/result") in {(each["place"], each["path"]) for each in found["changes"]}


def test_update_replaces_what_drifted_and_nothing_else(record, serving, folder):
    """With --update, fixtures that changed are replaced and new ones added; then there is no drift."""
    record(serving("genos"), *CHAT)
    (folder / "documented-stream.har").write_bytes((data("fixtures") / "genos" / "documented-stream.har").read_bytes())
    listed = folder / "expected.toml"
    listed.write_text(
        listed.read_text(encoding="utf-8") + "\n[documented-stream]\n# ours\nkeeps = []\n", encoding="utf-8"
    )
    before, deviating = contents(folder), serving("genos", "chat-indices-from-one")
    first = record(deviating, *CHAT, "--probe", "errors-wrong-type", "--update")
    after, again = contents(folder), record(deviating, *CHAT, "--strict")

    assert (first.exit_code, again.exit_code) == (1, 0), again.output
    changed = {name for name in before if before[name] != after[name]}
    assert {"createChatCompletion-chat-plain.har", "expected.toml"} <= changed
    assert "listModels-discovery.har" not in changed
    assert "createChatCompletion-errors-wrong-type.har" in after.keys() - before.keys()
    said = tomllib.loads(after["expected.toml"].decode())
    assert "chat.indices" in said["createChatCompletion-chat-plain"]["breaks"]
    assert b"# ours" in after["expected.toml"]


ORG, SLUG, CRUMB, KEY = "org-Ab12Cd34Ef56Gh78", "acme-slug-4711", "crumb-99887766", "sk-live-0a1b2c3d4e5f6a7b"
NAMED = "Projekt Grünspecht"


def leaking(request):
    """Answer any request with all that must not be recorded, in several escapes."""
    said = f"{ORG} {SLUG} {CRUMB} {KEY} {NAMED} {json.dumps(NAMED)} key=sk-other-99887766554433221100"
    heads = (
        "Content-Type: application/json",
        f"OpenAI-Organization: {SLUG}",
        f"Set-Cookie: sid={CRUMB}; Path=/",
        f"X-Org: {ORG}",
        f"Location: http://127.0.0.1/orgs/{ORG}?organization={SLUG}",
    )
    if request.startswith(b"GET"):
        body = {"object": "list", "data": [{"id": "m", "object": "model", "created": 1, "owned_by": ORG}], "x": said}
        return reply("200 OK", json.dumps(body).encode(), *heads)
    status = "200 OK" if b'"m"' in request else "404 Not Found"
    return reply(status, json.dumps({"error": {"message": said, "account_id": "zz-11"}, "id": 3}).encode(), *heads)


SECRETS = (ORG, SLUG, CRUMB, KEY, "sk-other", "Grünspecht", "Gr\\u00fcnspecht", "Gr%C3%BCnspecht", "zz-11")


def leaks(texts):
    return sorted({(name, secret) for name, text in texts.items() for secret in SECRETS if secret in text})


def test_nothing_that_is_scrubbed_is_in_any_artefact(record, tmp_path):
    """Fixtures, lists, drift and what is printed hold no key, no id, no cookie, no host and no named pattern."""
    words = ["--scrub", "Projekt Gr.nspecht", "--scrub-host", "--report-json", str(tmp_path / "drift.json"), *CHAT]
    with peer(leaking) as place:
        first = record(f"http://{place}", *words, key=KEY)
        second = record(f"http://{place}", *words, "--probe", "models-asked", "--update", "--strict", key=KEY)
    texts = {str(p.relative_to(tmp_path)): p.read_text(encoding="utf-8") for p in tmp_path.rglob("*") if p.is_file()}
    texts |= {"first": first.output, "second": second.output}

    assert any("chat-plain" in name for name in texts), first.output
    assert "[Private]" in texts["kept/genos/listModels-discovery.har"]
    assert leaks(texts) == []
    assert [name for name, text in texts.items() if "127.0.0.1" in text] == []


def test_a_run_that_scrubs_leaves_nothing_in_its_reports(tmp_path):
    """The reports of a run with expressions hold nothing that they match."""
    patterns = (*IDENTIFIERS, "Projekt Gr.nspecht")
    with peer(leaking) as place, runs(["genos"], target=f"http://{place}", key=KEY) as (run,):
        report = execute(replace(run, scrub=patterns), tmp_path, expression="chat.shape or models")
    (tmp_path / "report.json").write_text(json_report.text([report]), encoding="utf-8")
    texts = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}

    assert texts.keys() >= {"exchanges.har", "report.html", "junit.xml", "report.json"}
    assert report.count(Verdict.FAIL) > 0
    assert leaks(texts) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--scrub", "("), "--scrub '(' is no regular expression"),
        (("--probe", "chat-plan"), "did you mean chat-plain?"),
        (("--operation", "createChat"), "did you mean"),
        (("--api", "genoss"), "did you mean genos?"),
        (("--probe", "rerank-plain"), "no requirement of genos"),
    ],
)
def test_what_the_user_can_mend_is_one_line(record, words, said):
    """A pattern or a name that is none ends in one line and exit status 2; nothing is sent."""
    done = record("http://127.0.0.1:1", *words)
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert said in done.stderr


def test_a_folder_that_cannot_be_used_is_one_line(record, tmp_path, folder):
    """A fixture that is none ends in one line and exit status 2, and is left as it is."""
    folder.mkdir(parents=True)
    broken = folder / "listModels-discovery.har"
    broken.write_text("{", encoding="utf-8")
    (tmp_path / "file").write_text("", encoding="utf-8")

    done = record("http://127.0.0.1:1", *CHAT)
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "listModels-discovery.har" in done.stderr
    assert broken.read_text(encoding="utf-8") == "{"
    assert record("http://127.0.0.1:1", *CHAT, into=tmp_path / "file").exit_code == 2
    assert record("http://127.0.0.1:1", *CHAT, into=tmp_path / "file" / "below").exit_code == 2


def test_a_target_that_does_not_answer_is_no_drift(record, serving, folder):
    """Where nothing can be recorded, nothing is written or compared, and the exit status is 3."""
    absent = record("http://127.0.0.1:1", *CHAT)
    assert (absent.exit_code, folder.exists()) == (3, False)
    record(serving("genos"), *CHAT)
    before = contents(folder)
    gone = record("http://127.0.0.1:1", *CHAT, "--update")
    assert (gone.exit_code, contents(folder)) == (3, before)
    assert gone.stderr.count("\n") == 1


LISTING = reply("200 OK", b'{"object":"list","data":[{"id":"m","object":"model","created":1,"owned_by":"o"}]}')


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


@pytest.fixture
def under_way(tmp_path):
    """Start a recording; yields it once an exchange is recorded."""
    started = []

    def start(place):
        words = [COMMAND, "record", "-u", f"http://{place}", "--api", "genos", "--into", str(tmp_path / "kept")]
        env = environment(LLM_CONFORMANCE_API_KEY="k")
        running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
        started.append(running)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with suppress(HarError):
                if len(read(tmp_path / "kept" / "genos.recording.har")) >= 2:
                    return running
            time.sleep(0.02)
        raise AssertionError("nothing was recorded")

    yield start
    for running in started:
        running.kill()
        running.wait()
        running.stdout.close()
        running.stderr.close()


def test_an_interrupted_recording_writes_what_there_is(under_way, folder):
    """After Ctrl-C the fixtures hold what was recorded; the exit status is 130."""
    with peer(Slow()) as place:
        running = under_way(place)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=30)

    assert running.returncode == 130, said
    assert "Traceback" not in said
    names = {path.stem for path in folder.glob("*.har")}
    assert "listModels-discovery" in names
    assert names == set(tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8")))
    assert [path.name for path in folder.parent.iterdir()] == ["genos"]


def test_a_killed_recording_leaves_valid_files(under_way, folder):
    """After kill -9, what was recorded is in a whole HAR file, and there are no half fixtures."""
    with peer(Slow()) as place:
        running = under_way(place)
        running.kill()
        running.wait()

    assert len(read(folder.parent / "genos.recording.har")) >= 2
    assert not folder.exists()
