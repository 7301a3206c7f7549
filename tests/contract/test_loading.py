"""Loading turns rows into requirements: shared rows, changed by patterns, on the operations that selectors choose."""

from __future__ import annotations

import shutil

import pytest

from conformance.contract.load import SpecError, data, load_api
from conformance.contract.model import Level

SHARED = """
[[requirement]]
id = "zz.shared"
level = "must"
basis = "expected"
source = "RFC 9110"
statement = "It is shared."
operations = ["@read"]
judge = "any"
limit = 3
"""
OWN = "[common]\n'*' = {level = 'may'}\n'zz.*' = {level = 'should', except_operations = ['listModels']}\n"


@pytest.fixture
def specs(tmp_path):
    """A copy of the specifications with one shared row and no other."""
    shutil.copytree(data("specs"), tmp_path / "specs")
    for path in (tmp_path / "specs" / "common").glob("*.toml"):
        path.unlink()
    (tmp_path / "specs" / "common").mkdir(exist_ok=True)
    (tmp_path / "specs" / "common" / "zz.toml").write_text(SHARED)
    (tmp_path / "specs" / "genos" / "requirements.toml").write_text(OWN)
    return tmp_path / "specs"


def test_later_pattern_wins(specs):
    """An API changes a shared row by patterns, of which the last that matches wins; other keys are parameters."""
    (row,) = load_api("genos", specs).requirements

    assert (row.level, row.params, row.operations) == (Level.SHOULD, {"limit": 3}, ())


def test_selector_chooses_operations(specs):
    """A selector stands for the operations of its kind."""
    (specs / "genos" / "requirements.toml").write_text("")
    (row,) = load_api("genos", specs).requirements

    assert row.operations == ("listModels",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[common]\n'zz.none' = {level = 'may'}", "changes unknown common rows: zz.none"),
        (SHARED, "requirement ids occur twice: zz.shared"),
        (SHARED.replace("shared", "own").replace("@read", "@nothing"), "unknown operation @nothing"),
        (SHARED.replace("shared", "own").replace('"must"', '"shall"'), "shall"),
        ("[[requirement]]\nid = 'a.b'", "'level' is missing"),
        ("= 1", "not TOML"),
    ],
)
def test_fault_is_named(specs, text, said):
    """What is wrong with a file is said with its place."""
    (specs / "genos" / "requirements.toml").write_text(text)
    with pytest.raises(SpecError, match=said) as raised:
        load_api("genos", specs)
    assert "genos" in str(raised.value)


FORMAT = "[formats.zz]\nlevel = 'should'\nwithout = ['zz.left']\n"


def _format(specs, own=FORMAT, **keys):
    (specs / "common" / "zz").mkdir()
    more = "".join(f"{key} = {value!r}\n" for key, value in keys.items())
    rows = [SHARED.replace("zz.shared", name) + more for name in ("zz.taken", "zz.left")]
    (specs / "common" / "zz" / "rows.toml").write_text("\n".join(rows))
    (specs / "genos" / "requirements.toml").write_text(own)
    return {row.id: row for row in load_api("genos", specs).requirements}


def test_rows_of_a_format_are_taken_at_most_at_the_level_that_the_documents_give_it(specs):
    """An API that names a format has its rows, none stronger than it says, but those that it leaves out."""
    found = _format(specs)

    assert found.keys() == {"zz.shared", "zz.taken"}
    assert (found["zz.shared"].level, found["zz.taken"].level) == (Level.MUST, Level.SHOULD)


def test_rows_of_a_format_that_need_undocumented_words_are_left_out(specs):
    """A row whose requests need a word that no operation of the API documents does not concern it."""
    assert "zz.taken" not in _format(specs, words=["wings"])


def test_patterns_make_no_row_stronger(specs):
    """What is said of many rows by a pattern weakens them at most; a row by its own id may be made stronger."""
    own = FORMAT.replace("should", "may") + "[common]\n'zz.*' = {level = 'should'}\n"
    assert _format(specs, own)["zz.taken"].level is Level.MAY


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ("[formats.none]\nlevel = 'may'", "unknown format none"),
        (FORMAT.replace("zz.left", "zz.lost"), "leaves out unknown rows of zz: zz.lost"),
    ],
)
def test_fault_of_a_format_is_named(specs, own, said):
    """A format or a row of it that is not there is named."""
    with pytest.raises(SpecError, match=said):
        _format(specs, own)
