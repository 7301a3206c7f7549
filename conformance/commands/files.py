"""Writes what a command made: whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

from conformance.commands.trouble import end
from conformance.report import Exit

if TYPE_CHECKING:
    from pathlib import Path


def folder_for(report_dir: Path, api: str) -> Path:
    """Make the folder of a run, named for now.

    Raises:
        Ended: it cannot be made.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    folder = report_dir / f"{stamp}-{api}"
    number = 1
    try:
        while folder.exists():
            number += 1
            folder = report_dir / f"{stamp}-{api}-{number}"
        folder.mkdir(parents=True)
    except OSError as error:
        raise end(f"cannot write reports to {report_dir}: {error.strerror}", Exit.USAGE) from error
    return folder


def writable(path: Path | None) -> None:
    """Find out before the run that its report can be written."""
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        there = path.exists()
        with path.open("a", encoding="utf-8"):
            pass
        if not there:
            path.unlink()
    except OSError as error:
        raise end(f"cannot write {path}: {error.strerror}", Exit.USAGE) from error


def save(path: Path, content: str | bytes) -> None:
    """Write a file so that it is there whole or not at all; text in UTF-8.

    Raises:
        Ended: it cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content if isinstance(content, bytes) else content.encode())
        beside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise end(f"cannot write {path}: {error.strerror}", Exit.SUITE_FAILED) from error
