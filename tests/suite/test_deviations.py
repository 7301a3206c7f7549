"""Every judge bites, and none barks: the reference server breaks nothing, a deviation exactly what it names."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

import pytest
from judging import judged

from conformance.contract.load import api_ids, load_api
from conformance.contract.model import Level
from conformance.reference.deviations.registry import catalogue
from conformance.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.report import Report

APIS = api_ids()
ALIKE = {"cloud-temple", "genos", "neuroflash", "openai"}
"""APIs that are judged by the same rows of a format."""


def tried_on(name: str, apis: Sequence[str]) -> list[str]:
    """Return the APIs on which a deviation is tried here: one of those that are alike stands for all of them.

    It is `openai`, whose runs are the longest, only where it is the only one. `tox -e detection` tries every deviation
    on every API.
    """
    alike = [api for api in apis if api in ALIKE]
    alike = [api for api in alike if api != "openai"] or alike
    if not alike:
        return list(apis)
    return [api for api in apis if api not in ALIKE] + [alike[crc32(name.encode()) % len(alike)]]


SHOWN = {name: deviation for name, deviation in catalogue().items() if not deviation.generated}
"""The deviations that fixed probes show."""
CASES = [(api, name) for name, deviation in SHOWN.items() for api in tried_on(name, deviation.apis)]
BROKEN = {Verdict.FAIL, Verdict.WARN, Verdict.NOTE}
UNKNOWN = {Verdict.ERROR, Verdict.UNTESTED}


def shown(report: Report) -> dict[str, str]:
    return {
        r.requirement.id: f"{r.verdict}: {r.reason or '; '.join(f.message for f in r.findings)}"
        for r in report.results
        if r.verdict in BROKEN | UNKNOWN
    }


@pytest.mark.parametrize("api", APIS)
def test_faithful_server_keeps_every_promise(api, faithful):
    """The faithful server breaks nothing, and nothing is left untested."""
    assert shown(faithful(api)) == {}


@pytest.mark.parametrize(("api", "name"), CASES, ids=lambda value: value)
def test_deviation_breaks_exactly_what_it_names(api, name):
    """A deviation breaks the requirements that it names, at the level that it names, and no other."""
    deviation = catalogue()[name]
    own, weakly = deviation.breaks.get(api, set()), deviation.bends.get(api, set())
    report = judged(api, name)
    broken = {r.requirement.id: r.verdict for r in report.results if r.verdict in BROKEN}
    at_own_level = {Level.MUST: Verdict.FAIL, Level.SHOULD: Verdict.WARN, Level.MAY: Verdict.NOTE}
    wanted = {name: at_own_level[load_api(api).requirement(name).level] for name in own}
    wanted |= {name: at_own_level[_weaker(load_api(api).requirement(name).level)] for name in weakly}

    assert broken == wanted, shown(report)
    assert not [r.requirement.id for r in report.results if r.verdict is Verdict.ERROR]


def _weaker(level: Level) -> Level:
    return list(Level)[level.rank + 1]


@pytest.mark.parametrize("api", APIS)
def test_catalogue_judged_and_bitten_are_the_same(api, faithful):
    """Each requirement that can be observed is judged, unless a faithful server has no cause for it; each is bitten."""
    catalogued = {row.id for row in load_api(api).requirements if not row.excluded}
    judged_ones = {r.requirement.id for r in faithful(api).results if r.verdict is Verdict.PASS}
    bitten = {
        row
        for deviation in SHOWN.values()
        for row in deviation.breaks.get(api, set()) | deviation.bends.get(api, set())
    }

    silent = {r.requirement.id for r in faithful(api).results if r.verdict is Verdict.NOT_APPLICABLE} & catalogued

    assert judged_ones | silent == catalogued
    assert bitten == catalogued


def test_each_deviation_says_in_one_sentence_what_it_does():
    """A deviation's sentence is there, ends with a full stop and fits a line."""
    wrong = {
        name: d.sentence for name, d in catalogue().items() if not d.sentence.endswith(".") or len(d.sentence) > 110
    }

    assert wrong == {}
