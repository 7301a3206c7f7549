"""Reads one exchange of any recording as if a run had recorded it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.contract.load import api_ids, load_api
from conformance.pastrun import Case, PastRun
from conformance.recorded import judge_recorded
from conformance.recordings.choosing import Place
from conformance.recordings.reading import chosen_from
from conformance.usage import UsageTrouble, known_api

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from conformance.contract.model import Api
    from conformance.exchange.model import Exchange

_SHOWN = 5


def past_recording(file: Path, api: str | None, entry: str | None) -> tuple[PastRun, str]:
    """Return a recording as a run, with what is broken in the named exchange, and that exchange's id.

    `entry` is an id or the number of an entry, counted from 1; a recording of one exchange needs none.

    Raises:
        UsageTrouble: the file cannot be read, or none of its exchanges is meant.
    """
    apis = [known_api(api)] if api else [load_api(name) for name in api_ids()]
    chosen = chosen_from((file,), apis)
    name = _named(file, chosen.exchanges, entry)
    base = chosen.base_url or _base(chosen.api, chosen.exchanges)
    report = judge_recorded(chosen.api, chosen.exchanges, base_url=base)
    cases: dict[str, Case] = {}
    for result in report.results:
        for finding in result.findings:
            if finding.exchange == name:
                cases.setdefault(result.requirement.id, Case(result.requirement, finding))
    return PastRun(file, chosen.api, base, tuple(cases.values()), tuple(chosen.exchanges)), name


def _named(file: Path, exchanges: Sequence[Exchange], entry: str | None) -> str:
    """Return the id of the exchange that is meant."""
    ids = [exchange.id for exchange in exchanges]
    if entry is None and len(ids) == 1:
        return ids[0]
    number = int(entry) if entry and entry.isascii() and entry.isdigit() and len(entry) < _SHOWN * 2 else 0
    if found := next((name for name in (entry, f"ex-{number:04d}") if name in ids), None):
        return found
    if number and number <= len(ids) and not any(name.startswith("ex-") for name in ids):
        return ids[number - 1]
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    wanted = f"has no exchange {entry!r}" if entry else "holds several exchanges: name one with --entry"
    raise UsageTrouble(f"{file} {wanted}: there is {', '.join(ids[:_SHOWN]) or 'none'}{more}")


def _base(api: Api, exchanges: Sequence[Exchange]) -> str:
    """Return the base URL of our own recording, which does not say it: that of the first request it is seen in."""
    for exchange in exchanges:
        if found := Place().base(api, exchange.request.method, exchange.request.url):
            return found[0]
    parts = urlsplit(exchanges[0].request.url)
    return f"{parts.scheme}://{parts.netloc}{api.profile.base_path}"
