"""Failing cases are kept in files, one a promise and operation, and sent again by later runs."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache

import pytest
from playing import collector

from conformance.contract.load import load_api
from conformance.exchange.har import read
from conformance.exchange.model import FILTERED, Exchange, Request, Response
from conformance.kept import keep, kept
from conformance.reference.server import DEFAULT_KEY, Settings, application, base_path
from conformance.report import Verdict
from conformance.run import execute
from conformance.settings import runs
from conformance.transport.budget import Budget, Limits
from conformance.usage import UsageTrouble


@cache
def judged(api, deviation, *rows, port=1):
    """Judge some requirements of an API that deviates; returns the report, and the exchanges by id."""
    play = collector(application(Settings(apis=(api,), deviations=(deviation,))))
    with runs([api], target=f"http://127.0.0.1:{port}{base_path(api)}", key=DEFAULT_KEY, configure=True) as (run,):
        return execute(run, set(rows), collector=play)


def sent(probes, api, model="", deviations=(), **flags):
    """Collect what the probes send to a server; returns their exchanges."""
    with runs([api], target=f"http://127.0.0.1:2{base_path(api)}", key=DEFAULT_KEY, model=model, **flags) as (run,):
        play = collector(application(Settings(apis=(api,), deviations=deviations)))
        found = play(run.target, Budget(Limits(configure=run.target.configure)), lambda exchange: exchange).collect(
            probes
        )
    assert found.faults == {}
    return [exchange for exchange in found.exchanges if exchange.id.startswith("kept.")]


def test_a_failing_case_is_kept_once(tmp_path):
    """The smallest request of a broken promise stands alone in a HAR file that says what it breaks, without the key."""
    report, exchanges = judged("genos", "chat-without-choices", "chat.shape", "chat.id")
    (path,) = keep(tmp_path, report, exchanges)

    assert re.fullmatch(r"genos/chat\.shape-[0-9a-f]{8}\.har", str(path.relative_to(tmp_path)))
    log = json.loads(path.read_text(encoding="utf-8"))["log"]
    assert (log["_requirement"], log["_api"], log["_base_url"]) == ("chat.shape", "genos", report.target)
    (only,) = read(path)
    broken = next(result for result in report.results if result.verdict is Verdict.FAIL)
    sizes = [len(exchanges[finding.exchange].request.body) for finding in broken.findings]
    assert len(only.request.body) == min(sizes)
    assert DEFAULT_KEY not in path.read_text(encoding="utf-8")
    assert FILTERED in only.request.header("authorization")

    before = path.read_bytes()
    elsewhere = judged("genos", "chat-without-choices", "chat.shape", "chat.id", port=3)
    assert (keep(tmp_path, *elsewhere), path.read_bytes()) == ([], before)


def test_what_is_kept_is_sent_again(tmp_path):
    """A later run sends the same request to its own target, with its own key and model, and finds the fault again."""
    (path,) = keep(tmp_path, *judged("genos", "chat-without-choices", "chat.shape"))
    (probe,) = kept(tmp_path, load_api("genos"))
    (was,), (again,) = read(path), sent([probe], "genos", deviations=("chat-without-choices",))

    assert probe.name == f"kept.{path.stem}"
    assert again.id == f"{probe.name}.1"
    assert again.request.url == was.request.url.replace(":1/", ":2/")
    assert again.request.body == was.request.body
    assert again.request.header("authorization") == f"Bearer {DEFAULT_KEY}"
    assert (again.status, b'"choices"' in again.response.body) == (200, False)

    (other,) = sent([probe], "genos", model="another")
    assert json.loads(other.request.body) == json.loads(was.request.body) | {"model": "another"}


def test_a_kept_case_that_fails_again_is_the_same_file(tmp_path):
    """What a kept probe finds is not kept a second time."""
    report, exchanges = judged("genos", "chat-without-choices", "chat.shape")
    keep(tmp_path, report, exchanges)
    (broken,) = (result for result in report.results if result.verdict is Verdict.FAIL)
    (probe,) = kept(tmp_path, load_api("genos"))
    (name,) = (f.exchange for f in broken.findings if f.exchange.startswith("discovery."))
    findings = (replace(broken.findings[0], exchange=f"{probe.name}.1"),)
    again = {f"{probe.name}.1": exchanges[name]} | exchanges

    assert keep(tmp_path, replace(report, results=(replace(broken, findings=findings),)), again) == []


def test_requests_that_follow_each_other_are_kept_together(tmp_path):
    """A change of the deployment is kept with all of its probe, and only sent where it is allowed."""
    report, exchanges = judged("multi-llm", "configuration-unchecked", "config.bad-body")
    (path, *_) = keep(tmp_path, report, exchanges)
    probe = next(p for p in kept(tmp_path, load_api("multi-llm")) if p.name == f"kept.{path.stem}")
    calls = read(path)

    assert len(calls) > 1
    assert len({call.id.rpartition(".")[0] for call in calls}) == 1
    allowed = sent([probe], "multi-llm", configure=True)
    assert [e.request.method for e in allowed] == [call.request.method for call in calls]
    assert {e.request.method for e in sent([probe], "multi-llm")} <= {"GET", "POST"}
    assert not any("/config" in e.request.url for e in sent([probe], "multi-llm"))


def test_nothing_goes_elsewhere(tmp_path):
    """A request to another host, or with a private header that the run does not have, is left out."""
    (path,) = keep(tmp_path, *judged("genos", "chat-without-choices", "chat.shape"))
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"url": "http://127.0.0.1:1', '"url": "http://192.0.2.1'), encoding="utf-8")
    assert sent(kept(tmp_path, load_api("genos")), "genos") == []
    path.write_text(text.replace('"name": "Accept"', '"name": "Cookie"'), encoding="utf-8")
    assert sent(kept(tmp_path, load_api("genos")), "genos") == []


def test_only_what_is_broken_is_kept(tmp_path):
    """A note, a promise that is kept, and a finding whose exchange is not there leave no file."""
    report, exchanges = judged("genos", "chat-without-choices", "chat.shape", "chat.id")
    notes = tuple(replace(r, verdict=Verdict.NOTE) for r in report.results)

    assert keep(tmp_path, replace(report, results=notes), exchanges) == []
    assert keep(tmp_path, report, {}) == []
    assert list(tmp_path.iterdir()) == []
    assert kept(tmp_path / "missing", load_api("genos")) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ('{"log": 1}', "no log.entries"),
        ('{"log": {"entries": []}}', "log._requirement is missing"),
        ('{"log": {"entries": [], "_requirement": ["x"]}}', "log._requirement is missing"),
        (
            '{"log": {"entries": [], "_requirement": "x", "_api": "openai", "_base_url": "", "_model": ""}}',
            "of 'openai'",
        ),
        ('{"log": {"entries": [], "_requirement": "x", "_api": "genos", "_base_url": "x", "_model": ""}}', "base URL"),
        (
            '{"log": {"entries": [], "_requirement": "x", "_api": "genos", "_base_url": "http://h", "_model": ""}}',
            "holds no exchange",
        ),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path, text, message):
    """What is no kept failure is one clear line that names the file."""
    path = tmp_path / "genos" / "x.har"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")

    with pytest.raises(UsageTrouble, match=f"(?s){re.escape(str(path))}.*{message}"):
        kept(tmp_path, load_api("genos"))


def test_a_folder_that_cannot_be_written(tmp_path):
    """A file in the place of the folder is one clear line, both ways."""
    place = tmp_path / "file"
    place.write_text("")

    with pytest.raises(UsageTrouble, match=r"cannot write .*Not a directory"):
        keep(place, *judged("genos", "chat-without-choices", "chat.shape"))
    with pytest.raises(UsageTrouble, match="is no folder"):
        kept(place, load_api("genos"))


def test_a_file_holds_any_bytes(tmp_path):
    """A body that is no UTF-8, and half a surrogate pair in a header, come back as they were."""
    report, exchanges = judged("genos", "chat-without-choices", "chat.shape")
    (broken,) = (result for result in report.results if result.verdict is Verdict.FAIL)
    url = f"{report.target}/v1/chat/completions"
    odd = Exchange("odd.1", Request("POST", url, (("X", "\ud800"),), b"\xff\x00"), Response(200))
    findings = (replace(broken.findings[0], exchange="odd.1"),)
    (path,) = keep(tmp_path, replace(report, results=(replace(broken, findings=findings),)), exchanges | {"odd.1": odd})

    assert read(path)[0].request == odd.request
