"""Measures what the suite finds: every deviation and legal variation on every API that it is one of.

Writes `docs/detection.md` and `docs/detection.json`; exit status 1 where a fault is missed or a false alarm appears.
"""

from __future__ import annotations

import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from detection_page import page
from judging import judged

from conformance.contract.bugs import bugs
from conformance.contract.load import api_ids, load_api
from conformance.reference.deviations.registry import catalogue
from conformance.report import Verdict

DOCS = Path(__file__).resolve().parents[2] / "docs"
_LOUD = {Verdict.FAIL, Verdict.WARN}


@dataclass(frozen=True)
class Case:
    """One fault or legal variation on one API, and what the suite made of it.

    `found` says that a requirement broke, `named` that all that the deviation names broke. `alarms` are requirements
    of the levels must and should that broke and should not have.
    """

    api: str
    deviation: str
    sentence: str
    legal: bool
    bugs: list[str]
    expected: list[str]
    broken: list[str]
    must: bool
    found: bool
    named: bool
    alarms: list[str]
    requests: int
    output_tokens: int


def measured(api: str, name: str) -> Case:
    """Judge one deviation of one API."""
    deviation = catalogue()[name]
    wanted = deviation.breaks.get(api, set()) | deviation.bends.get(api, set())
    report = judged(api, name)
    broken = {r.requirement.id for r in report.results if r.findings}
    loud = {r.requirement.id for r in report.results if r.verdict in _LOUD}
    levels = {row.id: row.level for row in load_api(api).requirements}
    return Case(
        api=api,
        deviation=name,
        sentence=deviation.sentence,
        legal=name.startswith("legal-"),
        bugs=sorted(deviation.bugs),
        expected=sorted(wanted),
        broken=sorted(broken),
        must=any(levels[row] == "must" for row in deviation.breaks.get(api, ())),
        found=bool(wanted & broken),
        named=wanted <= broken,
        alarms=sorted(loud - wanted),
        requests=report.spent.requests,
        output_tokens=report.spent.output_tokens,
    )


def main() -> int:
    """Measure, write both documents, return the exit status."""
    started = time.monotonic()
    shown = {name: deviation for name, deviation in catalogue().items() if not deviation.generated}
    cases = [(api, name) for name, deviation in shown.items() for api in deviation.apis]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(measured, *zip(*cases, strict=True), chunksize=4))
    DOCS.mkdir(exist_ok=True)
    facts = {"suite_version": version("llm-conformance"), "apis": list(api_ids())}
    written = json.dumps(facts | {"cases": [asdict(case) for case in found]}, indent=1, ensure_ascii=False)
    (DOCS / "detection.json").write_text(written + "\n", encoding="utf-8")
    (DOCS / "detection.md").write_text(page(found, bugs()), encoding="utf-8")
    missed = [case for case in found if not case.legal and not case.named]
    barking = [case for case in found if case.alarms]
    for case in [*missed, *barking]:
        sys.stderr.write(f"{case.api} {case.deviation}: expected {case.expected}, broken {case.broken}\n")
    seconds = time.monotonic() - started
    sys.stdout.write(f"{len(found)} cases in {seconds:.0f} s: {len(missed)} missed, {len(barking)} with false alarms\n")
    return 1 if missed or barking else 0


if __name__ == "__main__":
    sys.exit(main())
