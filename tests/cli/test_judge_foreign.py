"""`judge` takes what other programs recorded, and holds against nobody what they do not show."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from conformance.contract.load import data
from conformance.exchange.redaction import Redaction
from conformance.recordings.files import recorded

FOREIGN = data("fixtures") / "foreign"
KEY = {"name": "Authorization", "value": "Bearer sk-of-somebody-0123456789"}
ASKED = {"model": "m", "messages": [{"role": "user", "content": "Say ok"}], "max_tokens": 8}
ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1795255200,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
}
BASES = {
    "cloud-temple": "/v1",
    "genos": "/api/gateway/rep/serving/43",
    "multi-llm": "/api/llm",
    "neuroflash": "/api/ds-prototypes",
    "openai": "/openai/v1",
}


def entry(url="https://h.example/v1/chat/completions", answer=ANSWER, *, key=True, status=200, **members):
    """Return an entry as a browser writes it."""
    headers = [{"name": "content-type", "value": "application/json"}]
    return {
        "startedDateTime": "2026-11-21T10:00:00Z",
        "time": 12.5,
        "request": {
            "method": "POST",
            "url": url,
            "httpVersion": "h2",
            "headers": headers + ([KEY] if key else []),
            "postData": {"mimeType": "application/json", "text": json.dumps(ASKED)},
        },
        "response": {
            "status": status,
            "httpVersion": "h2",
            "headers": headers,
            "content": {"text": json.dumps(answer)},
        },
    } | members


@pytest.fixture
def verdicts(said, tmp_path):
    """Judge files, or entries of a HAR file; returns how the command ended and the verdict of each requirement."""

    def judge(*given, words=()):
        files = [each for each in given if not isinstance(each, dict)]
        if entries := [each for each in given if isinstance(each, dict)]:
            (tmp_path / "a.har").write_text(json.dumps({"log": {"entries": entries}}))
            files.append(tmp_path / "a.har")
        report = tmp_path / "report.json"
        ended = said("judge", *map(str, files), "--report-json", str(report), *words)
        rows = json.loads(report.read_text())["requirements"] if report.exists() else []
        return ended, {row["id"]: row["verdict"] for row in rows}

    return judge


def broken(found):
    return {name for name, verdict in found.items() if verdict in {"fail", "warn", "error"}}


@pytest.mark.parametrize("api", BASES)
@pytest.mark.parametrize("sanitised", [False, True])
def test_chromium_raises_no_false_alarm(verdicts, tmp_path, api, sanitised):
    """What a browser recorded from the faithful server breaks nothing, with credentials or without."""
    har = json.loads((FOREIGN / "chromium.har").read_text(encoding="utf-8"))
    for each in har["log"]["entries"]:
        head = each["request"]["headers"]
        each["request"]["headers"] = [h for h in head if not sanitised or h["name"].lower() != "authorization"]
    (tmp_path / "c.har").write_text(json.dumps(har))
    words = ("--api", api, "--target", f"http://127.0.0.1:8391{BASES[api]}")

    ended, found = verdicts(tmp_path / "c.har", words=words)

    assert broken(found) == set()
    assert "pass" in found.values()
    assert re.search(rf"judged [4-6] of 29 entries as {api}; 2[3-5] skipped", ended.err)


@pytest.mark.parametrize("name", ["mitmproxy.har", "curl.txt"])
def test_other_programs_raise_no_false_alarm(verdicts, name):
    """The faithful server breaks nothing in a proxy's recording or a pasted transcript."""
    ended, found = verdicts(FOREIGN / name, words=("--api", "openai"))

    assert (ended.status, broken(found)) == (3, set())
    assert found["chat.shape"] == "pass"


def test_fault_in_a_browsers_recording_is_found(verdicts):
    """A promise that a foreign recording shows to be broken is named as on a live target."""
    wrong = ANSWER | {"usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 9}}

    ended, found = verdicts(entry(answer=wrong), words=("--api", "openai"))

    assert (ended.status, broken(found)) == (1, {"chat.usage-adds-up"})


@pytest.mark.parametrize("status", [200, 401, 403])
def test_absent_credential_says_nothing(verdicts, status):
    """An exporter may have taken the credential out, so nothing is said of requests without one."""
    answer = ANSWER if status == 200 else {"error": {"message": "no", "type": "t", "param": None, "code": None}}

    _, found = verdicts(entry(answer=answer, key=False, status=status), words=("--api", "openai"))

    assert {found[name] for name in found if name in {"auth.required", "auth.kept-private", "auth.status"}} <= {
        "untested",
        "not-applicable",
    }
    assert "fail" not in found.values()


def test_credential_is_absent_where_its_file_shows_others(verdicts):
    """Where the file shows credentials, a request without one that is answered breaks the promise."""
    _, found = verdicts(entry(), entry(key=False, time=99), words=("--api", "openai"))

    assert found["auth.required"] == "warn"


def test_entries_are_counted(verdicts):
    """The line says how many entries are judged, and why the others are not."""
    socket = entry("wss://h.example/live", _resourceType="websocket")
    preflight = entry(_resourceType="preflight")
    unanswered = entry(response={"status": 0, "_error": "net::ERR_FAILED"})
    bodiless = entry() | {"request": entry()["request"] | {"postData": {}}}
    others = [entry("https://h.example/app.js"), entry("data:,x"), entry(_fromCache="disk")]

    ended, _ = verdicts(entry(), entry(), socket, preflight, unanswered, bodiless, *others, words=("--api", "openai"))

    assert "judged 1 of 9 entries as openai; 8 skipped: 2 of other hosts or paths" in ended.err
    for reason in ("web sockets", "CORS preflights", "without an answer", "from a cache", "recorded twice"):
        assert f"1 {reason}" in ended.err or f"1 answered {reason}" in ended.err
    assert "1 without the whole body of the request" in ended.err


@pytest.mark.parametrize(
    ("given", "words", "part"),
    [
        (entry("https://h.example/chat"), (), "nothing is recognised as of any API: seen https://h.example/chat"),
        (entry(), (), "say which with --api"),
        (entry(), ("--api", "openai", "--base-path", "/v2"), "--base-path says where the API begins"),
        (entry(), ("--api", "openai", "--base-path", "v1"), "it begins with /"),
        (entry(), ("--base-path", "/v1", "--target", "https://h.example/v1"), "leave --base-path out"),
    ],
)
def test_what_cannot_be_told(verdicts, given, words, part):
    """What the paths do not tell is asked for in one line."""
    ended, found = verdicts(given, words=words)

    assert (ended.status, found, len(ended.err.splitlines())) == (2, {}, 1)
    assert part in ended.err


def test_two_hosts_are_not_mixed(verdicts):
    """Entries of two deployments are not judged as one; a page of the same name is none."""
    ended, _ = verdicts(entry(), entry("https://other.example/v1/chat/completions"), words=("--api", "openai"))
    assert ended.status == 2
    assert "below several base URLs: https://h.example/v1 (1), https://other.example/v1 (1)" in ended.err

    page = entry("https://site.example/models", request={"method": "GET", "url": "https://site.example/models"})
    ended, found = verdicts(entry(), page, words=("--api", "openai"))
    assert (broken(found), "judged 1 of 2" in ended.err) == (set(), True)


def test_only_api_that_is_recognised_is_taken(verdicts):
    """Without --api, the one API that has such paths judges."""
    health = entry("http://h.example/x/generate/stream", {"error": {}}, status=500)

    ended, _ = verdicts(health)

    assert "judged 1 of 1 entries as multi-llm" in ended.err


TRANSCRIPT = """Look at this:

```
$ curl -i https://h.example/v1/chat/completions \\
    -H 'Content-Type: application/json' -H "Authorization: Bearer $KEY" -d '%s'
HTTP/1.1 100 Continue

HTTP/2 200
content-type: application/json
date: Sat, 21 Nov 2026 10:00:00 GMT

%s
user@host:~$
```
%s"""


def transcript(answer, more=""):
    return TRANSCRIPT % (json.dumps(ASKED), answer, more)


@pytest.mark.parametrize(
    ("answer", "more", "expected"),
    [
        (json.dumps(ANSWER), "", set()),
        (json.dumps(ANSWER | {"usage": {**ANSWER["usage"], "total_tokens": 9}}), "", {"chat.usage-adds-up"}),
        (json.dumps(ANSWER)[:50], "", set()),
        (json.dumps(ANSWER, indent=2), "That was all.\n", set()),
    ],
)
def test_pasted_transcript(verdicts, tmp_path, answer, more, expected):
    """A transcript in a bug report is judged as far as it goes; what was cut is held against nobody."""
    (tmp_path / "bug.md").write_text(transcript(answer, more))

    ended, found = verdicts(tmp_path / "bug.md", words=("--api", "openai"))

    assert broken(found) == expected
    assert "judged 1 of 1 entries" in ended.err


def test_transcript_without_its_command(verdicts, tmp_path):
    """An answer alone does not tell what was asked, so it is not judged, and its line says what to do."""
    (tmp_path / "bug.txt").write_text(transcript(json.dumps(ANSWER), "HTTP/1.1 500 Oops\n\nbad\n"))

    ended, found = verdicts(tmp_path / "bug.txt", words=("--api", "openai"))

    assert "line 15: cannot tell which operation it is: paste the curl command" in ended.err
    assert broken(found) == set()
    assert "1 without the curl command" in ended.err


def test_charles_session(verdicts, tmp_path):
    """A JSON session of Charles is judged as a HAR file is."""
    said = entry()
    transaction = {
        "status": "COMPLETE", "method": "POST", "scheme": "https", "host": "h.example", "actualPort": 443,
        "path": "/v1/chat/completions", "query": None, "tunnel": False, "webSocket": False,
        "times": {"start": said["startedDateTime"]}, "durations": {"total": 3},
        "request": {"header": {"headers": said["request"]["headers"]}, "body": said["request"]["postData"]},
        "response": {
            "status": 200, "header": {"headers": said["response"]["headers"]},
            "body": {"encoded": "e30="}, "sizes": {"body": 2},
        },
    }  # fmt: skip
    (tmp_path / "s.chlsj").write_text(json.dumps([{"method": "CONNECT"}, transaction]))

    ended, found = verdicts(tmp_path / "s.chlsj", words=("--api", "openai"))

    assert "judged 1 of 2 entries" in ended.err
    assert found["chat.shape"] == "fail"


@pytest.mark.parametrize("content", ["just prose", "\x00\x01", "[[", '[{"a": 1}, 2]', "{", "{}"])
def test_no_recording_at_all(verdicts, tmp_path, content):
    """Any other file is refused in one line that names it."""
    (tmp_path / "x").write_text(content)

    ended, _ = verdicts(tmp_path / "x", words=("--api", "openai"))

    assert (ended.status, len(ended.err.splitlines())) == (2, 1)
    assert str(tmp_path / "x") in ended.err


def test_several_files_are_one_report(process, tmp_path):
    """Files, standard input among them, are one body of evidence; an exchange is named with its file."""
    for name, url in (("a.har", "/chat/completions"), ("b.har", "/models/m")):
        (tmp_path / name).write_text(json.dumps({"log": {"entries": [entry(f"https://h.example/v1{url}")]}}))

    ended = process("judge", "a.har", "b.har", "--api", "openai", cwd=tmp_path)

    assert ended.status == 3
    assert "judged 1 of 2 entries as openai; 1 skipped: 1 of other hosts or paths" in ended.err


def test_standard_input(monkeypatch):
    """`-` is standard input."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(transcript(json.dumps(ANSWER)).encode())))
    report = list(recorded([Path("-")], lambda *_: None, Redaction()))

    assert [each.exchange.request.method for each in report] == ["POST"]
