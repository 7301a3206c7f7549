"""Options from a file and the environment: the flag wins, then the variable, then the file."""

from __future__ import annotations

import json
import os

import click
import pytest

from conformance.cli import main
from conformance.commands.configured import Configured
from conformance.contract.load import data


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project in a repository; writes its configuration."""
    for name in [name for name in os.environ if name.startswith("LLM_CONFORMANCE_")]:
        monkeypatch.delenv(name)
    (tmp_path / ".git").mkdir()
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)

    def write(text, name="llm-conformance.toml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def in_force(said, *words):
    """Return what `config` says: each option's value and where it is from."""
    ended = said("config", *words)
    assert ended.status == 0, ended.err
    lines = [line.partition("  # ") for line in ended.out.splitlines() if " = " in line]
    return {line.partition(" = ")[0]: (json.loads(line.partition(" = ")[2]), origin) for line, _, origin in lines}


def described(option):
    """Return the schema of an option as it is declared to click."""
    kind = option.type
    if option.is_flag:
        return {"type": "boolean"}
    if isinstance(kind, click.Choice):
        return {"enum": list(kind.choices)}
    if isinstance(kind, click.types.IntParamType | click.types.FloatParamType):
        found = {"type": "integer" if isinstance(kind, click.types.IntParamType) else "number"}
        limits = {"minimum": getattr(kind, "min", None), "maximum": getattr(kind, "max", None)}
        return found | {name: limit for name, limit in limits.items() if limit is not None}
    return {"type": ["string", "array"], "items": {"type": "string"}} if option.multiple else {"type": "string"}


def test_the_schema_is_that_of_the_options():
    """Every option of a run is in the schema, with its type and limits; nothing else is."""
    schema = json.loads((data("specs") / "config.schema.json").read_text(encoding="utf-8"))
    named = {name: dict(each) for name, each in schema["properties"].items() if name != "profile"}
    assert all(each.pop("description") for each in named.values())
    run = main.commands["run"]
    assert isinstance(run, Configured)
    assert named == {name: described(option) for name, option in run.settable.items()}
    assert {each.name for each in run.params} - {option.name for option in run.settable.values()} == {
        "api_key",
        "config",
        "profile",
        "pytest_args",
    }


def test_the_flag_wins_then_the_variable_then_the_file(project, said, monkeypatch):
    """Each value is told with where it is from."""
    file = project('api = "genos"\nseed = 1\nconcurrency = 2\ntimeout = 5\n')
    monkeypatch.setenv("LLM_CONFORMANCE_SEED", "3")
    monkeypatch.setenv("LLM_CONFORMANCE_CONCURRENCY", "4")
    found = in_force(said, "--concurrency", "6")
    assert found["concurrency"] == (6, "the command line")
    assert found["seed"] == (3, "LLM_CONFORMANCE_SEED")
    assert found["timeout"] == (5.0, str(file))
    assert found["api"] == (["genos"], str(file))
    assert found["max-requests"] == (2000, "default")


def test_a_profile_is_laid_over_the_file(project, said):
    """Its options win over those beside it."""
    file = project("seed = 1\ntimeout = 5\n[profile.staging]\nseed = 2\n")
    found = in_force(said, "--profile", "staging")
    assert found["seed"] == (2, f"{file} [profile.staging]")
    assert found["timeout"] == (5.0, str(file))
    assert in_force(said)["seed"] == (1, str(file))


def test_a_table_of_pyproject_will_do(project, said):
    """A pyproject.toml without the table is none, and llm-conformance.toml comes first."""
    file = project("[tool.llm-conformance]\nseed = 4\n", "pyproject.toml")
    assert in_force(said)["seed"] == (4, str(file))
    project("[tool.other]\nseed = 4\n", "pyproject.toml")
    assert in_force(said)["seed"] == (0, "default")


def test_nothing_above_the_repository_is_read(project, said, tmp_path):
    """A file beyond the root of the repository does not count."""
    project("seed = 4\n")
    (tmp_path / "a" / ".git").mkdir()
    assert in_force(said)["seed"] == (0, "default")


def test_paths_are_seen_from_the_file(project, said, tmp_path):
    """A folder in a file is beside the file, wherever the command is started."""
    project('report-dir = "out"\n')
    assert in_force(said)["report-dir"][0] == str(tmp_path / "out")


def test_a_run_follows_the_file(project, said):
    """What the file says is what is done, not only what is told."""
    project('api = "neuroflash"\nmax-requests = 7\neffort = "smoke"\nselect = "no-such-row"\n')
    done = said("run")
    assert done.out.startswith("neuroflash at http://127.0.0.1:")
    assert "at most 7 requests" in done.out
    assert done.err == "llm-conformance: no requirement of neuroflash matches 'no-such-row'\n"
    assert done.status == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("concurency = 1", "unknown key concurency: did you mean concurrency?"),
        ("max_requests = 1", "unknown key max_requests: did you mean max-requests?"),
        ("zzz = 1", "unknown key zzz: `llm-conformance config` lists what there is"),
        ("seed = 1.5", "seed: expected integer, found 1.5"),
        ('seed = "1"', "seed: expected integer, found '1'"),
        ("concurrency = 0", "concurrency: expected at least 1, found 0"),
        ("strict = 1", "strict: expected boolean, found 1"),
        ('effort = "huge"', "effort: expected one of 'smoke', 'standard', 'thorough', found 'huge'"),
        ("header = [1]", "header.0: expected string, found 1"),
        ('api-key = "sk-x"', "api-key: a key is not kept in a file; name its variable by api-key-env"),
        ('api_key = "sk-x"', "api_key: a key is not kept in a file"),
        ('header = ["Authorization: Bearer sk-x"]', "header: a credential is not kept in a file"),
        ("[profile.a]\nsed = 1", "unknown key profile.a.sed: did you mean seed?"),
        ("profile = 1", "profile is no table of tables"),
        ("seed = ", "is not TOML"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_one_line(project, said, text, reason):
    """File, key, and the name that was meant; a secret is not repeated."""
    file = project(text)
    done = said("plan")
    assert done.status == 2
    assert done.err.count("\n") == 1
    assert done.err.startswith(f"llm-conformance: {file}")
    assert reason in done.err
    assert "sk-x" not in done.err


def test_what_cannot_be_read_is_said(project, said, tmp_path):
    """A file that is not there, one without the table, bytes that are no text, and an unknown profile."""
    assert "cannot read" in said("plan", "--config", "nowhere.toml").err
    file = project("[tool.x]\n", "pyproject.toml")
    assert "has no table [tool.llm-conformance]" in said("plan", "--config", str(file)).err
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    assert "is not TOML" in said("plan", "--config", str(tmp_path / "bytes.toml")).err
    assert "there is no configuration that has a profile 'x'" in said("plan", "--profile", "x").err
    file = project("[profile.a]\n")
    assert f"{file} has no profile 'x': there are a" in said("plan", "--profile", "x").err


def test_secrets_are_not_told(project, said, monkeypatch):
    """Of a key only its variable is named, of a header only the name."""
    project('api = "genos"\ntarget = "http://127.0.0.1:1/x"\nheader = ["x-workspace-id: private"]\n')
    monkeypatch.setenv("GENOS_API_KEY", "sk-secret")
    done = said("config", "--api-key-env", "GENOS_API_KEY")
    assert "from GENOS_API_KEY" in done.out
    assert "sk-secret" not in done.out
    assert "private" not in done.out
    assert "from --api-key" in said("config", "--api-key", "sk-secret").out
    assert "sk-secret" not in said("config", "--api-key", "sk-secret").out


@pytest.mark.usefixtures("project")
def test_headers_of_a_variable_are_lines(said, monkeypatch):
    """A header has blanks in it."""
    monkeypatch.setenv("LLM_CONFORMANCE_HEADER", "a: b c\nd: e")
    monkeypatch.setenv("LLM_CONFORMANCE_API", "genos openai")
    found = in_force(said)
    assert found["header"][0] == ["a: …", "d: …"]
    assert found["api"][0] == ["genos", "openai"]


def test_help_needs_no_file(project, said):
    """Help is shown whatever is wrong with the file."""
    project("seed = ")
    assert said("run", "--help").status == 0
