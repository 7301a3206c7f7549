"""Judges recorded exchanges."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from conformance.contract.digest import specification_digest
from conformance.judges.evidence import Evidence
from conformance.judges.verdicts import Circumstances, judge_all
from conformance.locating import located
from conformance.report import Report, Spent
from conformance.scoring import finished

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.contract.model import Api
    from conformance.exchange.model import Exchange


def judge_recorded(api: Api, exchanges: Iterable[Exchange], *, base_url: str = "", strict: bool = False) -> Report:
    """Judge recorded exchanges; nothing is sent, so what the recording does not show is untested.

    An optional group is on where one of its operations was answered: that a client asked for it promises nothing.
    """
    recorded = list(exchanges)
    read = Evidence(api, recorded, base_url)
    offered = {reading.operation.optional for reading in read.readings if reading.operation and reading.succeeded}
    circumstances = Circumstances(optional=offered)
    results = judge_all(api, recorded, base_url=base_url, circumstances=circumstances, known=read)
    known = {exchange.id: exchange for exchange in recorded}
    report = Report(
        api=api.id,
        title=api.profile.title,
        target=base_url or "recorded exchanges",
        suite_version=version("llm-conformance"),
        started=min((exchange.started for exchange in recorded), default=0.0),
        spent=Spent(),
        seed=0,
        results=tuple(located(result, known, api, base_url, api.profile.key_env) for result in results),
        strict=strict,
        specification=specification_digest(api.id),
    )
    return finished(report, api, recorded, circumstances, base_url=base_url, known=read)
