"""What a certificate says of its run: the suite, the target, the flags, the draw."""

from __future__ import annotations

import json
import platform
from typing import TYPE_CHECKING, Any

from conformance.certification.archive import BundleTrouble
from conformance.certification.suitefiles import suite_digest
from conformance.contract.capabilities import PREFIX
from conformance.contract.documents import document_problem
from conformance.exchange.visible import visible
from conformance.probes.resending import model_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.exchange.model import Exchange
    from conformance.run import Run
    from conformance.storedreport import Stored

FORMAT = "llm-conformance/certificate/1"


def encoded(document: object) -> bytes:
    """Return a JSON value without fractions as text that can be written in one way only."""
    return json.dumps(document, ensure_ascii=True, indent=1, sort_keys=True).encode() + b"\n"


def decoded(raw: bytes, name: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return the JSON value of a file of a bundle, if it is written as `encoded` does.

    Raises:
        BundleTrouble: it is no JSON text, or written otherwise.
    """
    try:
        document = json.loads(raw)
        if encoded(document) == raw:
            return document
    except (ValueError, RecursionError) as error:
        raise BundleTrouble(f"its {name} is no JSON text: {visible(str(error), most=200)}") from error
    raise BundleTrouble(f"its {name} is not written as the suite writes it")


def manifest(run: Run, stored: Stored, exchanges: Sequence[Exchange]) -> dict[str, Any]:
    """Return the manifest of a run whose report was stored and whose exchanges were read again."""
    said = stored.document
    return {
        "format": FORMAT,
        "api": stored.api,
        "title": said["title"],
        "target": stored.target,
        "model": model_of(run.api, exchanges, run.target.base_url) or None,
        "named": run.target.model or None,
        "started": said["started"],
        "verdict": stored.verdict,
        "seed": stored.seed,
        "effort": stored.effort,
        "strict": said["strict"],
        "interrupted": said["interrupted"],
        "trouble": said["trouble"],
        "optional": sorted(run.target.optional),
        "configure": run.target.configure,
        "offers": sorted(row.id.removeprefix(PREFIX) for row in run.api.requirements if row.id.startswith(PREFIX)),
        "set": f"{run.scope.set.id}/{run.scope.level}" if run.scope else None,
        "specification": stored.specification or None,
        "corpus": stored.digest or None,
        "exchanges": len(exchanges),
        "suite": {
            "version": stored.suite_version,
            "digest": suite_digest(),
            "python": platform.python_version(),
            "generators": said["generated"]["generators"],
        },
    }


def checked_manifest(raw: bytes, stored: Stored) -> dict[str, Any]:
    """Return the manifest of a bundle, if it says the same as the report.

    Raises:
        BundleTrouble: it is not of `specs/certificate.schema.json`, or contradicts the report.
    """
    document: dict[str, Any] = decoded(raw, "manifest.json")
    if problem := document_problem("certificate", document):
        where = f" at {problem.where}" if problem.where else ""
        raise BundleTrouble(f"its manifest.json is no certificate of this version{where}: {visible(problem.message)}")
    said = stored.document
    same = {name: said[name] for name in ("api", "title", "target", "started", "verdict", "seed", "strict")}
    same |= {"interrupted": said["interrupted"], "trouble": said["trouble"], "effort": stored.effort}
    same |= {"corpus": stored.digest or None, "specification": stored.specification or None}
    for name, value in same.items():
        if document[name] != value:
            raise BundleTrouble(f"its manifest.json and its report.json differ in {name}")
    return document
