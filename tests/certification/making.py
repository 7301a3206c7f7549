"""Makes bundles of runs against the reference application, played in this process."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

from playing import collector

from conformance.certification import archive
from conformance.certification.bundle import bundle
from conformance.certification.manifest import encoded
from conformance.certification.statement import envelope, statement
from conformance.exchange import har
from conformance.generation.effort import Effort
from conformance.reference.server import DEFAULT_KEY, Settings, application, base_path
from conformance.reporters import json_report
from conformance.run import execute
from conformance.settings import runs
from conformance.storedreport import read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conformance.certification.signing import Signer
    from conformance.exchange.model import Exchange
    from conformance.transport.budget import Limits

Members = dict[str, bytes]


def made(
    folder: Path,
    *deviations: str,
    api: str = "multi-llm",
    effort: Effort = Effort.SMOKE,
    configure: bool = True,
    signer: Signer | None = None,
    limits: Limits | None = None,
) -> bytes:
    """Run, write what a run writes, and return the bundle of it."""
    played = collector(application(Settings(apis=(api,), deviations=deviations)))
    target = f"http://127.0.0.1:1{base_path(api)}"
    how: dict[str, Any] = {"configure": configure, "effort": effort, "limits": limits}
    with runs([api], target=target, key=DEFAULT_KEY, **how) as (run,):
        rows = {row.id for row in run.api.requirements}
        report, _ = execute(run, rows, collector=played, recording=folder / "exchanges.har")
        (folder / "report.json").write_text(json_report.text([report]), encoding="utf-8")
        (folder / "junit.xml").write_text("<testsuites/>", encoding="utf-8")
        (folder / "report.html").write_text("<!DOCTYPE html>", encoding="utf-8")
        return bundle(run, folder, signer)


def forged(
    raw: bytes,
    folder: Path,
    report: Callable[[dict[str, Any]], object] = bool,
    exchanges: Callable[[list[Exchange]], list[Exchange]] = list,
    manifest: Callable[[dict[str, Any]], object] = bool,
) -> bytes:
    """Return a bundle in which something was changed, with all digests mended, as somebody with our code could."""
    members: Members = archive.unpacked(raw)
    document = json.loads(members[archive.REPORT])
    report(document)
    members[archive.REPORT] = json_report.written(document).encode()
    (folder / "forged.json").write_bytes(members[archive.REPORT])
    stored = read(folder / "forged.json")[0]
    (folder / "forged.har").write_bytes(archive.inflated(members[archive.EXCHANGES]))
    kept = exchanges(list(har.read(folder / "forged.har")))
    har.write(folder / "forged.har", kept)
    members[archive.EXCHANGES] = gzip.compress((folder / "forged.har").read_bytes(), mtime=0)
    said = json.loads(members[archive.MANIFEST]) | {"exchanges": len(kept), "verdict": document["verdict"]}
    manifest(said)
    members[archive.MANIFEST] = encoded(said)
    members[archive.STATEMENT] = envelope(statement(members, said, stored))
    return archive.packed(members)
