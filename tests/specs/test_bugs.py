"""Every known bug class is judged, noted, or listed with the reason why it is not."""

from __future__ import annotations

import json
import tomllib

import jsonschema_rs
import pytest

from conformance.contract.bugs import bugs
from conformance.contract.load import SpecError, api_ids, data, load_api
from conformance.reference.deviations.registry import catalogue

FILES = sorted((data("specs") / "bugs").glob("*.toml"))
ROWS = {row.id: row for api in api_ids() for row in load_api(api).requirements}
LEVELS = {row: {r.level for api in api_ids() for r in load_api(api).requirements if r.id == row} for row in ROWS}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_is_of_its_schema(path):
    """Each file is of the schema, and holds the classes of the group that it is named for."""
    schema = json.loads((data("specs") / "bug.schema.json").read_text(encoding="utf-8"))
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    problems = [str(error) for error in jsonschema_rs.Draft202012Validator(schema).iter_errors(found)]

    assert problems == []
    assert {entry["slug"].partition("-")[0] for entry in found["bug"]} == {path.stem}


def test_each_class_is_found_by_rows_that_there_are():
    """A judged class has a must or should row, a noted one only rows that are information."""
    unknown = {bug.slug: row for bug in bugs().values() for row in bug.rows if row not in ROWS}
    weight = {bug.slug: set().union(*(LEVELS[row] for row in bug.rows)) for bug in bugs().values() if bug.rows}

    assert unknown == {}
    assert {
        slug for slug, levels in weight.items() if (levels == {"may"}) != (bugs()[slug].disposition == "noted")
    } == set()


def test_rows_and_deviations_name_classes_that_there_are():
    """A slug that a row or a deviation names is in the list, and the list names the row."""
    told = {(slug, row.id) for row in ROWS.values() for slug in row.bugs}

    assert {slug for deviation in catalogue().values() for slug in deviation.bugs} <= set(bugs())
    assert {(slug, row) for slug, row in told if slug not in bugs() or row not in bugs()[slug].rows} == set()


def test_each_class_that_is_found_has_a_deviation():
    """What the suite says that it finds, it is shown to find."""
    shown = {slug for deviation in catalogue().values() for slug in deviation.bugs}
    assert {bug.slug for bug in bugs().values() if bug.rows} - shown == set()


@pytest.mark.parametrize(
    "text", ["bug = 7", "[[bug]]\nslug = 'x-y'\n", "[[bug]\n", "[[bug]]\nslug='x-y'\nseverity='break'\nname='x'\n"]
)
def test_a_file_that_cannot_be_read_is_one_clear_line(text, tmp_path):
    """A broken file is named."""
    (tmp_path / "bugs").mkdir()
    (tmp_path / "bugs" / "x.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError, match=r"x\.toml"):
        bugs(tmp_path)
