"""The command `proxy`: records and judges what any client and a target say to each other."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from conformance.commands.files import folder_for, save, writable
from conformance.commands.proxybending import bending, unbendable
from conformance.commands.proxyclient import client_faults, shown_fault, told_apart
from conformance.commands.proxyrecorder import Recorder
from conformance.commands.trouble import end, usage
from conformance.exchange.curl import curl
from conformance.exchange.har import HarError, read
from conformance.exchange.visible import visible
from conformance.recorded import judge_recorded
from conformance.report import Exit, Spent
from conformance.reporters import json_report
from conformance.reporters.console import Console
from conformance.reporters.terminal import render
from conformance.transport.proxy.route import route_to
from conformance.transport.proxy.server import Proxy
from conformance.usage import base_url, known_api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conformance.commands.proxyclient import ClientFault
    from conformance.contract.model import Api
    from conformance.exchange.model import Exchange
    from conformance.report import Report

_MEGABYTE = 1024 * 1024


def proxy(
    *,
    api: str,
    target: str,
    port: int,
    deviations: tuple[str, ...],
    keep: int,
    report_dir: Path,
    report_json: Path | None,
    strict: bool,
    verbose: bool,
) -> Exit:
    """Pass everything on until interrupted, then report; returns the exit status of the report."""
    writable(report_json)
    with usage():
        known, aim = known_api(api), base_url(target)
    if trouble := unbendable(deviations, api):
        raise end(trouble, Exit.USAGE)
    console = Console()

    def say(line: str) -> None:
        shown = visible(line).encode(console.encoding, errors="backslashreplace").decode(console.encoding)
        console.print(shown, soft_wrap=True, markup=False, highlight=False)

    folder = folder_for(report_dir, known.id)
    began = time.monotonic()
    unaccepted = asyncio.run(_passing(known, aim, port, deviations, keep * _MEGABYTE, folder, say))
    found = _judged(known, aim, folder, unaccepted, time.monotonic() - began, strict=strict)
    text = report_text(found, known)
    for path in (folder / "report.json", *([report_json] if report_json else [])):
        save(path, text)
    render(found.report, console, verbose=verbose)
    for line in [*_client_lines(found), f"reports: {folder}"]:
        say(line)
    return found.report.exit_status


async def _passing(
    api: Api, aim: str, port: int, deviations: tuple[str, ...], most: int, folder: Path, say: Callable[[str], None]
) -> frozenset[str]:
    """Run the proxy until it is interrupted; return the exchanges in which a credential was refused that never worked.

    Raises:
        Ended: it cannot listen, or not record.
    """
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    recorder = Recorder(api.id, aim, folder / "exchanges.har", lambda: loop.call_soon_threadsafe(stop.set))
    bend = bending(api, aim, deviations, say) if deviations else None
    serving = Proxy(route_to(aim, recorder.take, most=most, bend=bend))
    if trouble := recorder.start().trouble:
        raise end(trouble, Exit.SUITE_FAILED)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    busy = ""
    try:
        await serving.serve(port, stop, lambda found: say(_announcement(api, aim, found)))
    except OSError as error:
        busy = str(error)
    outcome = recorder.finish()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.remove_signal_handler(number)
    if busy:
        _forget(folder)
        raise end(busy, Exit.USAGE)
    if trouble := outcome.trouble or "; ".join(serving.faults):
        raise end(f"the proxy failed: {trouble}", Exit.SUITE_FAILED)
    return outcome.unaccepted


def _forget(folder: Path) -> None:
    """Remove a recording in which there is nothing."""
    (folder / "exchanges.har").unlink()
    folder.rmdir()


def _announcement(api: Api, aim: str, port: int) -> str:
    path = aim.partition("://")[2].partition("/")[2]
    here = f"http://127.0.0.1:{port}/{path}".rstrip("/")
    return f"{api.id} at {aim}: point the client's base URL to {here}; Ctrl-C ends it and reports"


@dataclass(frozen=True)
class Found:
    """What the proxy found: the report on the target, the client's own faults, and all exchanges."""

    report: Report
    faults: tuple[ClientFault, ...]
    exchanges: tuple[Exchange, ...]


def _judged(api: Api, aim: str, folder: Path, unaccepted: frozenset[str], seconds: float, *, strict: bool) -> Found:
    """Judge all that was recorded together.

    Raises:
        Ended: the recording cannot be read.
    """
    try:
        exchanges = read(folder / "exchanges.har")
    except HarError as error:
        raise end(str(error), Exit.SUITE_FAILED) from error
    accepted = [exchange for exchange in exchanges if exchange.id not in unaccepted]
    report = replace(
        judge_recorded(api, accepted, base_url=aim, strict=strict),
        spent=Spent(len(exchanges), 0, round(seconds, 3)),
        trouble=_trouble(exchanges),
    )
    return Found(report, tuple(client_faults(api, exchanges, aim, unaccepted)), exchanges)


def _client_lines(found: Found) -> Iterator[str]:
    if found.faults:
        count = len({fault.finding.exchange for fault in found.faults})
        requests = f"{count} of {len(found.exchanges)} requests"
        yield f"CLIENT  {requests} not as documented, or with an unknown credential: no fault of the target's"
    for fault, times in told_apart(found.faults):
        yield f"  {shown_fault(fault, times)}"


def _trouble(exchanges: tuple[Exchange, ...]) -> str:
    """Return why nothing could be judged, where no request got an answer."""
    if not exchanges or any(exchange.response for exchange in exchanges):
        return ""
    return f"no request got an answer: {exchanges[-1].detail or exchanges[-1].ending}"


def report_text(found: Found, api: Api) -> str:
    """Return the JSON report with the client's own faults as `client`."""
    companions = {companion.header: companion.env for companion in api.profile.companions}
    requests = {exchange.id: exchange.request for exchange in found.exchanges}
    document = json_report.document([found.report]) | {
        "client": [
            _client(fault, curl(requests[fault.finding.exchange], api.profile.key_env, companions))
            for fault in found.faults
        ]
    }
    written = json.dumps(document, ensure_ascii=False, indent=2)
    # Half a surrogate pair has no UTF-8; what `backslashreplace` writes for it is its JSON escape.
    return written.encode(errors="backslashreplace").decode() + "\n"


def _client(fault: ClientFault, line: str) -> dict[str, Any]:
    finding = fault.finding
    return {
        "operation": fault.operation or None,
        "message": finding.message,
        "expected": finding.expected or None,
        "actual": finding.actual or None,
        "where": finding.where or None,
        "exchange": finding.exchange,
        "status": fault.status or None,
        "curl": line,
    }
