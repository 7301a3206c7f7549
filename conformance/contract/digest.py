"""Says by a digest which promises of an API were read."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING

from conformance.contract.load import SpecError, data, load_api

if TYPE_CHECKING:
    from pathlib import Path


@cache
def specification_digest(api_id: str, specs: Path | None = None) -> str:
    """Return the SHA-256, in hexadecimal, of all files that an API's contract is read from, ordered by their names.

    Two reports with the same one were judged by the same promises.

    Raises:
        SpecError: a file cannot be read.
    """
    root = specs or data("specs")
    found = hashlib.sha256()
    for path in _files(root, api_id, specs):
        try:
            content = path.read_bytes()
        except OSError as error:
            raise SpecError(f"{path}: {error.strerror}") from error
        name = path.relative_to(root).as_posix().encode()
        found.update(b"%d %s %d " % (len(name), name, len(content)) + content)
    return found.hexdigest()


def _files(root: Path, api_id: str, specs: Path | None) -> list[Path]:
    """Return an API's own files, the rows that all share, and those of the formats that it takes."""
    own = [root / api_id / name for name in ("openapi.yaml", "profile.toml", "requirements.toml")]
    shared = [*root.glob("*.toml"), *(root / "common").glob("*.toml")]
    for name in load_api(api_id, specs).formats:
        shared += [*(root / "common" / name).glob("*.toml"), root / name / "openapi.yaml"]
    return sorted({*own, *shared})
