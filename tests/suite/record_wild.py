"""Records anew what `fixtures/wild/expected.toml` lists: `PYTHONPATH=tests python tests/suite/record_wild.py`.

Runs are played in process, in virtual time, by a clock and with ids that are the same each time, so that a recording
that is made anew differs only where the suite or the reference server does.
"""

from __future__ import annotations

import re
import sys
import time
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email.utils import formatdate
from itertools import count
from typing import TYPE_CHECKING
from unittest import mock

from playing import collector

from conformance.contract.load import data, load_api
from conformance.exchange.har import write
from conformance.judges.verdicts import judge_all
from conformance.reference.server import DEFAULT_KEY, Settings, application, base_path
from conformance.report import Verdict
from conformance.run import execute
from conformance.settings import runs
from conformance.transport.budget import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from conformance.contract.model import Api
    from conformance.exchange.model import Exchange
    from conformance.report import Report

WILD = data("fixtures") / "wild"
BROKEN = {Verdict.FAIL, Verdict.WARN}
_BEGUN = 1_767_261_600.0
"""Unix time at which every recorded run begins: 2026-01-01T10:00:00Z."""
_ONE_AT_A_TIME = Limits(concurrency=1)
_COUNTED = re.compile(rb"(0{8}-?0{4}-?4000-?8000-?)([0-9a-f]{12})")
"""A counted UUID."""
_PLAYED, _SHOWN = "http://127.0.0.1:1", "http://127.0.0.1:8000"
"""Where a played run seems to go, and the usual port of the server, which stands in the recording."""


@dataclass(frozen=True)
class Case:
    """A recording: the bug class, what it was made with, all that it breaks, and where the target is if that tells."""

    slug: str
    api: str
    deviation: str
    breaks: tuple[str, ...]
    target: str


def cases() -> list[Case]:
    """Return the recordings that there are to be, in the order of the file."""
    listed = tomllib.loads((WILD / "expected.toml").read_text(encoding="utf-8"))
    return [
        Case(slug, facts["api"], facts["deviation"], tuple(facts["breaks"]), facts.get("target", ""))
        for slug, facts in listed.items()
    ]


def recorded(case: Case) -> list[Exchange]:
    """Return the fewest exchanges that show what a case breaks, and nothing that its deviation does not name."""
    api = load_api(case.api)
    report, played = _played(api, case)
    exchanges = [_shown(exchange) for exchange in played]
    telling = {f.exchange for r in report.results if r.requirement.id in case.breaks for f in r.findings}
    probes = {name.partition(".")[0] for name in telling}
    of_probes = [exchange for exchange in exchanges if exchange.id.partition(".")[0] in probes]

    def shows(some: Sequence[Exchange]) -> bool:
        return _shows(api, case, some)

    fewest = _settled(_fewest(of_probes if shows(of_probes) else exchanges, shows))
    if not shows(fewest):
        raise ValueError("with times and ids settled it is not shown")
    return fewest


def _played(api: Api, case: Case) -> tuple[Report, list[Exchange]]:
    """Return the report of a whole run, and what it sent and got."""
    with _the_same_each_time():
        app = application(Settings(apis=(case.api,), deviations=(case.deviation,)))
        with runs(
            [case.api], target=_PLAYED + base_path(case.api), key=DEFAULT_KEY, configure=True, limits=_ONE_AT_A_TIME
        ) as found:
            report, exchanges = execute(found[0], {row.id for row in api.requirements}, collector=collector(app))
    return report, list(exchanges.values())


@contextmanager
def _the_same_each_time() -> Iterator[None]:
    """Let ids be counted, and the clock stand still."""
    numbers = count(1)

    with (
        mock.patch("os.urandom", lambda size: next(numbers).to_bytes(size, "big")),
        mock.patch.object(time, "time", return_value=_BEGUN),
    ):
        yield


def _shows(api: Api, case: Case, exchanges: Sequence[Exchange]) -> bool:
    def broken(selected: Sequence[str] | None = None) -> set[str]:
        results = judge_all(api, exchanges, base_url=case.target, selected=selected)
        return {result.requirement.id for result in results if result.verdict in BROKEN}

    wanted = set(case.breaks)
    return broken(case.breaks) == wanted and broken() == wanted  # the second takes its time


def _fewest(exchanges: list[Exchange], shows: Callable[[list[Exchange]], bool]) -> list[Exchange]:
    """Leave out as many exchanges as can be left out (delta debugging: ever smaller parts)."""
    if not shows(exchanges):
        raise ValueError("what the run recorded does not show it")
    size = len(exchanges)
    while size:
        size = (size + 1) // 2 if size > 1 else 0
        at = 0
        while size and at < len(exchanges):
            rest = exchanges[:at] + exchanges[at + size :]
            if shows(rest):
                exchanges = rest
            else:
                at += size
    return exchanges


def _shown(exchange: Exchange) -> Exchange:
    """Return the exchange as if the server had been at its usual port."""
    request = exchange.request
    return replace(exchange, request=replace(request, url=request.url.replace(_PLAYED, _SHOWN, 1)))


def _settled(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Return the exchanges a second apart, their ids counted from 1, so that what was left out does not tell."""
    known: dict[bytes, int] = {}

    def counted(data: bytes) -> bytes:
        return _COUNTED.sub(lambda found: found[1] + b"%012x" % known.setdefault(found[2], len(known) + 1), data)

    def settled(exchange: Exchange, started: float) -> Exchange:
        response = exchange.response
        assert response is not None  # every case has answers
        fields = (
            (name, formatdate(started, usegmt=True) if name == "date" else counted(value.encode()).decode())
            for name, value in response.headers
        )
        pieces = tuple(replace(piece, data=counted(piece.data)) for piece in response.pieces)
        body = counted(exchange.request.body)
        return replace(
            exchange,
            started=started,
            request=replace(exchange.request, body=body),
            response=replace(response, headers=tuple(fields), pieces=pieces),
        )

    return [settled(exchange, _BEGUN + number) for number, exchange in enumerate(exchanges)]


def main(words: Sequence[str], folder: Path = WILD) -> int:
    """Record the cases that are named, all if none is; returns 1 if one of them cannot be shown."""
    failed = 0
    for case in cases():
        if words and case.slug not in words:
            continue
        try:
            exchanges = recorded(case)
        except ValueError as trouble:
            sys.stderr.write(f"{case.slug}: {trouble}\n")
            failed = 1
            continue
        write(folder / f"{case.slug}.har", exchanges)
        sys.stdout.write(f"{case.slug}: {len(exchanges)} exchanges\n")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
