"""The commands matrix and badge end in files, or in one clear line."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from conformance.cli import main
from conformance.contract.load import load_api
from conformance.report import Report, Result, Spent, Verdict
from conformance.reporters import json_report


@pytest.fixture
def stored(tmp_path):
    """A report of an API whose every requirement is kept."""
    rows = tuple(Result(row, Verdict.PASS, judged=1) for row in load_api("genos").requirements)
    kept = Report("genos", "GenOS", "http://127.0.0.1:1/v1", "0.1.0", 1790000000.0, Spent(), 0, rows)
    path = tmp_path / "report.json"
    path.write_text(json_report.text([kept]), encoding="utf-8")
    return path


def call(*words):
    """Call the command."""
    return CliRunner().invoke(main, [str(word) for word in words])


def test_matrix_is_written(stored, tmp_path):
    """A page or Markdown, in a file or printed."""
    done = call("matrix", stored, stored, "-o", tmp_path / "sub" / "matrix.html")
    assert done.exit_code == 0, done.output
    page = (tmp_path / "sub" / "matrix.html").read_text(encoding="utf-8")
    assert page.count('<th scope="col">') == 3
    printed = call("matrix", stored, "--markdown", "-o", "-")
    assert printed.exit_code == 0
    assert printed.stdout.startswith("# Conformance side by side")


def test_badge_is_written(stored, tmp_path):
    """The image, and what shields.io reads."""
    done = call("badge", stored, "-o", tmp_path / "b.svg", "--endpoint", tmp_path / "b.json")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "b.svg").read_text(encoding="utf-8").startswith("<svg")
    assert json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))["color"] == "brightgreen"


@pytest.mark.parametrize("command", ["matrix", "badge"])
@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"format": "llm-conformance/report/1"}', None])
def test_wrong_files_are_refused_in_one_line(command, content, tmp_path):
    """What is no report ends with status 2 and one line that names the file."""
    path = tmp_path / "wrong.json"
    if content is not None:
        path.write_bytes(content)
    done = call(command, path, "-o", tmp_path / "out")
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert "wrong.json" in done.stderr
    assert not (tmp_path / "out").exists()


def test_unwritable_output_is_refused(stored, tmp_path):
    """Where the output cannot be written, one line says so."""
    (tmp_path / "file").write_text("")
    done = call("badge", stored, "-o", tmp_path / "file" / "b.svg")
    assert done.exit_code == 2
    assert "cannot write" in done.stderr
