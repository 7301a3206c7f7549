"""Judges streams over time: whether events come one by one, whether the server outlives a client that leaves."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from conformance.exchange.model import Ending
from conformance.judges.outcome import Kept, Unjudged
from conformance.judges.registry import judge
from conformance.judges.streams import deltas, streamed
from conformance.judges.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract.model import Requirement
    from conformance.judges.evidence import Evidence
    from conformance.judges.outcome import Outcome
    from conformance.judges.reading import Reading

_ENOUGH_EVENTS = 10
_ENOUGH_SECONDS = 0.3
_ENOUGH_TIMES = 3
"""Times a plain answer that a long stream must take, or its length is not what it took its time for."""
_UNKNOWN = 0.25
"""Seconds that a plain answer is taken to need where none was seen."""
_ENOUGH_STREAMS = 2
"""Streams that must come in a lump: one alone may have been held up on our side."""
_LEAST_SPREAD = 0.005
"""Seconds: what arrives closer together than this may have been sent at once."""
_LEAST_SHARE = 0.01
"""Of the whole time."""
_NEXT = 3
"""How many plain requests after a client left are looked at."""


@judge
def stream_incremental(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """The content of a long enough stream arrives spread over time; one stream that does shows it."""
    least = max(_ENOUGH_SECONDS, _ENOUGH_TIMES * _usual(evidence))
    for name in row.operations:
        asked = (r for r in streamed(row, evidence) if r.operation and r.operation.id == name)
        found = [(reading, spread) for reading in asked if (spread := _spread(reading)) is not None]
        spread_out = [reading for reading, spread in found if spread >= _wanted(reading)]
        lumps = [(r, spread) for r, spread in found if spread < _wanted(r) and r.exchange.seconds >= least]
        if spread_out:
            yield from (Kept(reading.exchange.id) for reading in spread_out)
        elif len(lumps) < _ENOUGH_STREAMS:
            yield Unjudged("no timed stream is long enough to tell")
        else:
            reading, spread = lumps[0]
            yield reading.finding(
                f"all content arrives at once, after {reading.exchange.seconds:.2f} s",
                f"first and last content at least {_wanted(reading) * 1000:.0f} ms apart",
                f"{spread * 1000:.1f} ms apart",
                "arrival of the events",
            )


def _wanted(reading: Reading) -> float:
    """Return the seconds that the first and the last content of a stream are apart at least."""
    return max(_LEAST_SPREAD, _LEAST_SHARE * reading.exchange.seconds)


def _usual(evidence: Evidence) -> float:
    """Return the median seconds of a plain whole answer, which is short: what a busy server or network takes anyway."""
    taken = [reading.exchange.seconds for reading in evidence.readings if _is_plain(reading) and reading.succeeded]
    return median(taken) if taken else _UNKNOWN


def _spread(reading: Reading) -> float | None:
    """Return the seconds between first and last content; None where the stream has too little of it, or no times."""
    times = [delta.at for delta in deltas(reading) if delta.adds]
    if not reading.exchange.timed or not reading.whole or len(times) < _ENOUGH_EVENTS:
        return None
    return times[-1] - times[0]


@judge
def stream_disconnect(row: Requirement, evidence: Evidence) -> Iterator[Outcome]:
    """After a client left a stream, the next plain requests are answered."""
    for reading in streamed(row, evidence):
        if reading.exchange.ending is not Ending.ABANDONED:
            continue
        left = reading.exchange.started + reading.exchange.seconds
        plain = (r for r in evidence.readings if _is_plain(r) and r.exchange.started >= left)
        later = sorted(plain, key=lambda r: r.exchange.started)[:_NEXT]
        # A leaving client that harms one conversation shows in the request that asks the same again.
        later += [r for r in evidence.readings if _is_plain(r) and _asks_again(r, reading, left) and r not in later]
        failed = next((r for r in later if not r.answered or (r.status >= 500 and not r.limited)), None)
        if failed:
            actual = f"status {failed.status}: {shown(failed.body.decode(errors='replace'))}"
            yield failed.finding(
                f"after a client left a stream ({reading.exchange.id}) the next request is not answered",
                "an answer",
                actual if failed.answered else f"{failed.exchange.ending}: {failed.exchange.detail}",
                "status",
            )
        elif any(r.succeeded for r in later):
            yield Kept(reading.exchange.id)
        else:
            yield Unjudged("no plain request followed")


def _is_plain(reading: Reading) -> bool:
    if reading.operation is None or reading.operation.kind != "chat" or not reading.proper or reading.asks_stream:
        return False
    return not reading.features


def _asks_again(reading: Reading, left: Reading, since: float) -> bool:
    return reading.exchange.started >= since and reading.word("messages") == left.word("messages")
