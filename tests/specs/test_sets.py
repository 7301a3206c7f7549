"""The dated sets: frozen, made of rows that still mean what they meant."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from freeze_sets import levels

from conformance.contract.load import SpecError, api_ids, data, load_api
from conformance.contract.model import Level
from conformance.contract.sets import FULL, digest, newest, sets, since

every_set = pytest.mark.parametrize("name", sets())


@every_set
def test_rows_mean_what_they_meant(name):
    """No row of a frozen set was taken away, and none says, judges or weighs anything else than it did.

    Where this fails, the row needs a new id, or its API a new set: `python tests/specs/freeze_sets.py YYYY-MM`.
    """
    frozen = sets()[name]
    now = {row.id: digest(row) for row in load_api(frozen.api).requirements}
    assert {row: now.get(row) for row, said in frozen.digests.items() if now.get(row) != said} == {}


@every_set
def test_levels_are_of_the_set(name):
    """Each level has a must, no row twice, and no row that the set lacks; core and errors are there."""
    frozen = sets()[name]
    must = {row.id for row in load_api(frozen.api).requirements if row.level is Level.MUST}

    assert {"core", "errors", FULL} <= {*frozen.level_names}
    for level in frozen.level_names:
        rows = frozen.of(level)
        assert len({*rows}) == len(rows)
        assert {*rows} <= {*frozen.digests}
        assert must & {*rows}, level


@pytest.mark.parametrize("api", api_ids())
def test_every_row_of_today_is_in_some_set_or_newer(api):
    """Each API has a set; what the script would freeze today has every row of the newest, and no excluded one."""
    found = newest(api)
    assert found is not None
    rows = {row.id for own in levels(load_api(api)).values() for row in own}
    assert {row for name in found.levels for row in found.of(name)} <= rows
    assert not {row.id for row in load_api(api).requirements if row.excluded} & {*found.digests}


def test_digest_tells_changes_of_meaning():
    """A digest changes with statement, level, judge, parameters and operations, and with nothing else."""
    row = load_api("openai").requirement("chat.temperature-range")
    changes = (
        {"statement": "It is."},
        {"level": Level.MAY},
        {"judge": "accepts"},
        {"params": {**row.params, "maximum": 3}},
        {"operations": ()},
        {"reading": "strict"},
    )
    assert len({digest(row), *(digest(replace(row, **change)) for change in changes)}) == 1 + len(changes)
    assert digest(replace(row, doubt="None.", bugs=("x",), probes=())) == digest(row)


def test_since_names_the_first_set(tmp_path):
    """A row is since the oldest set that has it; one of a later set is not in the older."""
    shutil.copytree(data("specs") / "sets", tmp_path / "sets")
    older = (tmp_path / "sets" / "genos-2026-11.toml").read_text(encoding="utf-8")
    later = (
        older.replace("genos-2026-11", "genos-2027-05").replace("date = 2026-11-21", "date = 2027-05-01")
        + '"zz.new" = "0000000000000000"\n'
    )
    (tmp_path / "sets" / "genos-2027-05.toml").write_text(later, encoding="utf-8")

    assert since("genos", "chat.shape", tmp_path) == "genos-2026-11"
    assert since("genos", "zz.new", tmp_path) == "genos-2027-05"
    assert since("genos", "zz.none", tmp_path) == ""
    assert newest("genos", tmp_path).id == "genos-2027-05"
    assert "zz.new" not in sets(tmp_path)["genos-2026-11"].of(FULL)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "genos-2026-11"', 'id = "genos"', "its id is genos"),
        ("core = [", 'core = ["zz.none",', "no digest of zz.none"),
        ("[digests]", "[digest]", "digests"),
        ("date =", "date", "line"),
    ],
)
def test_a_bent_set_is_refused(tmp_path, old, new, said):
    """A file that is no set says which it is and why."""
    shutil.copytree(data("specs") / "sets", tmp_path / "sets")
    path = tmp_path / "sets" / "genos-2026-11.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")

    with pytest.raises(SpecError, match=rf"genos-2026-11\.toml: .*{said}"):
        sets(tmp_path)
