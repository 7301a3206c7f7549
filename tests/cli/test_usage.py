"""What the user has to mend is said in one line, with status 2, before anything is sent."""

from __future__ import annotations

import shutil
import socket

import pytest

from conformance.contract import load
from conformance.contract.load import data

LIVE = ("run", "--api", "genos", "--api-key", "k", "-u")
HERE = "http://127.0.0.1:9/v1"


def refused(ended, *parts):
    """Check that a command ended with status 2 and one clear line."""
    assert (ended.status, ended.out) == (2, ""), ended.out + ended.err
    assert "Traceback" not in ended.err
    last = ended.err.strip().splitlines()[-1]
    assert all(part in last for part in parts), ended.err
    assert last.startswith(("llm-conformance: ", "Error: "))


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("run", "--api", "gnos"), "did you mean genos?"),
        (("run", "--api", "zzz"), "there are cloud-temple, genos, multi-llm, neuroflash"),
        (("run", "--no-such-option"), "--no-such-option"),
        (("run", "--level", "may"), "'may'"),
        (("run", "-u", HERE), "name it with --api ID"),
        (("run", "--api", "genos", "-u", HERE), "no API key: set LLM_CONFORMANCE_API_KEY or GENOS_API_KEY"),
        (("run", "--api", "genos", "-u", HERE, "--api-key-env", "NOT_SET"), "set NOT_SET"),
        (("run", "--api", "genos", "-u", HERE, "--api-key", "a\nb"), "the key from --api-key cannot stand in a header"),
        (("run", "--api", "genos", "-u", HERE, "--api-key", ""), "cannot stand in a header"),
        ((*LIVE, "api.example/v1"), "begins with http:// or https://"),
        ((*LIVE, "ftp://api.example/v1"), "begins with http:// or https://"),
        ((*LIVE, "http://"), "has a host"),
        ((*LIVE, "http://[::1/v1"), "is no URL"),
        ((*LIVE, "http://host:99999/v1"), "is no URL"),
        ((*LIVE, "http://host/v 1"), "spaces or control characters"),
        ((*LIVE, "http://me:key@host/v1"), "no user"),
        ((*LIVE, "http://host/v1?key=x"), "no user, query"),
        ((*LIVE, HERE, "--header", "no colon"), "is no header"),
        ((*LIVE, HERE, "--header", "X-A: b\x00"), "control characters"),
        ((*LIVE, HERE, "--with", "genos:nothing"), "unknown optional group"),
        (("plan", "--api", "gnos"), "did you mean genos?"),
        (("plan", "--api", "genos", "-u", "nowhere"), "begins with http:// or https://"),
        (("list", "apis", "--api", "gnos"), "did you mean genos?"),
        (("list", "everything"), "everything"),
        (("explain", "chat.shap"), "did you mean chat.shape"),
        (("explain", "qqqq.zzzz"), "list requirements"),
        (("serve", "--api", "gnos"), "did you mean genos?"),
        (("serve", "--deviate", "no-such-deviation"), "unknown deviation"),
        (("serve", "--api-key", "a\nb"), "cannot stand in a header"),
        (("judge", "--api", "genos", "no-such-file.har"), "no-such-file.har"),
        (("judge", "--api", "gnos", "x.har"), "did you mean genos?"),
        (("judge", "--api", "genos", "--target", "nowhere", "x.har"), "begins with http:// or https://"),
    ],
)
def test_what_cannot_be_done(said, tmp_path, monkeypatch, words, part):
    """Each wrong word is named, with what to do about it where that is known."""
    monkeypatch.chdir(tmp_path)
    refused(said(*words), part)
    assert list(tmp_path.iterdir()) == []


def test_nothing_matches(process):
    """An expression that no requirement of any API matches is a mistake, and leaves no folder behind."""
    ended = process("run", "-k", "no_such_requirement")

    assert ended.status == 2
    assert "no requirement of" in ended.err.splitlines()[-1]
    assert list(ended.reports.iterdir()) == []


def test_wrong_arguments_for_pytest(process):
    """What pytest does not understand is the user's to mend."""
    ended = process("run", "--api", "genos", "--", "--no-such-option")

    assert (ended.status, "Traceback" in ended.err) == (2, False)
    assert "are the arguments after -- right?" in ended.err


def test_taken_port(said):
    """A port that is taken cannot be served on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused(said("serve", "--port", str(taken.getsockname()[1])), "Address already in use")


def test_deviation_of_another_api(said):
    """A deviation that concerns none of the APIs that are served would do nothing, so it is refused."""
    from conformance.reference.deviations.registry import catalogue

    name, api = next((n, set(load.api_ids()) - set(d.apis)) for n, d in catalogue().items() if len(d.apis) == 1)
    refused(said("serve", "--api", min(api), "--deviate", name), "concerns only")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("genos/openapi.yaml", "openapi: [3.2.0"),
        ("genos/openapi.yaml", "- a list"),
        ("genos/openapi.yaml", "paths: {}"),
        ("genos/profile.toml", "base_url = "),
        ("genos/profile.toml", "base_url = 1"),
        ("genos/requirements.toml", "[[requirement]]\nid = 'chat.shape'"),
        ("genos/requirements.toml", "[common]\n'no.such-row' = {level = 'may'}"),
        ("genos/requirements.toml", "requirement = 1"),
        ("genos/requirements.toml", b"\xff\xfe"),
        ("genos/requirements.toml", None),
    ],
)
def test_broken_specification(said, tmp_path, monkeypatch, file, text):
    """A specification that cannot be read is named with its fault."""
    specs = tmp_path / "specs"
    shutil.copytree(data("specs"), specs)
    path = specs / file
    path.unlink()
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    monkeypatch.setattr(load, "data", lambda _: specs)
    load.load_api.cache_clear()
    try:
        refused(said("list", "requirements", "--api", "genos"), str(specs / "genos"))
    finally:
        load.load_api.cache_clear()


@pytest.mark.parametrize("option", ["--report-dir", "--report-json"])
def test_unwritable_report(said, tmp_path, option):
    """A place that cannot be written to is found out before anything is sent."""
    (tmp_path / "file").write_text("")
    refused(said("run", "--api", "genos", option, str(tmp_path / "file" / "below")), "cannot write")
