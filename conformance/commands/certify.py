"""The command `certify`: a thorough run as a bundle that a stranger can check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from conformance.certification.archive import BundleTrouble
from conformance.certification.bundle import bundle
from conformance.certification.signing import Signer, new_key
from conformance.certification.verification import verify
from conformance.claims import apis_of, claimed, scope_called
from conformance.commands.files import folder_for, save, writable
from conformance.commands.runpage import PAGE, run_page
from conformance.commands.said import runs_said
from conformance.commands.trouble import end, usage
from conformance.exchange.har import HarError
from conformance.generation.effort import Effort
from conformance.probes.needed import probes_for
from conformance.report import Exit
from conformance.reporters import ctrf, json_report
from conformance.reporters.console import Console
from conformance.reporters.progress import Progress
from conformance.reporters.terminal import render
from conformance.reporters.terminal_scores import reached
from conformance.suite.main import PytestRefused, SuiteFailed, execute
from conformance.usage import UsageTrouble

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.report import Report
    from conformance.run import Run

_REFUSED = {
    "waivers": "a certificate waives nothing",
    "baseline": "a certificate is compared with nothing",
    "expression": "a certificate leaves no requirement out",
    "shard": "a certificate is of one run",
    "repeat": "a certificate is of one run",
}
"""Options of `run` that certificates have no use for, and why."""


def certify(*, output: Path | None, sign: Path | None, key_file: Path | None, **said: Any) -> Exit:  # noqa: ANN401
    """Run thoroughly, write the bundle, and say whether it is a certificate; or make a key pair. Returns the status."""
    with usage():
        if key_file:
            public, fingerprint = new_key(key_file)
            click.echo(f"{key_file} is the private key: keep it to yourself. {public} is the public one: {fingerprint}")
            return Exit.CONFORMANT
        _check(output, said)
        assert output is not None  # _check has looked
        signer = Signer(sign) if sign else None
        writable(output)
        scope = scope_called(said["scored"]) if said["scored"] else None
        apis_of(scope, [said["api"]])
        with runs_said([said["api"]], said | {"effort": Effort.THOROUGH}) as found:
            (run,) = claimed(found, said["offers"], scope)
            return _certified(run, output, signer, said)


def _check(output: Path | None, said: dict[str, Any]) -> None:
    """Refuse what a certificate cannot be made of.

    Raises:
        UsageTrouble: an option is missing, or one is given that leaves something out.
    """
    for name, given in (("--api ID", said["api"]), ("--target URL", said["target"]), ("-o BUNDLE.zip", output)):
        if not given:
            raise UsageTrouble(f"certify needs {name}")
    for name, reason in _REFUSED.items():
        if said.get(name):
            option = "-k" if name == "expression" else f"--{name}"
            raise UsageTrouble(f"certify takes no {option}: {reason}")
    if said["level"] not in {None, "should"}:
        raise UsageTrouble(f"certify takes no --level {said['level']}: a certificate leaves no requirement out")
    if said["effort"] not in {None, Effort.THOROUGH}:
        raise UsageTrouble(f"certify takes no --effort {said['effort']}: a certificate is made at thorough")


def _certified(run: Run, output: Path, signer: Signer | None, said: dict[str, Any]) -> Exit:
    console, folder = Console(), folder_for(said["report_dir"], run.api.id)
    report = _executed(run, folder)
    save(folder / "report.json", json_report.text([report]))
    save(folder / "ctrf.json", ctrf.text([report]))
    save(folder / PAGE, run_page(folder, json_report.run_document(report)))
    render(report, console, verbose=said["verbose"], folder=folder)
    try:
        raw = bundle(run, folder, signer)
        verified = verify(raw)
    except (BundleTrouble, HarError, OSError) as trouble:
        raise end(f"the bundle of this run does not hold: {trouble} ({folder})", Exit.SUITE_FAILED) from trouble
    save(output, raw)
    signed = "signed" if signer else "not signed"
    kind = f"a certificate of conformance, {signed}{reached(report.score)}"
    if verified.exit_status is not Exit.CONFORMANT:
        kind = f"no certificate but evidence, {signed}: {report.verdict}"
    click.echo(f"{output}: {kind}")
    return report.exit_status if report.exit_status is not Exit.CONFORMANT else verified.exit_status


def _executed(run: Run, folder: Path) -> Report:
    progress = Progress()
    fixed = probes_for(run.api, {row.id for row in run.api.requirements})
    progress.start(len(fixed) + len(run.corpus.cases))
    try:
        return execute(run, folder, done=progress.advance)
    except (PytestRefused, SuiteFailed) as trouble:
        raise end(str(trouble), Exit.SUITE_FAILED) from trouble
    finally:
        progress.stop()
