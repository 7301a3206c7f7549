"""Says by a digest which suite judged."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import conformance
from conformance.contract.load import data

_LEFT_OUT = frozenset({"specs", "fixtures", "__pycache__"})


@cache
def suite_digest() -> str:
    """Return the SHA-256, in hexadecimal, of all files that a verdict may rest on, in the order of their names.

    These are the files of the package and of `specs/`; the same in a wheel as in a checkout.
    """
    root = Path(conformance.__file__).parent
    own = {f"conformance/{p.relative_to(root).as_posix()}": p for p in root.rglob("*") if _is_own(p, root)}
    specs = data("specs")
    own |= {f"specs/{p.relative_to(specs).as_posix()}": p for p in specs.rglob("*") if p.is_file()}
    found = hashlib.sha256()
    for name, path in sorted(own.items()):
        content = path.read_bytes()
        found.update(b"%d %s %d " % (len(name.encode()), name.encode(), len(content)) + content)
    return found.hexdigest()


def _is_own(path: Path, root: Path) -> bool:
    parts = path.relative_to(root).parts
    return path.is_file() and parts[0] not in _LEFT_OUT and "__pycache__" not in parts and path.suffix != ".pyc"
