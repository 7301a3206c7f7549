"""Generated traffic in a run: nothing that is right is held against a server, what is wrong is found and made small."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import pytest
from judging import judged_generated

from conformance.contract.load import api_ids
from conformance.exchange.har import read
from conformance.generation.effort import QUOTAS, Effort
from conformance.reference.deviations.registry import catalogue
from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings
from conformance.report import Exit, Verdict
from conformance.run import execute, selection
from conformance.settings import runs
from conformance.transport.budget import Limits

HIDDEN = {
    "thai-fails": "neuroflash",
    "one-token-stream-without-finish": "genos",
    "flags-torn": "openai",
    "long-content-cut-off": "neuroflash",
    "unknown-role-after-a-tool-fails": "neuroflash",
    "quotes-not-escaped": "genos",
    "indented-prompt-changes-ids": "multi-llm",
    "deep-objects-fail": "genos",
}
"""Deviations that only unusual requests show, each with an API on which it is looked for."""
NOT_SMALL = {"long-content-cut-off", "deep-objects-fail"}
"""Those whose smallest request is large by its nature."""
LEGAL = {
    "legal-long-contents-refused": "genos",
    "legal-control-characters-refused": "neuroflash",
    "legal-temperature-of-zero-refused": "genos",
    "legal-whole-floats-refused": "neuroflash",
    "legal-unknown-roles-heard-as-users": "neuroflash",
    "legal-lone-surrogates-refused": "multi-llm",
}
BROKEN = {Verdict.FAIL, Verdict.WARN}


@cache
def generated(api, *deviations):
    """Return the report of a run at standard effort, and its exchanges."""
    return judged_generated(api, *deviations)


def broken(report):
    return {r.requirement.id: [f.message for f in r.findings] for r in report.results if r.verdict in BROKEN}


@pytest.mark.parametrize("api", api_ids())
def test_faithful_server_passes(api):
    """Nothing that is generated is held against a server that keeps its promises, and all of it is sent."""
    report, _ = generated(api)
    assert broken(report) == {}
    assert report.exit_status is Exit.CONFORMANT
    assert report.drawing.parts
    for part in report.drawing.parts:
        assert (part.verdict, part.sent, part.reason, part.broken) == (Verdict.PASS, part.cases, "", ())


@pytest.mark.parametrize(("name", "api"), HIDDEN.items())
def test_hidden_fault_is_found_and_made_small(name, api):
    """A fault that only unusual requests show is found under its name, shown by a request that a person can read."""
    report, exchanges = generated(api, name)
    named = catalogue()[name].breaks[api]
    found = {r.requirement.id: r.findings for r in report.results if r.findings}
    assert named <= set(found)
    shown = [finding for row in named for finding in found[row] if finding.exchange.startswith("shrunk.")]
    assert shown
    sizes = [len(exchanges[finding.exchange].request.body) for finding in shown]
    assert min(sizes) < 420 or name in NOT_SMALL
    assert found[min(named)][0].curl


@pytest.mark.parametrize(("name", "api"), LEGAL.items())
def test_legal_variation_raises_no_alarm(name, api):
    """What the documents leave open is not held against a server, whatever is generated."""
    report, _ = generated(api, name)
    assert broken(report) == {}


def test_small_requests_come_first():
    """The findings of a requirement begin with the smallest request that breaks it."""
    report, exchanges = generated("genos", "quotes-not-escaped")
    (result,) = [r for r in report.results if r.requirement.id == "chat.shape"]
    sizes = [len(exchanges[finding.exchange].request.body) for finding in result.findings]
    assert sizes[0] == min(sizes)
    assert json.loads(exchanges[result.findings[0].exchange].request.body)["messages"] == [
        {"role": "user", "content": '"'}
    ]
    parts = {part.kind: part for part in report.drawing.parts}
    assert "chat.shape" in parts["valid"].broken
    assert parts["valid"].shrunk


def loopback(api, folder, **how):
    with (
        ReferenceServer(Settings(apis=(api,))) as server,
        runs([api], target=server.url(api), key=DEFAULT_KEY, effort=Effort.STANDARD, **how) as found,
    ):
        rows = {row.id for row in selection(found[0].api)}
        report, _ = execute(found[0], rows, recording=folder / "exchanges.har")
    return report, read(folder / "exchanges.har")


def test_same_seed_sends_the_same_requests(tmp_path):
    """Two runs with one seed send the same requests to the byte; another seed sends others."""
    sent = []
    for turn, seed in enumerate((3, 3, 4)):
        folder = tmp_path / str(turn)
        folder.mkdir()
        report, exchanges = loopback("genos", folder, seed=seed)
        requests = {}
        for exchange in exchanges:
            request = exchange.request
            head = [(name, value) for name, value in request.headers if name.lower() != "host"]
            requests[exchange.id] = (request.method, request.url.partition("/api/")[2], head, request.body)
        sent.append((report.seed, report.drawing.digest, requests))
    first, again, other = sent
    assert first == again
    assert len(first[2]) > 250
    assert other[1] != first[1]
    assert other[2] != first[2]


def test_spent_budget_is_inconclusive(tmp_path):
    """Where the budget ends before all was sent, nothing is green, and the report says what was not sent and why."""
    report, exchanges = loopback("genos", tmp_path, limits=Limits(requests=150))
    assert len(exchanges) == 150
    assert report.exit_status in {Exit.INCONCLUSIVE, Exit.BROKEN}
    assert report.exit_status is Exit.INCONCLUSIVE
    unsent = [part for part in report.drawing.parts if part.verdict is Verdict.UNTESTED]
    assert unsent
    assert all(part.sent < part.cases and part.reason == "the budget of 150 requests is spent" for part in unsent)


def test_only_the_parts_that_are_asked_for_are_sent():
    """A run sends only those kinds of cases that were selected."""
    with (
        ReferenceServer(Settings(apis=("genos",))) as server,
        runs(["genos"], target=server.url("genos"), key=DEFAULT_KEY, effort=Effort.STANDARD) as found,
    ):
        part = ("createChatCompletion", "sequence")
        report, exchanges = execute(found[0], {"chat.id"}, generated=[part])
    names = {name.rpartition(".")[0] for name in exchanges}
    sequences = {name for name in names if name.startswith("generated.")}
    assert sequences
    assert all(name.startswith("generated.createChatCompletion.sequence.") for name in sequences)
    assert len(sequences) <= QUOTAS[Effort.STANDARD].sequences
    assert [(each.operation, each.kind) for each in report.drawing.parts] == [part]


def test_fault_of_ours_is_not_the_targets(tmp_path, monkeypatch):
    """A case that cannot be sent for a fault of the suite makes the run fail as the suite's."""
    from conformance.generation import corpus as drawing

    def broken_case(*_args, **_how):
        raise RuntimeError("a fault of ours")
        yield

    monkeypatch.setattr(drawing, "talk", broken_case)
    report, _ = loopback("genos", tmp_path)
    (part,) = [part for part in report.drawing.parts if part.kind == "sequence"]
    assert part.verdict is Verdict.ERROR
    assert "a fault of ours" in part.reason
    assert report.exit_status is Exit.SUITE_FAILED


def test_failures_are_kept_and_sent_again(tmp_path):
    """A failing case is written to a file that the next run sends again, at any effort."""
    kept = tmp_path / "kept"

    def run(*deviations):
        with (
            ReferenceServer(Settings(apis=("genos",), deviations=deviations)) as server,
            runs(["genos"], target=server.url("genos"), key=DEFAULT_KEY) as found,
        ):
            made = replace(found[0], failures=kept, effort=Effort.STANDARD if not kept.exists() else Effort.SMOKE)
            return execute(made, {row.id for row in selection(made.api)})

    first, _ = run("quotes-not-escaped")
    files = sorted(path.name for path in (kept / "genos").iterdir())
    assert any(name.startswith("chat.shape-") for name in files)
    again, exchanges = run("quotes-not-escaped")
    assert again.drawing.parts == ()
    (result,) = [r for r in again.results if r.requirement.id == "chat.shape"]
    assert result.verdict is Verdict.FAIL
    assert all(finding.exchange.startswith("kept.") for finding in result.findings)
    assert all(finding.exchange in exchanges for finding in result.findings)
    mended, _ = run()
    assert mended.exit_status is Exit.CONFORMANT
    assert first.exit_status is Exit.BROKEN
