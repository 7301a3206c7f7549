"""Capabilities: found from answers, demanded where they are declared, never held against a target otherwise."""

from __future__ import annotations

import pytest
from judging import judged_claiming

from conformance.contract.load import load_api
from conformance.report import Exit, Verdict
from conformance.scored import Reached

MISSING = [
    ("openai", "tools", ("legal-tools-refused",), "every request with tools is refused"),
    ("openai", "logprobs", ("legal-probabilities-refused",), "every request with logprobs is refused"),
    ("openai", "logprobs", ("logprobs-ignored",), "logprobs is taken, and no answer shows it"),
    ("openai", "choices", ("legal-without-several-choices",), "every request with n is refused"),
    ("openai", "streaming", ("stream-refused",), "every request with stream is refused"),
    ("openai", "embeddings", ("embeddings-route-missing",), "POST /embeddings refuses every documented request"),
    ("openai", "models", ("models-list-not-found",), "GET /models refuses every documented request"),
    ("openai", "completions", ("completions-route-missing",), "POST /completions refuses every documented request"),
    (
        "neuroflash",
        "structured-output",
        ("response-format-ignored",),
        "response_format is taken, and no answer shows it",
    ),
    ("cloud-temple", "rerank", ("rerank-not-there",), "POST /rerank refuses every documented request"),
    ("cloud-temple", "transcription", ("transcription-not-there",), "POST /audio/transcriptions refuses every"),
    ("multi-llm", "health", ("health-missing-here",), "GET /health refuses every documented request"),
    ("multi-llm", "status", ("status-missing",), "GET /models/{model_id}/status refuses every documented request"),
    ("multi-llm", "stats", ("usage-missing",), "GET /stats/usage refuses every documented request"),
    ("multi-llm", "configuration", ("load-balancing-missing",), "PUT /config/load-balancing refuses every"),
]
"""For each capability what takes it away, and what is then said."""


@pytest.mark.parametrize(("api", "name", "deviations", "said"), MISSING, ids=lambda value: str(value)[:40])
def test_declared_and_missing_fails(api, name, deviations, said):
    """A capability that is declared and not there is a broken must, with what was refused."""
    report = judged_claiming(api, [name], *deviations)

    row = next(r for r in report.results if r.requirement.id == f"capability.{name}")
    assert (row.verdict, row.requirement.level) == (Verdict.FAIL, "must")
    assert row.findings[0].message.startswith(f"advertised but not there: {said}")
    assert row.findings[0].exchange
    assert row.findings[0].curl
    assert report.exit_status is Exit.BROKEN
    assert next(o for o in report.offers if o.name == name).offered is False


@pytest.mark.parametrize(
    ("name", "deviation"), [(name, d[0]) for api, name, d, _ in MISSING if d[0].startswith("legal")]
)
def test_undeclared_and_missing_is_not_held_against_a_target(name, deviation):
    """What is missing and was never claimed leaves a conformant run, says why, and is a level that is not reached."""
    report = judged_claiming("openai", [], deviation)

    offer = next(o for o in report.offers if o.name == name)
    assert (report.exit_status, offer.offered, offer.declared) == (Exit.CONFORMANT, False, False)
    assert "refused" in offer.reason
    levels = {level.name: level.verdict for level in report.score.levels}
    assert (levels[name], levels["full"]) == (Reached.NOT_OFFERED, Reached.REACHED)
    assert all(r.reason for r in report.results if r.verdict is Verdict.NOT_APPLICABLE)


@pytest.mark.parametrize("api", ["cloud-temple", "genos", "multi-llm", "neuroflash", "openai"])
def test_all_that_is_there_may_be_declared(api):
    """The faithful server has every capability that its API knows: each is kept, and every level reached."""
    names = [capability.name for capability in load_api(api).capabilities]
    report = judged_claiming(api, [",".join(names)])

    rows = {r.requirement.id: r.verdict for r in report.results if r.requirement.id.startswith("capability.")}
    assert rows == {f"capability.{name}": Verdict.PASS for name in names}
    assert [(o.name, o.declared, o.offered) for o in report.offers] == [(name, True, True) for name in names]
    assert {level.verdict for level in report.score.levels} == {Reached.REACHED}
    assert report.exit_status is Exit.CONFORMANT


@pytest.mark.parametrize("legal", ["legal-json-object-refused", "legal-no-tool-choice", "legal-thinks-first"])
def test_part_of_a_capability_is_enough(legal):
    """A target that refuses one form of what it offers still offers it."""
    api = load_api("openai")
    report = judged_claiming("openai", [c.name for c in api.capabilities], legal)

    rows = {r.requirement.id: r.verdict for r in report.results if r.requirement.id.startswith("capability.")}
    assert {*rows.values()} == {Verdict.PASS}
    assert {o.name for o in report.offers if o.offered is not True} == set()
