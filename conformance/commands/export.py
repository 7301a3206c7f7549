"""The command `export`: writes a finding of a past run as a bug report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from conformance.bugreport.document import Evidence, document
from conformance.commands.trouble import end, usage
from conformance.judges.verdicts import Circumstances, judge_all
from conformance.pastrun import past_run
from conformance.probes.resending import effect_of
from conformance.report import Exit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from conformance.exchange.model import Exchange
    from conformance.pastrun import Case, PastRun


def export(*, finding: str, report: Path | None, output: Path) -> Exit:
    """Write the first finding that a word names as Markdown; returns the exit status."""
    with usage():
        past = past_run(report)
        case = past.named([finding])[0]
        leading = _leading_to(past, case)
        changes = any(effect_of(past.api, each.request, past.base_url) == "configure" for each in leading)
        text = document(Evidence(past, case, leading, changes))
    if str(output) == "-":
        click.echo(text, nl=False)
        return Exit.CONFORMANT
    try:
        output.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise end(f"cannot write {output}: {error.strerror}", Exit.USAGE) from error
    click.echo(f"llm-conformance: {case.name} is written to {output}", err=True)
    return Exit.CONFORMANT


def _leading_to(past: PastRun, case: Case) -> Sequence[Exchange]:
    """Return the exchange of a finding; with those before it in its probe where it shows the finding only with them."""
    name = case.finding.exchange
    found = next(exchange for exchange in past.exchanges if exchange.id == name)
    probe = name.rpartition(".")[0]
    start = [exchange for exchange in past.exchanges if exchange.id.rpartition(".")[0] == probe]
    leading = start[: start.index(found) + 1]
    if len(leading) == 1 or _shows(past, case, [found]):
        return [found]
    return leading


def _shows(past: PastRun, case: Case, exchanges: Sequence[Exchange]) -> bool:
    """Tell whether a finding is seen where only these exchanges and the discovery are known."""
    known = [e for e in past.exchanges if e in exchanges or e.id.startswith("discovery.")]
    groups = {operation.optional for operation in past.api.operations}
    (result,) = judge_all(
        past.api,
        known,
        base_url=past.base_url,
        selected={case.requirement.id},
        circumstances=Circumstances(optional=groups),
    )
    return any(finding.exchange == case.finding.exchange for finding in result.findings)
