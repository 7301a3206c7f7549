"""The requirement rows: each is well-formed, says where it stands, and names parts that exist."""

from __future__ import annotations

import json
import re
import tomllib
from copy import deepcopy
from functools import cache

import jsonschema_rs
import pytest
from documents import API_IDS

from conformance.contract.capabilities import requirement
from conformance.contract.load import api_ids, data, load_api
from conformance.judges.registry import catalogue as judges
from conformance.probes.registry import catalogue as probes

FILES = sorted([*data("specs").glob("common/**/*.toml"), *data("specs").glob("*/requirements.toml")])
DOCUMENTS = re.compile(
    r"000_1e1b237afa9c0e05\.txt|001_da3f9b528cb36a56\.txt|002_e3b758b4b9e4b62b\.txt"
    r"|003_27f04dc02b9170ec\.txt|004_8f4853ce9e627b47\.txt"
)
REFERENCE = re.compile(r"OpenAI API reference, \w")
STANDARDS = re.compile(
    r"RFC \d{4}|CWE-\d+|WHATWG|Unicode|OpenAI|vLLM|ISO \d+|OpenAPI|HTTP|Fetch §|client|vendor|reference|expected",
    re.IGNORECASE,
)
WORDING = re.compile(r"\b(should|must|test that)\b", re.IGNORECASE)
ROW = {
    "id": "chat.shape",
    "level": "must",
    "basis": "stated",
    "source": "000_1e1b237afa9c0e05.txt, Antwort",
    "statement": "An answer has a shape.",
    "judge": "response_schema",
}

every_api = pytest.mark.parametrize("api", API_IDS)
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")


@cache
def schema():
    text = (data("specs") / "requirement.schema.json").read_text(encoding="utf-8")
    jsonschema_rs.meta.validate(json.loads(text))
    return jsonschema_rs.Draft202012Validator(json.loads(text))


def rows():
    return [(api, row) for api in api_ids() for row in load_api(api).requirements]


@every_file
def test_file_is_of_its_schema(path):
    """Each file of rows is valid under the shipped schema."""
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    assert [f"{error.instance_path}: {error.message}" for error in schema().iter_errors(found)] == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", "chat"),
        ("id", "Chat.shape"),
        ("id", None),
        ("level", "shall"),
        ("level", None),
        ("basis", "guessed"),
        ("source", ""),
        ("statement", "No full stop"),
        ("statement", "x" * 200 + "."),
        ("operations", "@all"),
        ("operations", ["@some"]),
        ("probes", ["chat_plain"]),
        ("needs", ["chat"]),
        ("judge", None),
        ("excluded", ""),
        ("Params", 1),
    ],
)
def test_schema_refuses(key, value):
    """A row with one thing wrong is not valid; None takes the key away."""
    assert schema().is_valid({"requirement": [ROW]})
    row = deepcopy(ROW)
    row.pop(key, None)
    if value is not None:
        row[key] = value

    assert not schema().is_valid({"requirement": [row]})


def test_excluded_row_needs_no_judge():
    """A row that cannot be observed says why, and names no judge."""
    row = {key: value for key, value in ROW.items() if key != "judge"}
    assert schema().is_valid({"requirement": [row | {"excluded": "It takes two servers."}]})


@every_api
def test_api_has_requirements(api):
    """Each API loads, and promises something."""
    assert load_api(api).requirements


def test_ids_are_unique():
    """An id occurs once in an API."""
    assert {api: len(load_api(api).requirements) for api in API_IDS} == {
        api: len({row.id for row in load_api(api).requirements}) for api in API_IDS
    }


def test_statements_state():
    """A statement is short, ends with a full stop, and says what is, not what ought to be."""
    wrong = [
        f"{api} {row.id}: {row.statement}"
        for api, row in rows()
        if len(row.statement) > 200 or not row.statement.endswith(".") or WORDING.search(row.statement)
    ]
    assert wrong == []


def test_sources_are_named():
    """A source names a file of the documents or a standard; a stated promise names the file that states it."""
    wrong = []
    for api, row in rows():
        own = (REFERENCE if api == "openai" else DOCUMENTS).search(row.source)
        by_itself = row.basis not in {"stated", "example"} and STANDARDS.search(row.source)
        if not own and not by_itself:
            wrong.append(f"{api} {row.id}: {row.source}")
    assert wrong == []


def test_judges_exist_and_are_used():
    """Each row that can be observed names a registered judge, and each judge decides some row."""
    named = {row.judge for _, row in rows() if not row.excluded}
    assert named | {
        requirement(api, each).judge for api in map(load_api, api_ids()) for each in api.capabilities
    } == set(judges())


def test_probes_exist_and_are_used():
    """Each probe that a row names is registered, and each registered probe shows some row."""
    named = {probe for _, row in rows() if not row.excluded for probe in row.probes}
    assert named == set(probes())


def test_needs_exist():
    """What a row needs is a row of the same API, and no row needs itself, however indirectly."""
    for api in API_IDS:
        known = {row.id: row.needs for row in load_api(api).requirements}
        for name in known:
            seen, waiting = set(), list(known[name])
            while waiting:
                each = waiting.pop()
                assert each in known, f"{api} {name} needs the unknown {each}"
                assert each != name, f"{api} {name} needs itself"
                waiting += [n for n in known[each] if n not in seen]
                seen.add(each)
