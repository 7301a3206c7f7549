"""The command `record`: keeps a target's answers as fixtures, and says what changed since they were kept."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.commands.driftpage import show
from conformance.commands.files import save, writable
from conformance.commands.said import runs_said
from conformance.commands.trouble import end, usage
from conformance.drift.cases import scope, sorted_out
from conformance.drift.folder import Folder
from conformance.drift.report import document, drift
from conformance.exchange.har import HarError
from conformance.exchange.patterns import IDENTIFIERS
from conformance.probes.needed import probes_for
from conformance.probes.registry import catalogue
from conformance.report import Exit, Verdict
from conformance.reporters.console import Console
from conformance.reporters.progress import Progress
from conformance.run import execute, redaction_of
from conformance.transport.collect import Collector, RecordingFailed
from conformance.usage import UsageTrouble

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from conformance.contract.model import Api
    from conformance.drift.cases import Cases
    from conformance.probes.registry import Probe
    from conformance.report import Report
    from conformance.run import Run
    from conformance.transport.collect import Collection as Collected
    from conformance.transport.collect import Stage


@dataclass
class _Chosen(Collector):
    """A collector that sends no other probes than those that were chosen."""

    names: Collection[str] = ()

    def collect(self, probes: Iterable[Probe], *_later: Stage) -> Collected:
        """Run the discovery, then the chosen probes."""
        return super().collect([probe for probe in probes if probe.name in self.names])


@dataclass(frozen=True)
class _Recorded:
    """What was recorded: the report of the run, and its cases, scrubbed."""

    report: Report
    cases: Cases
    target: str


def record(
    *,
    api: str,
    into: Path,
    scrub: tuple[str, ...],
    scrub_host: bool,
    probes: tuple[str, ...],
    operations: tuple[str, ...],
    update: bool,
    strict: bool,
    report_json: Path | None,
    **said: Any,  # noqa: ANN401 - options as click gives them
) -> Exit:
    """Record a target: write its fixtures where there are none, else compare with them; returns the exit status."""
    writable(report_json)
    patterns = _patterns(scrub)
    with usage(), runs_said([api], said | {"strict": False}) as found:
        run = replace(found[0], scrub=(*IDENTIFIERS, *patterns, *(_host(said["target"]) if scrub_host else ())))
        rows = _rows(run.api, probes, operations)
        folder = Folder(into / run.api.id, run.api)
        names = [probe.name for probe in probes_for(run.api, rows) if probe.name in (probes or catalogue())]
        names += [] if probes else [case.probe.name for case in run.corpus.cases]
        within = scope(run.api, ["discovery", *names], operations)
        before = _stored(folder, within)
        running = into / f"{run.api.id}.recording.har"
        made = _recorded(run, rows, names if probes else (), running, within)
    return _kept(folder, before, made, running, update=update, strict=strict, report_json=report_json)


def _kept(
    folder: Folder,
    before: Cases,
    made: _Recorded,
    running: Path,
    *,
    update: bool,
    strict: bool,
    report_json: Path | None,
) -> Exit:
    """Write or compare what was recorded, and say so."""
    report, now = made.report, made.cases
    if report.interrupted and before:
        raise end(f"interrupted: the fixtures are as they were; what was recorded is in {running}", Exit.INTERRUPTED)
    if not now or report.trouble:
        _remove(running)
        raise end(
            report.trouble or "nothing was recorded", Exit.INTERRUPTED if report.interrupted else Exit.INCONCLUSIVE
        )
    fault = next((r for r in report.results if r.verdict is Verdict.ERROR), None)
    if fault is not None:
        raise end(f"{fault.requirement.id}: {fault.reason}; what was recorded is in {running}", Exit.SUITE_FAILED)
    found = drift(folder.api, before or now, now, target=made.target, strict=strict)
    written = now if not before else {n: now[n] for n in (*sorted(found.drifted), *found.new)} if update else {}
    try:
        if written:
            folder.write(written)
    except (OSError, HarError) as error:
        why = (isinstance(error, OSError) and error.strerror) or error
        raise end(f"cannot write fixtures to {folder.path}: {why}; {running} has it all", Exit.SUITE_FAILED) from error
    _remove(running)
    if report_json:
        save(report_json, json.dumps(document(found), indent=1) + "\n")
    show(found, Console(), folder.path, first=not before, written=sorted(written))
    return Exit.INTERRUPTED if report.interrupted else found.exit_status


def _recorded(
    run: Run, rows: Collection[str], chosen: Collection[str], running: Path, within: Collection[str]
) -> _Recorded:
    redaction = redaction_of(run.target, run.scrub)
    base = redaction.text(run.target.base_url)
    progress = Progress()
    progress.start(len(chosen or probes_for(run.api, rows)) + (0 if chosen else len(run.corpus.cases)))

    make = partial(_Chosen, names=chosen) if chosen else Collector
    try:
        report, exchanges = execute(run, rows, recording=running, done=progress.advance, collector=make)
    except RecordingFailed as trouble:
        raise end(str(trouble), Exit.SUITE_FAILED) from trouble
    finally:
        progress.stop()
    cases = sorted_out(run.api, exchanges.values(), base)
    kept = {name: each for name, each in cases.items() if name in within}
    return _Recorded(replace(report, trouble=redaction.text(report.trouble)), kept, base)


def _stored(folder: Folder, names: Collection[str]) -> Cases:
    try:
        folder.path.parent.mkdir(parents=True, exist_ok=True)
        return folder.cases(names)
    except HarError as error:
        raise UsageTrouble(f"{error}: mend it, or take it out of the folder") from error
    except OSError as error:
        raise UsageTrouble(f"cannot keep fixtures in {folder.path.parent}: {error.strerror}") from error


def _patterns(expressions: Iterable[str]) -> tuple[str, ...]:
    found = tuple(expressions)
    for each in found:
        try:
            re.compile(each)
        except (re.error, OverflowError, RecursionError) as error:
            raise end(f"--scrub {each!r} is no regular expression: {error}", Exit.USAGE) from error
    return found


def _host(target: str) -> tuple[str, ...]:
    host = urlsplit(target).hostname or ""
    return (rf"(?i)(?<![\w.-]){re.escape(host)}(?![\w-])",) if host else ()


def _rows(api: Api, probes: Collection[str], operations: Collection[str]) -> frozenset[str]:
    """Return the requirements that the chosen probes and operations show: all, where none is chosen.

    Raises:
        UsageTrouble: a name is unknown, or nothing is shown.
    """
    _known("probe", probes, catalogue())
    _known("operation", operations, [operation.id for operation in api.operations])
    rows = frozenset(
        row.id
        for row in api.requirements
        if (not probes or set(row.probes) & set(probes)) and (not operations or set(row.operations) & set(operations))
    )
    if not rows:
        raise UsageTrouble(f"no requirement of {api.id} is shown by what --probe and --operation choose")
    return rows


def _known(kind: str, names: Iterable[str], known: Iterable[str]) -> None:
    there = list(known)
    for name in names:
        if name not in there:
            from difflib import get_close_matches

            near = get_close_matches(name, there, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(there)}"
            raise UsageTrouble(f"unknown {kind} {name!r}: {hint}")


def _remove(running: Path) -> None:
    with contextlib.suppress(OSError):
        running.unlink(missing_ok=True)
