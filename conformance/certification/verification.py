"""Verifies a certificate: that nothing in it was altered, and that its exchanges give the verdicts that it says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from conformance.certification.archive import (
    EXCHANGES,
    MANIFEST,
    REPORT,
    REQUIREMENTS,
    SIGNER,
    STATEMENT,
    BundleTrouble,
    inflated,
    unpacked,
)
from conformance.certification.bundle import requirements
from conformance.certification.manifest import checked_manifest, decoded
from conformance.certification.redrawing import redrawn
from conformance.certification.rejudging import Flags, rejudged
from conformance.certification.signing import check_signature
from conformance.certification.statement import check_subjects, opened, statement
from conformance.certification.suitefiles import suite_digest
from conformance.contract.capabilities import declared
from conformance.contract.sets import Scope, sets
from conformance.exchange import har
from conformance.exchange.visible import visible
from conformance.generation.effort import Effort
from conformance.report import Drawing, Exit, Generated, Report, Spent, Verdict
from conformance.scoring import finished
from conformance.storedreport import read
from conformance.usage import UsageTrouble, known_api

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conformance.certification.rejudging import Rejudged
    from conformance.contract.model import Api
    from conformance.exchange.model import Exchange
    from conformance.storedreport import Stored


@dataclass(frozen=True)
class Verified:
    """A certificate in which nothing was altered, and what of it could be shown again.

    `signature` and `drawn` say in words who signed and what was drawn again; `changed` are the requirements that this
    suite has otherwise, or has not. `report` holds the verdicts that the exchanges give here.
    """

    manifest: Mapping[str, Any]
    report: Report
    rejudged: Rejudged
    signature: str
    drawn: str
    changed: tuple[str, ...]

    @property
    def reason(self) -> str:
        """Why it is no certificate of conformance although no promise is seen broken; empty where it is one."""
        if self.rejudged.differing:
            return f"suite {self.manifest['suite']['version']}, which judged it, is not the one that verifies it"
        if self.manifest["effort"] != Effort.THOROUGH:
            return f"the run was made at effort {self.manifest['effort']}, not thorough"
        known = {
            Exit.CONFORMANT: "",
            Exit.INTERRUPTED: "the run was interrupted",
            Exit.SUITE_FAILED: "the suite failed",
        }
        return known.get(self.report.exit_status, self.report.trouble or "not all that it must keep could be judged")

    @property
    def exit_status(self) -> Exit:
        """0 for a certificate of conformance, 1 for evidence of the contrary, 3 where nothing is certain."""
        if self.report.exit_status is Exit.BROKEN and not self.rejudged.differing:
            return Exit.BROKEN
        return Exit.INCONCLUSIVE if self.reason else Exit.CONFORMANT


def verify(raw: bytes, public_key: Path | None = None) -> Verified:
    """Verify the bytes of a bundle; opens no connection.

    Raises:
        BundleTrouble: it was altered, its signature is wrong, or its exchanges give other verdicts than it says.
        UsageTrouble: its API is unknown here, or a key or what checks it is missing.
    """
    members = unpacked(raw)
    payload, signatures = opened(members[STATEMENT])
    check_subjects(payload, members)
    signature = check_signature(payload, signatures, members.get(SIGNER), public_key)
    stored, exchanges = _read(members)
    manifest = checked_manifest(members[MANIFEST], stored)
    if statement(members, manifest, stored) != payload:
        raise BundleTrouble(f"its {STATEMENT} says otherwise than its report.json")
    if manifest["exchanges"] != len(exchanges):
        raise BundleTrouble(f"it holds {len(exchanges)} exchanges, and says that they are {manifest['exchanges']}")
    api = declared(known_api(stored.api), manifest["offers"])
    scope = _scope(manifest["set"], stored.api)
    lost = frozenset(stored.document.get("lost", ()))
    flags = Flags(frozenset(manifest["optional"]), manifest["configure"], "" if lost else manifest["trouble"] or "")
    found = rejudged(api, [each for each in exchanges if each.id not in lost], stored, flags)
    report = finished(
        _report(stored, found), api, found.judged, flags.circumstances, base_url=stored.target, scope=scope
    )
    if is_own(manifest):
        _check_agreement(report, found, stored, _asked(api, scope))
    drawn = redrawn(api, manifest, stored, exchanges)
    return Verified(manifest, report, found, signature, drawn, _changed(api, members[REQUIREMENTS]))


def is_own(manifest: Mapping[str, Any]) -> bool:
    """Tell whether the suite that judged is this one, file by file."""
    return bool(manifest["suite"]["digest"] == suite_digest())


def _read(members: Mapping[str, bytes]) -> tuple[Stored, Sequence[Exchange]]:
    """Return the report and the exchanges of a bundle."""
    with TemporaryDirectory() as folder:
        report, exchanges = Path(folder) / REPORT, Path(folder) / "exchanges.har"
        report.write_bytes(members[REPORT])
        exchanges.write_bytes(inflated(members[EXCHANGES]))
        try:
            stored, more = read(report)[0], read(report)[1:]
            found = har.read(exchanges)
        except (UsageTrouble, har.HarError) as error:
            raise BundleTrouble(visible(str(error), most=300).replace(f"{folder}/", "its ")) from error
    if more or any(row.waived for row in stored.requirements.values()):
        raise BundleTrouble("its report.json is of several runs, or waives failures: no certificate does")
    names = [exchange.id for exchange in found]
    if len(names) != len(set(names)):
        raise BundleTrouble("two of its exchanges have one name")
    _check_lost(stored, found)
    return stored, found


def _check_lost(stored: Stored, exchanges: Sequence[Exchange]) -> None:
    """Check that nothing is left out but what a target that was lost did not answer."""
    lost = set(stored.document.get("lost", ()))
    doubtful = {each.id for each in exchanges if each.doubtful}
    if lost and not (stored.document["trouble"] and lost <= doubtful):
        raise BundleTrouble("its report.json leaves out exchanges that are not those of a target that was lost")


def _report(stored: Stored, found: Rejudged) -> Report:
    """Return the report with the verdicts that were found here."""
    said = stored.document
    spent, drawn = said["spent"], said["generated"]
    parts = [
        Generated(
            **{name: part[name] for name in ("operation", "kind", "cases", "sent")},
            verdict=Verdict(part["verdict"]),
            broken=tuple(part["broken"]),
            shrunk=tuple(part["shrunk"]),
            reason=part["reason"] or "",
        )
        for part in drawn["parts"]
    ]
    return Report(
        api=stored.api,
        title=said["title"],
        target=stored.target,
        suite_version=stored.suite_version,
        started=datetime.fromisoformat(said["started"]).timestamp(),
        spent=Spent(spent["requests"], spent["output_tokens"], spent["seconds"]),
        seed=stored.seed,
        results=found.results,
        strict=said["strict"],
        interrupted=said["interrupted"],
        trouble=said["trouble"] or "",
        lost=tuple(said.get("lost", ())),
        drawing=Drawing(drawn["effort"], drawn["digest"] or "", drawn["generators"] or "", tuple(parts)),
    )


def _changed(api: Api, raw: bytes) -> tuple[str, ...]:
    """Return the ids of the requirements that this suite has otherwise, or only one of the two has."""
    try:
        said = {row["id"]: row["digest"] for row in decoded(raw, REQUIREMENTS)}
        own = {row["id"]: row["digest"] for row in decoded(requirements(api), REQUIREMENTS)}
    except (KeyError, TypeError) as error:
        raise BundleTrouble(f"its {REQUIREMENTS} holds no requirements") from error
    return tuple(sorted(name for name in said.keys() | own.keys() if said.get(name) != own.get(name)))


def _scope(said: str | None, api: str) -> Scope | None:
    """Return the level of the set that a run scored, None where it scored all.

    Raises:
        BundleTrouble: this suite does not know it.
    """
    if said is None:
        return None
    name, _, level = said.rpartition("/")
    known = sets().get(name)
    if known is None or known.api != api or level not in known.level_names:
        raise BundleTrouble(f"it scores {visible(said, most=80)}, a set that this suite does not have for its API")
    return Scope(known, level)


def _asked(api: Api, scope: Scope | None) -> list[str]:
    """Return the ids of the requirements that a report must have."""
    scored = None if scope is None else set(scope.rows)
    return [row.id for row in api.requirements if scored is None or row.id in scored]


def _check_agreement(report: Report, found: Rejudged, stored: Stored, asked: list[str]) -> None:
    """Check that what was found here is what the certificate says.

    Raises:
        BundleTrouble: it says otherwise.
    """
    for name, text in found.differing.items():
        raise BundleTrouble(f"it does not hold what it says of {visible(name)}: {text}")
    if missing := [name for name in asked if name not in stored.requirements]:
        raise BundleTrouble(f"its report lacks {missing[0]}, which it must judge")
    if report.verdict != stored.verdict:
        raise BundleTrouble(f"its report says {stored.verdict}, its exchanges give {report.verdict}")
