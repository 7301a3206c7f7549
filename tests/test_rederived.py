"""A verdict can be derived from the recording alone."""

from __future__ import annotations

import pytest

from conformance.contract.load import load_api
from conformance.exchange.har import read
from conformance.recorded import judge_recorded
from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings
from conformance.run import execute
from conformance.settings import runs

CASES = [
    ("cloud-temple", ()),
    ("multi-llm", ()),
    ("genos", ("chat-without-choices",)),
    ("neuroflash", ("wire-folded-header",)),
    ("openai", ("answer-usage-unequal",)),
]


@pytest.mark.parametrize(("api", "deviations"), CASES)
def test_recording_gives_the_same_verdicts(api, deviations, tmp_path):
    """Judging the HAR of a run gives every requirement the verdict that it had live."""
    known, recording = load_api(api), tmp_path / "exchanges.har"
    groups = [f"{api}:{operation.optional}" for operation in known.operations if operation.optional]
    with (
        ReferenceServer(Settings(apis=(api,), deviations=deviations)) as server,
        runs([api], target=server.url(api), key=DEFAULT_KEY, configure=True, optional=groups) as (run,),
    ):
        live, _ = execute(run, {row.id for row in known.requirements}, recording=recording)
    again = judge_recorded(known, read(recording), base_url=live.target)
    assert {r.requirement.id: r.verdict for r in again.results} == {r.requirement.id: r.verdict for r in live.results}
    assert bool(deviations) == any(r.findings and r.verdict in {"fail", "warn"} for r in again.results)
