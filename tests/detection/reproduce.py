"""Reproduces every finding against deviating servers twice: by its curl line, run by bash, and by a replay.

Prints what could not be shown again, and why; exit status 1 where a curl line and a replay both fail to show a finding.
"""

from __future__ import annotations

import os
import re
import selectors
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.contract.load import load_api
from conformance.exchange.curl import curl
from conformance.exchange.model import Ending, Notice, Piece, Response
from conformance.pastrun import past_run
from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings
from conformance.replaying import Replay, Replayed
from conformance.report import Exit, Verdict
from conformance.reporters import json_report
from conformance.run import execute
from conformance.settings import runs
from conformance.transport.budget import Limits

if TYPE_CHECKING:
    from conformance.exchange.model import Exchange
    from conformance.pastrun import Case

CASES = (
    ("openai", "answer-id-missing"),
    ("openai", "answer-usage-unequal"),
    ("openai", "error-as-page"),
    ("openai", "gzip-body-fails"),
    ("openai", "stream-with-truncated-json"),
    ("openai", "third-answer-repeats-an-id"),
    ("openai", "tool-arguments-parsed"),
    ("openai", "embeddings-zero-in-batches"),
    ("openai", "wire-length-too-large"),
    ("openai", "wire-h2c-offer-hangs"),
    ("openai", "wire-expectation-dropped"),
    ("openai", "stream-left-stays-locked"),
    ("cloud-temple", "half-a-pair-escaped"),
    ("cloud-temple", "stream-buffered"),
    ("cloud-temple", "allow-missing"),
    ("genos", "wire-stream-reset"),
    ("genos", "control-chars-fail"),
    ("neuroflash", "credential-not-needed"),
    ("neuroflash", "wire-folded-header"),
    ("multi-llm", "configuration-without-effect"),
    ("multi-llm", "generate-total-cost-zero"),
    ("multi-llm", "retry-after-differs"),
)
"""One deviation or more for each topic, over all APIs; those named `wire` are below HTTP."""

_SECONDS = 12.0
"""The longest that an answer is waited for."""
_FINAL = 200
"""Statuses below are of interim answers."""
_ENDINGS = {
    0: Ending.COMPLETE,
    1: Ending.MALFORMED,
    6: Ending.REFUSED,
    7: Ending.REFUSED,
    8: Ending.MALFORMED,
    18: Ending.CUT_SHORT,
    28: Ending.TIMED_OUT,
    43: Ending.MALFORMED,
    52: Ending.RESET,
    56: Ending.RESET,
}
"""What curl's exit status says of the end of an exchange."""


@dataclass
class Tally:
    """How many findings there were, and how many each way showed again."""

    findings: int = 0
    by_curl: int = 0
    by_replay: int = 0
    by_neither: int = 0


def ran(line: str, recorded: Exchange, script: Path) -> Exchange:
    """Run a curl line by bash with the key in the environment; returns the exchange as curl shows it.

    The line goes through a script: a megabyte does not fit into the arguments of a program.
    """
    script.write_text(f"set -o pipefail\n{line} --max-time {_SECONDS:g}\n", encoding="utf-8")
    variables = {"LLM_CONFORMANCE_API_KEY": DEFAULT_KEY}
    profiles = (load_api(name).profile for name in ("cloud-temple", "genos", "neuroflash", "multi-llm", "openai"))
    variables |= {companion.env: companion.fallback for profile in profiles for companion in profile.companions}
    started, clock = time.time(), time.monotonic()
    child = subprocess.Popen(
        ["bash", str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=dict(os.environ) | variables,
    )
    assert child.stdout is not None
    came: list[Piece] = []
    with child.stdout as pipe, selectors.DefaultSelector() as ready:
        ready.register(pipe, selectors.EVENT_READ)
        while ready.select() and (data := os.read(pipe.fileno(), 65536)):
            came.append(Piece(time.monotonic() - clock, data))
    ending = _ENDINGS.get(child.wait(), Ending.RESET)
    response, noticed = answer(came)
    if response and ending is Ending.RESET:
        ending = Ending.CUT_SHORT
    seconds = time.monotonic() - clock
    return replace(recorded, response=response, ending=ending, started=started, seconds=seconds, noticed=noticed)


def answer(came: list[Piece]) -> tuple[Response | None, tuple[Notice, ...]]:
    """Read what curl -i wrote: the last head with the pieces after it, and whether a header field is folded."""
    start, whole = 0, b"".join(piece.data for piece in came)
    response, noticed = None, ()
    while whole[start:].startswith(b"HTTP/") and (response is None or response.status < _FINAL):
        head, _, _ = whole[start:].partition(b"\r\n\r\n")
        noticed = (Notice.FOLDED,) if re.search(rb"\r\n[ \t]", head) else ()
        first, *lines = re.sub(rb"\r\n[ \t]+", b" ", head).split(b"\r\n")
        version, _, rest = first.decode("latin-1").partition(" ")
        code, _, reason = rest.partition(" ")
        fields = (line.decode("utf-8", "surrogateescape").partition(":") for line in lines)
        headers = tuple((name, value.strip()) for name, _, value in fields)
        response = Response(int(code), reason, version, headers)
        start += len(head) + 4
    if response is None or response.status < _FINAL:
        return None, ()
    return replace(response, pieces=tuple(after(came, start))), noticed


def after(came: list[Piece], start: int) -> list[Piece]:
    """Return the pieces from a byte on."""
    found, at = [], 0
    for piece in came:
        if rest := piece.data[max(0, start - at) :]:
            found.append(Piece(piece.at, rest))
        at += len(piece.data)
    return found


def reproduced(api: str, deviation: str, tally: Tally) -> None:
    """Judge one deviating server, and show each of its findings again both ways."""
    groups = [f"{api}:{operation.optional}" for operation in load_api(api).operations if operation.optional]
    with ReferenceServer(Settings(apis=(api,), deviations=(deviation,))) as server, tempfile.TemporaryDirectory() as at:
        folder, limits = Path(at), Limits(timeout=_SECONDS)
        target = {"target": server.url(api), "key": DEFAULT_KEY, "configure": True}
        with runs([api], **target, optional=groups, limits=limits) as (run,):
            ids = {row.id for row in run.api.requirements}
            report, _ = execute(run, ids, recording=folder / "exchanges.har")
        (folder / "report.json").write_text(json_report.text([report], [folder]), encoding="utf-8")
        past = past_run(folder)
        loud = {r.requirement.id for r in report.results if r.verdict in {Verdict.FAIL, Verdict.WARN}}
        for case in (case for case in past.cases if case.requirement.id in loud):
            again = Replay(past, run, [case])
            curled = by_curl(again, case, folder / "line.sh")
            (replayed,) = again.tried()
            if replayed.status is not Exit.BROKEN:
                (replayed,) = Replay(past, run, [case], whole_probe=True).tried()
            count(tally, f"{api} {deviation} {case.name}", curled, replayed)


def by_curl(again: Replay, case: Case, script: Path) -> Replayed:
    """Show a finding again by its curl line, or by those of its whole probe in turn where it takes what came before."""
    companions = {companion.header: companion.env for companion in again.past.api.profile.companions}
    alone = [exchange for exchange in again.past.exchanges if exchange.id == case.finding.exchange]
    probe = case.finding.exchange.rpartition(".")[0]
    whole = [exchange for exchange in again.past.exchanges if exchange.id.rpartition(".")[0] == probe]
    found = Replayed(case)
    for exchanges in (alone, whole):
        lines = {exchange.id: curl(exchange.request, again.run.key_env, companions) for exchange in exchanges}
        lines[case.finding.exchange] = case.finding.curl
        fresh = {exchange.id: again.redacted(ran(lines[exchange.id], exchange, script)) for exchange in exchanges}
        found = Replayed(case)
        again.judge([found], fresh, {})
        if found.status is Exit.BROKEN:
            break
    return found


def count(tally: Tally, name: str, curled: Replayed, replayed: Replayed) -> None:
    """Count a finding, and say what did not show it again."""
    by_curl, by_replay = curled.status is Exit.BROKEN, replayed.status is Exit.BROKEN
    tally.findings += 1
    tally.by_curl += by_curl
    tally.by_replay += by_replay
    tally.by_neither += not (by_curl or by_replay)
    for way, found in (("curl", curled), ("replay", replayed)):
        if found.status is not Exit.BROKEN:
            sys.stdout.write(f"{name}: not by {way}: {found.reason or 'not seen again'}\n")
    sys.stdout.flush()


def main() -> int:
    """Reproduce everything, print the numbers, return the exit status."""
    tally = Tally()
    wanted = sys.argv[1:]
    chosen = [case for case in CASES if not wanted or case[1] in wanted]
    for api, deviation in chosen:
        reproduced(api, deviation, tally)
    sys.stdout.write(
        f"{len(chosen)} deviations, {tally.findings} findings: {tally.by_curl} shown again by curl, "
        f"{tally.by_replay} by replay, {tally.by_neither} by neither\n"
    )
    return 1 if tally.by_neither else 0


if __name__ == "__main__":
    sys.exit(main())
