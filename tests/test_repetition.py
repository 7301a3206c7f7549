"""A repeated run tells flaky results from steady ones, and never counts the best of several."""

from __future__ import annotations

import json

import pytest
from playing import collector

from conformance.contract.load import load_api
from conformance.exchange.har import read
from conformance.reference.server import DEFAULT_KEY, Settings, application, base_path
from conformance.repetition import together
from conformance.report import Exit, Verdict
from conformance.reporters.json_report import run_document
from conformance.run import execute
from conformance.settings import runs
from conformance.transport.budget import Limits

API = "cloud-temple"
FAULT = "answer-created-with-fraction"


def repeated(*rounds, limits=None, recording=None):
    """Judge a server that deviates in each round as it is said; returns the report and the exchanges by id."""
    from dataclasses import replace

    apps = iter([application(Settings(apis=(API,), deviations=each)) for each in rounds])

    def collecting(*said):
        return collector(next(apps))(*said)

    rows = {row.id for row in load_api(API).requirements}
    with runs([API], target="http://127.0.0.1:1" + base_path(API), key=DEFAULT_KEY, configure=True, limits=limits) as (
        run,
    ):
        return execute(replace(run, repeat=len(rounds)), rows, collector=collecting, recording=recording)


def result_of(report, requirement="chat.shape"):
    return next(result for result in report.results if result.requirement.id == requirement)


@pytest.fixture(scope="module")
def flaky(tmp_path_factory):
    """A run of three rounds, of which the second is broken; with the recording of it."""
    recording = tmp_path_factory.mktemp("flaky") / "exchanges.har"
    return *repeated((), (FAULT,), (), recording=recording), recording


def test_a_promise_that_is_broken_once_is_broken(flaky):
    """The verdict is the worst of all rounds, and the reason says in how many it was broken."""
    report, exchanges, _ = flaky
    found = result_of(report)

    assert (found.verdict, found.reason) == (Verdict.FAIL, "flaky: broken 1 of 3 runs")
    assert report.exit_status is Exit.BROKEN
    assert {finding.exchange.partition(".")[0] for finding in found.findings} == {"run2"}
    assert all(finding.exchange in exchanges and finding.curl for finding in found.findings)
    assert (report.repeated.runs, report.repeated.broken["chat.shape"]) == (3, 1)
    assert "chat.shape" in report.repeated.flaky


def test_the_report_says_how_often(flaky):
    """The JSON report has the number of rounds, and in how many a requirement was broken."""
    said = run_document(flaky[0])["repeated"]

    assert (said["runs"], said["broken"]["chat.shape"]) == (3, 1)


def test_exchanges_of_each_round_are_kept_apart(flaky):
    """The recording holds the exchanges of all rounds, each under a name of its own."""
    _, exchanges, recording = flaky
    names = [exchange.id for exchange in read(recording)]

    assert len(set(names)) == len(names)
    assert set(exchanges) == set(names)
    for prefix in ("run2.", "run3."):
        assert {name.removeprefix(prefix) for name in names if name.startswith(prefix)} == {
            name for name in names if not name.startswith("run")
        }
    assert json.loads(recording.read_text(encoding="utf-8"))


def test_what_is_broken_each_time_is_not_flaky():
    """A steady fault has its findings, and no word of repetition before them."""
    report, _ = repeated((FAULT,), (FAULT,))

    assert result_of(report).verdict is Verdict.FAIL
    assert (result_of(report).reason, report.repeated.flaky) == ("", frozenset())
    assert report.repeated.broken["chat.shape"] == 2


def test_what_is_kept_each_time_is_conformant():
    """Rounds that agree are as one run; what was judged is counted over all of them."""
    once, twice = repeated(())[0], repeated((), ())[0]

    assert (twice.exit_status, dict(twice.repeated.broken)) == (Exit.CONFORMANT, {})
    assert {r.requirement.id: r.verdict for r in once.results} == {r.requirement.id: r.verdict for r in twice.results}
    assert result_of(twice).judged == 2 * result_of(once).judged


def test_the_budget_is_for_all_rounds():
    """Requests are counted over the rounds: when the budget is spent, the rest is untested and the run inconclusive."""
    alone = repeated(())[0].spent.requests
    report, _ = repeated((), (), limits=Limits(requests=alone + 5))

    assert report.spent.requests == alone + 5
    assert report.exit_status is Exit.INCONCLUSIVE
    assert any(r.verdict is Verdict.UNTESTED and r.reason.startswith("in 1 of 2 runs: ") for r in report.results)


def test_one_report_stays_as_it_is(faithful):
    """A run that is not repeated is not said to be."""
    assert together([faithful(API)]) is faithful(API)
