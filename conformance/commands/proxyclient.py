"""Lists the faults of a client's requests, and puts them into lines."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.exchange.visible import visible
from conformance.judges.clientrequests import client_findings
from conformance.judges.evidence import Evidence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from conformance.contract.model import Api
    from conformance.exchange.model import Exchange
    from conformance.report import Finding

_LONGEST = 300
"""Characters of a message that are shown at once."""


@dataclass(frozen=True)
class ClientFault:
    """What is wrong with a request, with the operation's id (empty: none) and the status that answered it (0: none)."""

    finding: Finding
    operation: str
    status: int


def client_faults(
    api: Api, exchanges: Iterable[Exchange], base_url: str, unaccepted: Collection[str] = ()
) -> Iterator[ClientFault]:
    """Yield the faults of all requests; `unaccepted` are the ids that the keeper knows by this name."""
    evidence = Evidence(api, exchanges, base_url)
    models = frozenset(name for names in evidence.model_names.values() for name in names)
    for reading in evidence.readings:
        if reading.exchange.request.body or not reading.exchange.detail.endswith("not judged"):
            operation = reading.operation.id if reading.operation else ""
            found = list(client_findings(reading, models))
            if reading.exchange.id in unaccepted:
                message = "the target does not accept the credential"
                found.append(
                    reading.finding(message, "one that it knows", f"status {reading.status}", "request headers")
                )
            yield from (ClientFault(each, operation, reading.status) for each in found)


def shown_fault(fault: ClientFault, times: int = 0) -> str:
    """Return a line about a client's fault; with `times`, how often it was seen in place of the time of day."""
    finding = fault.finding
    parts = [f"the client's fault: {short(finding.message)}"]
    parts += [f"expected {short(finding.expected)}"] if finding.expected else []
    parts += [f"actual {short(finding.actual)}"] if finding.actual else []
    parts += [f"answered with {fault.status}"] if fault.status else []
    when = f"{times} x" if times else clock()
    return f"{when} client  {fault.operation or '-'}  {'; '.join(parts)} ({place(finding)})"


def told_apart(faults: Iterable[ClientFault]) -> list[tuple[ClientFault, int]]:
    """Return the first of each kind of fault with how often it was seen."""
    found: dict[tuple[str, str, str], list[ClientFault]] = {}
    for fault in faults:
        found.setdefault((fault.operation, fault.finding.message, fault.finding.where), []).append(fault)
    return [(each[0], len(each)) for each in found.values()]


def place(finding: Finding) -> str:
    """Return where a finding is, harmless to show."""
    return ", ".join(visible(part) for part in (finding.where, finding.exchange) if part)


def short(text: str) -> str:
    """Return the beginning of a text, harmless to show."""
    return visible(text, most=_LONGEST)


def clock() -> str:
    """Return the time of day."""
    return time.strftime("%H:%M:%S")
