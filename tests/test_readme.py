"""The documents for readers: the commands, options, files and names that they show are real."""

from __future__ import annotations

import itertools
import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from conformance.cli import main
from conformance.contract.load import api_ids, load_api
from conformance.judges.registry import catalogue as judges
from conformance.probes.registry import catalogue as probes
from conformance.reference.deviations.registry import catalogue as deviations
from conformance.reference.server import DEFAULT_KEY

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "reports/README.md")


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page(name), re.MULTILINE | re.DOTALL)


def commands(name: str, program: str) -> list[list[str]]:
    """Return the words after each mention of a program, in code blocks and in running text."""
    lines = "".join(blocks(name, "sh")).splitlines() + re.findall(r"(?<!`)`([^`\n]+)`(?!`)", page(name))
    parts = [shlex.split(part) for line in lines for part in line.split("&&")]
    return [words[1:] for words in parts if words and Path(words[0]).name == program]


SHOWN = sorted({tuple(words) for name in PAGES for words in commands(name, "llm-conformance") if words})
every_command = pytest.mark.parametrize("words", SHOWN, ids=" ".join)


@every_command
def test_every_command_shown_is_understood(words):
    """The command exists, and its parser accepts each option and each value of a choice."""
    command = main.commands[words[0]]

    if len(words) > 1:  # a command that is only mentioned need not be whole
        with click.Context(command, info_name=words[0]) as context:
            assert command.parse_args(context, list(words[1:])) == []


@every_command
def test_every_api_requirement_and_deviation_named_in_a_command_exists(words):
    """A reader who pastes a command meets no unknown name."""
    said = list(itertools.pairwise(words))
    rows = {row.id for api in api_ids() for row in load_api(api).requirements}

    assert {value for option, value in said if option == "--api"} <= set(api_ids())
    assert {value for option, value in said if option == "--deviate"} <= set(deviations())
    assert {value for option, value in said if option == "explain"} <= rows


@pytest.mark.parametrize("name", PAGES)
def test_every_file_that_is_linked_exists(name):
    """A link to a file of the project leads somewhere."""
    links = re.findall(r"\]\(([^)#:]+)\)", page(name))

    assert [link for link in links if not ((ROOT / name).parent / link).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_every_path_that_is_named_exists(name):
    """A path in code type that begins with a folder of the project leads somewhere."""
    named = re.findall(r"`((?:specs|fixtures|conformance|tests|reports|\.ci)/[\w./-]*)`", page(name))

    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_room_is_on_the_architecture_page():
    """No package below `conformance/` is missing from the map."""
    rooms = {path.parent.name for path in (ROOT / "conformance").glob("*/__init__.py")}

    assert {room for room in rooms if f"{room}/" not in page("ARCHITECTURE.md")} == set()


def test_environment_variables_and_key_are_the_real_ones():
    """The variables that hold the keys, and the key of the bundled server, are as the README says."""
    text = page("README.md")

    assert {load_api(api).profile.key_env for api in api_ids()} - set(re.findall(r"[A-Z_]{5,}", text)) == set()
    assert DEFAULT_KEY in text


def test_table_names_every_api_and_its_base_path():
    """The table of the README has a row for each API, with a target that ends in its base path."""
    shown = dict(re.findall(r"^\| `([\w-]+)` \|.*\| `(\S+)` \|$", page("README.md"), re.MULTILINE))

    assert set(shown) == set(api_ids())
    assert {api for api, url in shown.items() if not url.endswith(load_api(api).profile.base_path)} == set()


def test_pytest_options_shown_are_the_plugins():
    """The options of the plugin that the README shows are registered by it."""
    plugin = (ROOT / "conformance/suite/plugin.py").read_text(encoding="utf-8")
    shown = {word for words in commands("README.md", "pytest") for word in words if word.startswith("--llm-")}

    assert shown
    assert {option for option in shown if f'"{option}"' not in plugin} == set()


def test_examples_of_rows_name_real_judges_and_probes():
    """The rows in CONTRIBUTING are TOML, and their judges and probes exist."""
    rows = [row for block in blocks("CONTRIBUTING.md", "toml") for row in tomllib.loads(block).get("requirement", ())]

    assert rows
    assert {row["judge"] for row in rows} <= set(judges())
    assert {name for row in rows for name in row["probes"]} <= set(probes())


def test_examples_in_python_compile():
    """The functions in CONTRIBUTING are Python."""
    for block in blocks("CONTRIBUTING.md", "python"):
        compile(block, "CONTRIBUTING.md", "exec")


def test_continuous_integration_runs_the_readmes_two_commands():
    """`.ci/run` has the two commands of the README word for word, and neither's failure is passed over."""
    first, second = blocks("README.md", "sh")[0].splitlines()
    lines = page(".ci/run").splitlines()

    assert f"{first} || exit" in lines
    assert second in lines
