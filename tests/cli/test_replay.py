"""The command `replay`: says of a finding of a past run whether it is still there."""

from __future__ import annotations

import json
import shlex
from types import SimpleNamespace

import pytest
from peers import peer, reply

from conformance.contract.load import load_api
from conformance.exchange.har import read
from conformance.reference.server import DEFAULT_KEY
from conformance.reporters import json_report
from conformance.run import execute
from conformance.settings import runs

DEVIATION = "chat-without-choices"
NAME = "chat.shape@discovery.2"
KEY = ("--api-key", DEFAULT_KEY)


@pytest.fixture
def past(tmp_path, serving, monkeypatch):
    """Judge a deviating server; returns where it is, and a function that names its report where it was written."""
    monkeypatch.chdir(tmp_path)

    def leave(api, deviation, *rows):
        url, folder = serving(api, deviation), tmp_path / "reports" / f"20260102T030405Z-{api}"
        folder.mkdir(parents=True)
        with runs([api], target=url, key=DEFAULT_KEY, configure=True) as (run,):
            report, _ = execute(run, set(rows), recording=folder / "exchanges.har")
        path = folder / "report.json"
        path.write_text(json_report.text([report], [folder.relative_to(tmp_path)]), encoding="utf-8")
        return SimpleNamespace(url=url, path=path, folder=folder)

    return leave


def lines(ended) -> str:
    return " ".join(ended.out.split())


def replay_line(past, row) -> str:
    rows = json.loads(past.path.read_text(encoding="utf-8"))["requirements"]
    return next(finding["replay"] for each in rows if each["id"] == row for finding in each["findings"])


def test_what_is_still_there(past, said):
    """The line of the report, pasted, finds the fault again: status 1, with the promise and how to see it."""
    words = shlex.split(replay_line(past("genos", DEVIATION, "chat.shape"), "chat.shape"))
    ended = said(*words[1:], *KEY, "--repeat", "2")

    assert (words[0], ended.status, ended.err) == ("llm-conformance", 1, "")
    row = load_api("genos").requirement("chat.shape")
    for part in (f"STILL THERE {NAME} (must)", row.statement, "'choices' is a required property", "2 of 2"):
        assert part in lines(ended)
    assert [x for x in ended.out.splitlines() if len(x) > 80 and not x.startswith(("curl ", "genos at "))] == []
    assert 'Bearer $LLM_CONFORMANCE_API_KEY"' in ended.out
    assert DEFAULT_KEY not in ended.out


def test_what_is_gone(past, said, serving):
    """A target that keeps the promise, elsewhere, gives status 0; only what is named was looked at."""
    past("genos", DEVIATION, "chat.shape")
    ended = said("replay", "chat.shape", *KEY, "-u", serving("genos"))

    assert (ended.status, ended.err) == (0, "")
    assert ended.out.count("GONE") == ended.out.count("gone: not seen again in 1 try") == 3
    assert "'choices' is a required property (as it was found)" in lines(ended)


def test_only_the_named_exchange_is_sent(past, said):
    """One finding costs one request; --whole-probe sends all of its probe."""
    recorded = past("genos", DEVIATION, "chat.shape")
    many = sum(exchange.id.startswith("discovery.") for exchange in read(recorded.folder / "exchanges.har"))

    assert many > 1
    for flags, count in (((), "1 request of"), (("--whole-probe",), f"{many} requests of")):
        ended = said("replay", NAME, *KEY, *flags)
        assert (ended.status, count in lines(ended)) == (1, True)


def test_a_bundled_server_is_started_again(past, said):
    """Where the judged server of ours is gone, one is started: faithful, or deviating as named."""
    recorded = past("genos", DEVIATION, "chat.shape")
    gone = json.loads(recorded.path.read_text(encoding="utf-8")) | {
        "target": "http://127.0.0.1:1/api/gateway/rep/serving/43"
    }
    recorded.path.write_text(json.dumps(gone), encoding="utf-8")
    har = recorded.folder / "exchanges.har"
    har.write_text(har.read_text(encoding="utf-8").replace(recorded.url, gone["target"]), encoding="utf-8")

    faithful = said("replay", NAME)
    assert (faithful.status, "which deviates in nothing" in lines(faithful)) == (0, True)
    deviating = said("replay", NAME, "--deviate", DEVIATION)
    assert (deviating.status, f"(the bundled server, {DEVIATION})" in lines(deviating)) == (1, True)
    assert "curl" not in deviating.out


def test_a_dead_target_tells_nothing(past, said):
    """Neither a refused connection nor a refused credential nor another kind of answer is taken for a repair."""
    recorded = past("genos", DEVIATION, "chat.shape")
    dead = said("replay", NAME, *KEY, "-u", "http://127.0.0.1:1/v1")
    assert (dead.status, "cannot tell: the target cannot be reached" in lines(dead)) == (3, True)

    refused = said("replay", NAME, "--api-key", "another-key", "-u", recorded.url)
    assert (refused.status, "cannot tell: the credential was refused (status 401)" in lines(refused)) == (3, True)

    failure = reply("500 Internal Server Error", b'{"error": {"message": "x"}}', "Content-Type: application/json")
    with peer(lambda _: failure) as place:
        failing = said("replay", NAME, *KEY, "-u", f"http://{place}/v1")
    assert (failing.status, "the new answer does not show it (status 500)" in lines(failing)) == (3, True)


def test_a_finding_that_needs_no_credential(past, said, serving):
    """A request that was sent without the key is sent without it, and an answer of 401 is the repair."""
    past("genos", "credential-not-needed", "auth.required")
    assert said("replay", "auth.required", *KEY).status == 1
    assert said("replay", "auth.required", *KEY, "-u", serving("genos")).status == 0


def test_a_header_that_was_taken_out(past, said):
    """A header field that the recording lacks is asked for, and put where it was."""
    recorded = past("neuroflash", DEVIATION, "chat.shape")
    har = recorded.folder / "exchanges.har"
    har.write_text(har.read_text().replace('"name": "Accept"', '"name": "OpenAI-Organization"'), encoding="utf-8")

    ended = said("replay", "chat.shape", *KEY)
    assert (ended.status, "give it with --header 'OpenAI-Organization: …'" in lines(ended)) == (3, True)
    assert said("replay", "chat.shape", *KEY, "--header", "openai-organization: org").status == 1


def test_what_changes_the_deployment_is_sent_only_if_allowed(past, said):
    """A finding of a configuration is not told without --allow-configure, and all of its probe is sent with it."""
    past("multi-llm", "configuration-unchecked", "config.bad-body")
    ended = said("replay", "config.bad-body", *KEY)
    assert (ended.status, "--allow-configure allows it" in lines(ended)) == (3, True)
    assert said("replay", "config.bad-body", *KEY, "--allow-configure").status == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("chat.shap",), "has no finding 'chat.shap': there is chat.shape"),
        (("chat.shape@nowhere.9",), "there is chat.shape@discovery.2"),
        ((NAME, "--report", "missing"), "cannot read missing: No such file or directory"),
        ((NAME, "--deviate", "no-such"), "unknown deviation 'no-such'"),
        ((NAME, "--deviate", DEVIATION, "-u", "http://127.0.0.1:1"), "leave one of them out"),
        ((NAME,), "no API key: set LLM_CONFORMANCE_API_KEY"),
    ],
)
def test_what_the_user_can_mend(past, said, words, message):
    """What does not exist or fit is said in one line with the near names."""
    past("genos", DEVIATION, "chat.shape")
    ended = said("replay", *words)

    assert (ended.status, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert message in ended.err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _: "{", "is no report: not JSON"),
        (lambda _: "[]", "is no report: its format is not"),
        (lambda said: json.dumps({"format": said["format"], "runs": []}), "holds several runs"),
        (lambda said: json.dumps(said | {"api": 7}), "unknown api"),
        (lambda said: json.dumps(said | {"target": ["x"]}), "is no base URL"),
        (lambda said: json.dumps(said | {"requirements": {"a": 1}}), "has no finding 'chat.shape': it found nothing"),
        (lambda said: json.dumps(said | {"requirements": [1, {"id": [], "findings": 3}]}), "it found nothing"),
        (lambda said: json.dumps(said).replace("discovery.2", "discovery.99"), "has no exchange 'discovery.99'"),
    ],
)
def test_any_report_is_read_without_a_traceback(past, said, change, message):
    """What is no report of ours ends in one line, whatever is in it."""
    recorded = past("genos", DEVIATION, "chat.shape")
    recorded.path.write_text(change(json.loads(recorded.path.read_text(encoding="utf-8"))), encoding="utf-8")
    ended = said("replay", "chat.shape", *KEY)

    assert (ended.status, ended.err.count("\n")) == (2, 1)
    assert message in ended.err


def test_without_a_report_or_its_recording(said, past, tmp_path, monkeypatch):
    """No report, or one whose exchanges are lost, is said in one line."""
    monkeypatch.chdir(tmp_path)
    assert "there is no report below reports" in said("replay", "chat.shape").err
    recorded = past("genos", DEVIATION, "chat.shape")
    (recorded.folder / "exchanges.har").unlink()
    ended = said("replay", "chat.shape", "--report", str(recorded.path))
    assert (ended.status, "exchanges.har: No such file or directory" in ended.err) == (2, True)
