"""Makes the bundle of a run: its files, what is said of them, and the statement on all."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from conformance.certification.archive import (
    ALLOWED,
    EXCHANGES,
    MANIFEST,
    REPORT,
    REQUIREMENTS,
    SIGNER,
    STATEMENT,
    packed,
)
from conformance.certification.manifest import encoded, manifest
from conformance.certification.rejudging import in_judged_order
from conformance.certification.statement import envelope, statement
from conformance.exchange import har
from conformance.storedreport import read

if TYPE_CHECKING:
    from conformance.certification.signing import Signer
    from conformance.contract.model import Api
    from conformance.exchange.model import Exchange
    from conformance.run import Run

_ADDED = {MANIFEST, EXCHANGES, REQUIREMENTS, STATEMENT, SIGNER}


def bundle(run: Run, folder: Path, signer: Signer | None = None) -> bytes:
    """Return the bundle of a run that wrote its reports and exchanges into a folder.

    Raises:
        OSError: a file of the run cannot be read, or no temporary one written.
        UsageTrouble: the report is none of this version.
        HarError: the exchanges cannot be read.
    """
    stored = read(folder / REPORT)[0]
    cases = [case.name for case in run.corpus.cases]
    judged = in_judged_order(har.read(folder / "exchanges.har"), stored, cases)
    members = {name: (folder / name).read_bytes() for name in ALLOWED - _ADDED if (folder / name).exists()}
    members[EXCHANGES] = gzip.compress(_har(judged), 9, mtime=0)
    members[REQUIREMENTS] = requirements(run.api)
    said = manifest(run, stored, judged)
    members[MANIFEST] = encoded(said)
    if signer:
        members[SIGNER] = signer.public
    payload = statement(members, said, stored)
    members[STATEMENT] = envelope(payload, signer.sign(payload) if signer else ())
    return packed(members)


def requirements(api: Api) -> bytes:
    """Return the rows of an API as they are judged by, so that a newer suite can say what it changed."""
    rows = [
        {
            "id": row.id,
            "level": str(row.level),
            "statement": row.statement,
            "source": row.source,
            "digest": hashlib.sha256(json.dumps(asdict(row), sort_keys=True, default=str).encode()).hexdigest(),
        }
        for row in api.requirements
    ]
    return encoded(rows)


def _har(exchanges: list[Exchange]) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "exchanges.har"
        har.write(path, exchanges)
        return path.read_bytes()
