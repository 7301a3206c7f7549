"""A disk that fills up while a run records or reports is the suite's failure: status 4, one line."""

from __future__ import annotations

import resource
import subprocess

import pytest
from invoking import COMMAND, environment


@pytest.mark.parametrize("size", [0, 100, 4_000, 40_000])
def test_full_disk(tmp_path, size):
    """Wherever the disk is full first, one line says so, and there is no traceback."""

    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    words = [COMMAND, "run", "--api", "genos", "--report-dir", str(tmp_path / "reports")]
    with subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(PYTHONDONTWRITEBYTECODE="1"),
        preexec_fn=small_files,  # noqa: PLW1509 - no thread runs here
    ) as run:
        out, err = run.communicate(timeout=60)

    assert (run.returncode, "Traceback" in out + err) == (4, False), out + err
    assert err.splitlines()[-1].startswith("llm-conformance: cannot")
    assert "File too large" in err
