"""Reads recordings from files and folders onto a shelf."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from conformance.contract.load import api_ids, load_api
from conformance.exchange.har import HarError, read
from conformance.reference.playback.asked import recorded
from conformance.reference.playback.script import playable
from conformance.reference.playback.shelf import Recording, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


def shelf(places: Iterable[Path], base_path: str | None = None) -> Shelf:
    """Return the recordings of files, and of all `.har` files below folders, in their order.

    A base path stands in place of the one that most of the recordings have.

    Raises:
        HarError: a file is no HAR, or there is nothing to play.
    """
    found: list[Recording] = []
    named = list(places)
    for file in [file for place in named for file in _files(place)]:
        exchanges = sorted(filter(playable, read(file)), key=lambda exchange: exchange.started)
        found += [Recording(recorded(exchange), exchange, file.name) for exchange in exchanges]
    if not found:
        raise HarError(f"{', '.join(map(str, named))}: there is no exchange in it that can be played")
    return Shelf(found if base_path is None else _moved(found, base_path))


def base_paths(recordings: Iterable[Recording]) -> dict[str, int]:
    """Return the base paths of recordings of documented operations, with how many have each, most first.

    One path can be read in several ways, since one API has `/v1` in its operations and another before them. What makes
    sense of the most recordings is taken, of equals what ends as the documents say.
    """
    documented = tuple(load_api(api).profile.base_path for api in api_ids())
    left = [bases for each in recordings if (bases := _bases(each))]
    found: dict[str, int] = {}
    while left:
        votes = Counter(base for bases in left for base in bases)
        best = max(votes, key=lambda base: (votes[base], base.endswith(documented), -len(base)))
        found[best] = votes[best]
        left = [bases for bases in left if best not in bases]
    return found


def _files(place: Path) -> Sequence[Path]:
    return sorted(place.rglob("*.har")) if place.is_dir() else [place]


def _bases(recording: Recording) -> frozenset[str]:
    """Return what may stand before the path of a documented operation."""
    wanted, path = recording.asked.method, recording.asked.path
    apis = [load_api(api) for api in api_ids()]
    starts = [at for at, character in enumerate(path) if character == "/"]
    return frozenset(path[:at] for at in starts if any(api.recognise(wanted, path[at:]) for api in apis))


def _moved(recordings: list[Recording], base_path: str) -> list[Recording]:
    """Return the recordings with another base path in place of the one that most of them have; the others stay."""
    old = next(iter(base_paths(recordings)), "")
    new = quote(f"/{base_path.strip('/')}".rstrip("/"), safe="/%")

    def moved(path: str) -> str:
        return (new + path[len(old) :] or "/") if path == old or path.startswith(f"{old}/") else path

    return [replace(each, asked=replace(each.asked, path=moved(each.asked.path))) for each in recordings]
