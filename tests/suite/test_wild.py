"""The recordings of known bugs are what the list of them says, and can be made anew."""

from __future__ import annotations

import tomllib

import pytest
from record_wild import BROKEN, WILD, cases, recorded

from conformance.contract.bugs import bugs
from conformance.contract.load import load_api
from conformance.exchange.har import read
from conformance.recorded import judge_recorded
from conformance.reference.deviations.registry import catalogue

LISTED = tomllib.loads((WILD / "expected.toml").read_text(encoding="utf-8"))
SEVERAL = ("emb-order-index", "sem-max-tokens-finish", "sse-buffered", "tc-roundtrip-own-output")
"""Classes that no exchange shows by itself."""
LARGEST = 1_500_000
"""Bytes of all recordings together."""


def broken(case, exchanges):
    report = judge_recorded(load_api(case.api), exchanges, base_url=case.target)
    return {result.requirement.id for result in report.results if result.verdict in BROKEN}


def test_each_listed_class_is_recorded():
    """There are fifty recordings, each of a class of the list, and no other file."""
    assert len(LISTED) == 50
    assert {path.stem for path in WILD.glob("*.har")} == set(LISTED) <= set(bugs())
    assert sum(path.stat().st_size for path in WILD.iterdir()) <= LARGEST


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.slug)
def test_a_recording_shows_its_class(case):
    """What a recording breaks is what its deviation names, and a row that the class is judged by is among it."""
    deviation = catalogue()[case.deviation]
    named = deviation.breaks.get(case.api, set()) | deviation.bends.get(case.api, set())

    assert case.slug in deviation.bugs
    assert set(case.breaks) <= named
    assert set(case.breaks) & set(bugs()[case.slug].rows)
    assert LISTED[case.slug].get("issue", "") in (bugs()[case.slug].issues or ("",))


@pytest.mark.parametrize("slug", ["sse-truncated", "tc-finish-stop"])
def test_a_recording_made_twice_is_the_same(slug):
    """Nothing in a recording depends on when, or how often, it was made."""
    case = next(case for case in cases() if case.slug == slug)

    assert recorded(case) == recorded(case)


@pytest.mark.parametrize("slug", SEVERAL)
def test_no_exchange_can_be_left_out(slug):
    """A recording is the smallest that shows its class: without any one exchange it shows less."""
    case = next(case for case in cases() if case.slug == slug)
    exchanges = read(WILD / f"{slug}.har")

    assert broken(case, exchanges) == set(case.breaks)
    for number in range(len(exchanges)):
        assert broken(case, exchanges[:number] + exchanges[number + 1 :]) != set(case.breaks)
