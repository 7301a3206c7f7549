"""The vocabulary of capabilities: well-formed, made of parts that exist, and each row is of one at most."""

from __future__ import annotations

import json
import shutil
import tomllib

import jsonschema_rs
import pytest

from conformance.contract.capabilities import PREFIX, declared
from conformance.contract.load import SpecError, api_ids, data, load_api
from conformance.judges import capabilities as judging
from conformance.judges.registry import catalogue as judges
from conformance.probes.registry import catalogue as probes

FILE = data("specs") / "capabilities.toml"
ENTRIES = tomllib.loads(FILE.read_text(encoding="utf-8"))


def test_file_is_of_its_schema():
    """The vocabulary is valid under the shipped schema, and names no capability twice."""
    schema = json.loads((data("specs") / "capabilities.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.meta.validate(schema)
    assert [e.message for e in jsonschema_rs.Draft202012Validator(schema).iter_errors(ENTRIES)] == []
    names = [entry["name"] for entry in ENTRIES["capability"]]
    assert sorted({*names}) == sorted(names)


def test_parts_exist():
    """Each probe that shows a capability is registered, each sign has a judge, each API's rows name what it has."""
    named = {probe for entry in ENTRIES["capability"] for probe in entry["probes"]}
    assert named <= set(probes())
    signs = {entry["sign"] for entry in ENTRIES["capability"] if "sign" in entry}
    assert signs == set(judging._SIGNS) == set(judging._ASKS)
    for api in map(load_api, api_ids()):
        assert {row.capability for row in api.requirements} - {""} <= {each.name for each in api.capabilities}


def test_every_capability_is_of_some_api():
    """Nothing is in the vocabulary that no API can offer, and each has rows that are about it."""
    offered = {each.name for api in map(load_api, api_ids()) for each in api.capabilities}
    assert offered == {entry["name"] for entry in ENTRIES["capability"]}
    about = {row.capability for api in map(load_api, api_ids()) for row in api.requirements}
    assert offered <= about


def test_a_declared_capability_is_a_requirement():
    """A must of its own stands for what is declared; what is not declared adds nothing."""
    api = load_api("openai")
    more = declared(api, {"tools", "rerank"}).requirements[len(api.requirements) :]

    assert [(row.id, row.level, row.judge) for row in more] == [(f"{PREFIX}tools", "must", "capability_offered")]
    assert "capability_offered" in judges()
    assert declared(api, ()) is api


@pytest.fixture
def specs(tmp_path):
    """A copy of the specifications."""
    shutil.copytree(data("specs"), tmp_path / "specs")
    return tmp_path / "specs"


def row_saying(capability: str) -> str:
    return (
        '[[requirement]]\nid = "zz.own"\nlevel = "may"\nbasis = "expected"\nsource = "RFC 9110"\n'
        f'statement = "It is."\noperations = ["createChatCompletion"]\nwords = ["tools"]\njudge = "x"\n'
        f'capability = "{capability}"\n'
    )


@pytest.mark.parametrize(("said", "found"), [("", "tools"), ("none", ""), ("streaming", "streaming")])
def test_a_row_may_say_its_capability(specs, said, found):
    """What a row says goes before what its words tell; none takes it out of all."""
    path = specs / "genos" / "requirements.toml"
    path.write_text(path.read_text(encoding="utf-8") + row_saying(said), encoding="utf-8")

    assert load_api("genos", specs).requirement("zz.own").capability == found


def test_an_unknown_capability_is_refused(specs):
    """A row that names a capability that its API cannot have says so."""
    path = specs / "genos" / "requirements.toml"
    path.write_text(path.read_text(encoding="utf-8") + row_saying("rerank"), encoding="utf-8")

    with pytest.raises(SpecError, match=r"zz\.own names the unknown capability rerank"):
        load_api("genos", specs)
