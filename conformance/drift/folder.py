"""A folder of fixtures: one HAR file a case, beside the list of what each keeps and breaks."""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.exchange.har import read, write
from conformance.judges.verdicts import judge_all
from conformance.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

    from conformance.contract.model import Api
    from conformance.drift.cases import Cases
    from conformance.exchange.model import Exchange

EXPECTED = "expected.toml"
_HEAD = "# What each recording breaks and keeps.\n"
_SECTION = re.compile(r"^\[([^\[\]\n]+)\][ \t]*(?:#.*)?$", re.MULTILINE)
_WIDTH = 118
_BROKEN = frozenset({Verdict.FAIL, Verdict.WARN})


@dataclass(frozen=True)
class Folder:
    """The fixtures of one API in a folder."""

    path: Path
    api: Api

    def cases(self, names: Collection[str]) -> Cases:
        """Return the cases that are there, of these names.

        Raises:
            HarError: a file cannot be read or is no HAR.
            OSError: the folder cannot be read.
        """
        there = sorted(self.path.glob("*.har")) if self.path.is_dir() else []
        return {file.stem: read(file) for file in there if file.stem in names}

    def write(self, cases: Cases) -> None:
        """Write each case, then the list of what it breaks and keeps; each file is there whole or not at all.

        What the list says of other recordings stays as it is.

        Raises:
            OSError: a file cannot be written.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        sections = {}
        for name, exchanges in cases.items():
            file = self.path / f"{name}.har"
            _whole(file, lambda beside, exchanges=exchanges: write(beside, exchanges))  # type: ignore[misc]
            sections[name] = expectation(self.api, name, read(file))
        listed = self.path / EXPECTED
        before = listed.read_text(encoding="utf-8") if listed.exists() else _HEAD
        text = merged(before, sections)
        _whole(listed, lambda beside: beside.write_text(text, encoding="utf-8"))


def expectation(api: Api, name: str, exchanges: Iterable[Exchange]) -> str:
    """Return the section of a recording: what it breaks and keeps when it is judged by itself."""
    results = judge_all(api, exchanges)
    breaks = sorted(result.requirement.id for result in results if result.verdict in _BROKEN)
    keeps = sorted(result.requirement.id for result in results if result.verdict is Verdict.PASS)
    return f"[{name}]\n{_array('breaks', breaks) if breaks else ''}{_array('keeps', keeps)}"


def merged(text: str, sections: dict[str, str]) -> str:
    """Return the list with these sections in place of those of the same name, new ones at the end."""
    heads = list(_SECTION.finditer(text))
    starts = [*(head.start() for head in heads), len(text)]
    parts = {
        head[1].strip().strip("\"'"): text[start:end].rstrip()
        for head, start, end in zip(heads, starts, starts[1:], strict=False)
    }
    parts |= {name: section.rstrip() for name, section in sections.items()}
    before = text[: starts[0]]
    return "\n\n".join([*([before.rstrip()] if before.strip() else []), *parts.values()]) + "\n"


def _array(name: str, words: list[str]) -> str:
    if not words:
        return f"{name} = []\n"
    lines = [" "]
    for word in words:
        quoted = f" {json.dumps(word)},"
        if len(lines[-1]) + len(quoted) > _WIDTH:
            lines.append(" ")
        lines[-1] += quoted
    return "\n".join([f"{name} = [", *lines, "]\n"])


def _whole(path: Path, write_to: Callable[[Path], object]) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write_to(beside)
        beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
