"""The command `replay`: sends again what was recorded, and says whether it still breaks what it broke."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.commands.bisect import bisect
from conformance.commands.replayentry import replay_entry
from conformance.commands.trouble import usage
from conformance.pastrecording import past_recording
from conformance.pastrun import past_run
from conformance.replaying import Replay
from conformance.report import Exit, Verdict, worst
from conformance.reporters.console import Console
from conformance.reporters.terminal import render_finding
from conformance.settings import runs
from conformance.transport.budget import Limits
from conformance.transport.resend import listens
from conformance.usage import UsageTrouble, base_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conformance.pastrun import PastRun
    from conformance.replaying import Replayed
    from conformance.run import Run

_SAID = {
    Exit.BROKEN: ("STILL THERE", Verdict.FAIL),
    Exit.INCONCLUSIVE: ("CANNOT TELL", Verdict.UNTESTED),
    Exit.CONFORMANT: ("GONE", Verdict.PASS),
}


def replay(
    *,
    findings: tuple[str, ...],
    report: Path | None,
    har: Path | None,
    entry: str | None,
    api: str | None,
    target: str | None,
    bisected: tuple[str, str] | None,
    api_key: str | None,
    api_key_env: str | None,
    api_key_env_b: str | None,
    headers: tuple[str, ...],
    model: str | None,
    model_b: str | None,
    deviations: tuple[str, ...],
    whole_probe: bool,
    repeat: int,
    timeout: float,
    allow_configure: bool,
) -> Exit:
    """Replay findings of a past run, or an exchange of a recording; returns the exit status."""
    console = Console()
    with usage():
        _fit(findings=findings, report=report, har=har, entry=entry, api=api, repeat=repeat)
        past, name = past_recording(har, api, entry) if har else (past_run(report), "")
        again = partial(
            Replay,
            past,
            cases=past.cases if har else past.named(findings),
            whole_probe=whole_probe,
            names=frozenset({name} - {""}),
        )
        aim = partial(runs, [past.api.id], headers=headers, limits=Limits(timeout=timeout))
        if bisected:
            _fit_two(bisected, target, deviations, api_key_env_b, repeat)
            key_b = (None, api_key_env_b) if api_key_env_b else (api_key, api_key_env)
            with (
                aim(target=bisected[0], key=api_key, key_env=api_key_env, model=model, configure=allow_configure) as a,
                aim(target=bisected[1], key=key_b[0], key_env=key_b[1], model=model_b, configure=allow_configure) as b,
            ):
                return bisect(console, [again(run=a[0]), again(run=b[0])], name)
        with (
            _aimed(past, target, deviations) as (url, key, bundled),
            aim(
                target=url,
                key=key if bundled else api_key,
                key_env=api_key_env,
                model=model,
                configure=allow_configure or bundled,
            ) as found,
        ):
            one = again(run=found[0])
            _announce(console, one, found[0], repeat, deviations, bundled=bundled)
            return (
                replay_entry(console, one, name, bundled=bundled) if har else _replayed(console, one, repeat, bundled)
            )


def _replayed(console: Console, again: Replay, repeat: int, bundled: bool) -> Exit:  # noqa: FBT001
    shown: set[str] = set()
    replayed = again.tried(repeat)
    for each in replayed:
        name = each.case.requirement.id
        _show(console, each, whole=name not in shown, bundled=bundled)
        shown.add(name)
    return worst(each.status for each in replayed)


def _fit(
    *,
    findings: tuple[str, ...],
    report: Path | None,
    har: Path | None,
    entry: str | None,
    api: str | None,
    repeat: int,
) -> None:
    """Check that a finding of a run or an exchange of a recording is named, and not both."""
    if har is None and (entry or api):
        raise UsageTrouble("--entry and --api are of a recording: name it with --har FILE")
    if har is None and not findings:
        raise UsageTrouble("name a FINDING of a run, or an exchange of a recording with --har FILE --entry N")
    if har is not None and (findings or report):
        raise UsageTrouble("--har names an exchange of a recording: leave FINDING and --report out")
    if har is not None and repeat > 1:
        raise UsageTrouble("--repeat is for findings of a run: leave it out with --har")


def _fit_two(
    bisected: tuple[str, str], target: str | None, deviations: tuple[str, ...], key_b: str | None, repeat: int
) -> None:
    """Check what is said of two targets; a key is sent to a second host only where the user says so."""
    if target is not None or deviations or repeat > 1:
        raise UsageTrouble("--bisect names both targets and asks each once: leave --target, --deviate and --repeat out")
    hosts = {urlsplit(base_url(url)).hostname for url in bisected}
    if key_b is None and len(hosts) > 1:
        raise UsageTrouble("A and B are different hosts: name the variable with the key to B with --api-key-env-b")


@contextmanager
def _aimed(past: PastRun, target: str | None, deviations: tuple[str, ...]) -> Iterator[tuple[str, str, bool]]:
    """Yield the URL to send to, the key of the bundled server, and whether it is that one, which runs meanwhile.

    Raises:
        UsageTrouble: the deviations cannot be served.
    """
    from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings

    if deviations and target is not None:
        raise UsageTrouble("--deviate is for the bundled server, --target for another: leave one of them out")
    if target is not None or not (deviations or _was_bundled(past)):
        yield target if target is not None else past.base_url, "", False
        return
    try:
        server = ReferenceServer(Settings(apis=(past.api.id,), deviations=deviations))
    except ValueError as error:
        raise UsageTrouble(str(error)) from error
    with server:
        yield server.url(past.api.id), DEFAULT_KEY, True


def _was_bundled(past: PastRun) -> bool:
    """Tell whether the target was a server of ours on this machine that is gone."""
    from conformance.reference.server import base_path

    parts = urlsplit(past.base_url)
    return parts.hostname == "127.0.0.1" and parts.path == base_path(past.api.id) and not listens(past.base_url)


def _announce(
    console: Console, again: Replay, run: Run, repeat: int, deviations: tuple[str, ...], *, bundled: bool
) -> None:
    requests = len(again.chosen) * repeat
    kind = f" (the bundled server, {', '.join(deviations) or 'which deviates in nothing'})" if bundled else ""
    console.print(
        f"{run.api.id} at {run.target.base_url}{kind}: {requests} request{'' if requests == 1 else 's'} of "
        f"{again.past.folder}",
        soft_wrap=True,
        markup=False,
        highlight=False,
    )


def _show(console: Console, each: Replayed, *, whole: bool, bundled: bool) -> None:
    """Print what became of a finding; `whole` with the requirement, and with a curl line that still has a server."""
    head, verdict = _SAID[each.status]
    untold = f"; not told otherwise: {each.reason}" if each.reason and each.tries else ""
    said = {
        Exit.BROKEN: f"still there: {each.seen} of {each.tries}{untold}",
        Exit.INCONCLUSIVE: f"cannot tell: {each.reason}",
        Exit.CONFORMANT: f"gone: not seen again in {each.tries} {'try' if each.tries == 1 else 'tries'}",
    }[each.status]
    shown = each.finding or replace(each.case.finding, message=f"{each.case.finding.message} (as it was found)")
    finding = replace(shown, curl="" if bundled else shown.curl)
    render_finding(head, verdict, each.case.requirement, finding, said, console, whole=whole)
