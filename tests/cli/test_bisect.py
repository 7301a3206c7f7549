"""The command `replay` with two targets, and with an exchange of any recording."""

from __future__ import annotations

import json

import pytest

from conformance.exchange.har import read
from conformance.reference.server import DEFAULT_KEY
from conformance.reporters import json_report
from conformance.run import execute
from conformance.settings import runs

KEY = ("--api-key", DEFAULT_KEY)
NAME = "chat.shape@discovery.2"


@pytest.fixture
def past(tmp_path, serving):
    """Judge a server; returns the folder of the run and the base URL."""

    def leave(api="genos", deviations=("chat-without-choices",), row="chat.shape"):
        url, folder = serving(api, *deviations), tmp_path / "run"
        folder.mkdir()
        with runs([api], target=url, key=DEFAULT_KEY) as (run,):
            report, _ = execute(run, {row}, recording=folder / "exchanges.har")
        (folder / "report.json").write_text(json_report.text([report], [folder]), encoding="utf-8")
        return folder, url

    return leave


def bisected(said, folder, a, b, *more):
    return said("replay", NAME, "--report", str(folder), "--bisect", a, b, *KEY, *more)


def test_kept_at_one_and_broken_at_the_other(past, said, serving):
    """The requirement is the first difference, with the finding and its curl line; status 1 both ways round."""
    folder, broken = past()
    faithful = serving("genos")
    for a, b, label in ((faithful, broken, "B"), (broken, faithful, "A")):
        ended = bisected(said, folder, a, b)
        assert (ended.status, ended.err) == (1, "")
        assert "first difference: the requirement chat.shape" in ended.out
        assert f"AT {label}  {NAME}" in ended.out
        assert f"  {label}: broken" in ended.out
        assert "also the body at /choices" in ended.out
        assert DEFAULT_KEY not in ended.out


def test_two_that_are_alike(past, said, serving):
    """Other words, ids and times are no difference: status 0, said plainly."""
    folder, _ = past()
    ended = bisected(said, folder, serving("genos"), serving("genos"))
    assert (ended.status, "no difference that matters" in ended.out) == (0, True)
    both = bisected(said, folder, *[serving("genos", "chat-without-choices")] * 2)
    assert (both.status, "no difference that matters" in both.out) == (0, True)


def test_a_difference_of_another_kind(past, said, serving):
    """A status that differs comes before all else, and leaves the requirement untold: status 3."""
    folder, broken = past()
    ended = bisected(said, folder, broken, serving("genos", "chat-not-there"))
    assert ended.status == 3
    assert "first difference: the status: 200 at A, 404 at B" in ended.out


def test_a_dead_target_tells_nothing(past, said, serving):
    """Where B is not there, nothing is told of it."""
    folder, _ = past()
    ended = bisected(said, folder, serving("genos"), "http://127.0.0.1:1/v1")
    assert (ended.status, "B: cannot tell: the target cannot be reached" in ended.out) == (3, True)
    assert "first difference: the end of the exchange: complete at A, refused at B" in ended.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((NAME, "--bisect", "http://127.0.0.1:1/v1", "http://localhost:1/v1"), "with --api-key-env-b"),
        ((NAME, "--bisect", "http://127.0.0.1:1/v1", "x"), "is no base URL"),
        ((NAME, "--bisect", "http://a/v1", "http://a/v1", "-u", "http://a/v1"), "leave --target"),
        ((NAME, "--entry", "1"), "name it with --har FILE"),
        ((NAME, "--har", "x.har"), "leave FINDING and --report out"),
        ((), "name a FINDING of a run"),
        (("--har", "x.har"), "x.har: No such file or directory"),
    ],
)
def test_what_the_user_can_mend(past, said, words, message):
    """What does not fit is said in one line, and nothing is sent."""
    folder, _ = past()
    report = () if "--har" in words or not words else ("--report", str(folder))
    ended = said("replay", *words, *report, *KEY)
    assert (ended.status, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert message in ended.err


def test_the_key_of_b(past, said, serving, monkeypatch):
    """The key to B is taken from its own variable, and A's is not sent there."""
    folder, _ = past()
    monkeypatch.setenv("KEY_OF_B", "another-key")
    other = serving("genos", api_key="another-key")
    ended = bisected(said, folder, serving("genos"), other, "--api-key-env-b", "KEY_OF_B")
    assert (ended.status, "no difference that matters" in ended.out) == (0, True)
    refused = bisected(said, folder, serving("genos"), other)
    assert (refused.status, "B: cannot tell: the credential was refused" in refused.out) == (3, True)


def entry(said, har, *more):
    return said("replay", "--har", str(har), "--api", "genos", *KEY, *more)


def test_an_exchange_of_a_recording(past, said, serving):
    """It says what the exchange breaks now and broke then: still there, gone, new, or nothing."""
    folder, broken = past()
    har = folder / "exchanges.har"
    still = entry(said, har, "--entry", "discovery.2", "-u", broken)
    assert (still.status, "STILL THERE  chat.shape@discovery.2" in still.out) == (1, True)
    gone = entry(said, har, "--entry", "2", "-u", serving("genos"))
    assert (gone.status, "GONE  chat.shape@discovery.2" in gone.out) == (0, True)
    new = entry(said, har, "--entry", "1", "-u", serving("genos", "models-listed-to-anyone", "answer-declared-as-text"))
    assert "breaks nothing" in new.out or "NEW" in new.out
    two = entry(said, har, "--entry", "discovery.2", "--bisect", serving("genos"), broken)
    assert (two.status, "kept at A, broken at B" in two.out) == (1, True)
    dead = entry(said, har, "--entry", "discovery.2", "-u", "http://127.0.0.1:1/v1")
    assert (dead.status, "cannot tell: the target cannot be reached" in dead.out) == (3, True)


def test_an_exchange_that_begins_to_break(past, said, serving):
    """What was right in the recording and is wrong now is called new."""
    folder, _ = past(deviations=())
    ended = entry(
        said, folder / "exchanges.har", "--entry", "discovery.2", "-u", serving("genos", "chat-without-choices")
    )
    assert (ended.status, "NEW  chat.shape@discovery.2" in ended.out) == (1, True)


def test_a_recording_of_another_program(past, said, tmp_path):
    """An entry of a browser's file is sent again where it was sent, by its number."""
    folder, broken = past()
    asked = next(each.request for each in read(folder / "exchanges.har") if each.id == "discovery.2")
    request = {
        "method": "POST",
        "url": f"{broken}/v1/chat/completions",
        "headers": [
            {"name": "Content-Type", "value": "application/json"},
            {"name": "Authorization", "value": f"Bearer {DEFAULT_KEY}"},
        ],
        "postData": {
            "mimeType": "application/json",
            "text": asked.body.decode(),
        },
    }
    answer = {"status": 200, "headers": [], "content": {"text": "{}", "mimeType": "application/json"}}
    har = tmp_path / "browser.har"
    har.write_text(json.dumps({"log": {"entries": [{"request": request, "response": answer, "time": 5}]}}))
    ended = entry(said, har)
    assert (ended.status, "chat.shape@ex-0001" in ended.out) == (1, True), ended.out
    assert DEFAULT_KEY not in ended.out
    missing = entry(said, har, "--entry", "7")
    assert (missing.status, "has no exchange '7': there is ex-0001" in missing.err) == (2, True)
