"""`explain` and `list` say what is known; the reference in the documentation says the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.cli import main
from conformance.commands.handbook import pages
from conformance.contract.load import api_ids, load_api

DOCS = Path(__file__).parents[2] / "docs" / "requirements"


def said(*words: str, status: int = 0) -> str:
    done = CliRunner().invoke(main, words)
    assert done.exit_code == status, done.output
    return done.output


def test_the_reference_is_up_to_date():
    """Each page is what `llm-conformance explain --markdown docs/requirements` writes, and no page is left over."""
    found = {path.name: path.read_text(encoding="utf-8") for path in DOCS.iterdir()}
    wanted = pages(map(load_api, api_ids()))
    assert {*found} == {*wanted}
    assert [name for name in wanted if found[name] != wanted[name]] == []


def test_the_reference_has_every_requirement():
    """Each requirement has an anchor on its API's page, once."""
    wanted = pages(map(load_api, api_ids()))
    for api in map(load_api, api_ids()):
        page = wanted[f"{api.id}.md"]
        assert [row.id for row in api.requirements if page.count(f'<a id="{row.id}"></a>') != 1] == []


def test_pages_are_written(tmp_path):
    """The command writes the pages of the APIs that are named, and an overview."""
    said("explain", "--markdown", str(tmp_path / "new"), "--api", "genos")
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"README.md", "genos.md"}


def test_a_folder_that_cannot_be_is_one_line(tmp_path):
    """Where pages cannot be written it says so, and ends with the status of a usage error."""
    (tmp_path / "file").write_text("")
    assert said("explain", "--markdown", str(tmp_path / "file" / "below"), status=2).count("\n") == 1


@pytest.mark.parametrize("words", [[], ["chat.shape", "--markdown", "."]])
def test_explain_needs_one_of_both(words):
    """Neither a requirement nor a folder, or both, is a usage error."""
    assert "name a requirement, or --markdown DIR" in said("explain", *words, status=2)


def test_explain_says_how_it_is_judged_and_what_breaks_it():
    """Statement, parameters of the judge, probes, deviations, known bugs with their issues, and the first set."""
    text = " ".join(said("explain", "chat.temperature-range", "--api", "openai").split())
    for part in (
        "A temperature outside 0 to 2 is refused with 4xx.",
        "A number outside its documented range is refused with 4xx.",
        "Here: `word = temperature`, `minimum = 0`, `maximum = 2`.",
        "chat-temperature-outside: Asks at temperatures just outside the documented range.",
        "temperature-outside-fails: Answers a temperature above 2 with 500.",
        "err-500-range: https://github.com/",
        "since openai-2026-11",
    ):
        assert part in text


def test_explain_says_where_apis_differ():
    """What all APIs share is said once, what differs with the APIs it is so for."""
    text = said("explain", "auth.required")
    assert text.count("statement") == 1
    assert "openai: should\n" in text
    assert "cloud-temple, " in text


def test_explain_knows_declared_capabilities():
    """The requirement that a capability is there is explained as any other."""
    assert "whoever runs the suite: --offers" in said("explain", "capability.tools")


def test_an_unknown_requirement_is_one_line():
    """A mistyped id gets the nearest ones."""
    assert "did you mean" in said("explain", "chat.shap", status=2)


def test_lists_of_sets_and_capabilities():
    """Sets are listed with date and sizes of their levels, capabilities with a sentence, of one API if it is named."""
    assert "genos-2026-11" in said("list", "sets")
    text = said("list", "sets", "--api", "openai")
    assert "core 91" in text
    assert "full 250" in text
    assert "genos" not in text
    assert "multi-llm      stats              Usage and performance are told.\n" in said("list", "capabilities")


def test_a_run_with_a_set_scores_it(tmp_path):
    """`run --set` judges the API of the set; what else was judged is skipped, and listed as not scored."""
    text = said(
        "run", "--set", "genos-2026-11/core", "--offers", "tools", "--effort", "smoke", "--report-dir", str(tmp_path)
    )
    assert "genos-2026-11, scored core: levels reached: core, streaming, errors, full" in text
    assert "requirements not scored: beyond genos-2026-11/core" in text
    assert "yes (declared)" in text


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--set", "genos-2026-1"], "did you mean genos-2026-11?"),
        (["--set", "genos-2026-11", "--api", "openai"], "it scores no other API"),
        (["--offers", "tool", "--api", "openai"], "did you mean tools?"),
    ],
)
def test_a_wrong_claim_is_one_line(words, part, tmp_path):
    """A set or capability that is not there ends the run before it begins."""
    text = said("run", "--effort", "smoke", "--report-dir", str(tmp_path), *words, status=2)
    assert part in text
    assert "Traceback" not in text
