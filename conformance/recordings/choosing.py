"""Chooses what of a recording is judged: by which API, below which base URL."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.exchange.model import Unseen
from conformance.recordings.items import Skip, Skipped
from conformance.usage import UsageTrouble

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from conformance.contract.model import Api, Operation
    from conformance.exchange.model import Exchange
    from conformance.recordings.items import Item, Recorded

MOST = 10_000
"""Exchanges that are judged at once; each takes some thirty kilobytes."""

_PATHS_SHOWN = 5
_OWN = ""
"""Stands for the base URL of our own recordings, which need none."""


@dataclass(frozen=True)
class Place:
    """Where the API may be: `target` is a base URL, `path` its path on whichever host; empty where it is not known."""

    target: str = ""
    path: str = ""

    def base(self, api: Api, method: str, url: str) -> tuple[str, Operation] | None:
        """Return the base URL below which a request is of an operation of the API, with that operation."""
        try:
            parts = urlsplit(url)
            origin = f"{parts.scheme}://{parts.netloc}".lower()
        except ValueError:
            return None
        for at in self._cuts(origin, parts.path):
            if found := api.recognise(method, parts.path[at:]):
                return f"{origin}{parts.path[:at]}".rstrip("/"), found[0]
        return None

    def _cuts(self, origin: str, path: str) -> list[int]:
        """Return where the path below the base URL may begin."""
        if not self.target and not self.path:
            return [at for at, character in enumerate(path) if character == "/"]
        known = urlsplit(self.target)
        if self.target and f"{known.scheme}://{known.netloc}".lower() != origin:
            return []
        base = (known.path if self.target else self.path).rstrip("/")
        return [len(base)] if path.startswith(f"{base}/") else []


@dataclass
class Chosen:
    """What is judged by which API below which base URL (empty: by the ends of the paths), and what is not."""

    api: Api
    base_url: str
    exchanges: list[Exchange]
    skipped: Counter[Skip]
    advice: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """One line that says how many entries are judged, and why the others are not."""
        left_out = sum(self.skipped.values())
        line = f"judged {len(self.exchanges)} of {len(self.exchanges) + left_out} entries as {self.api.id}"
        why = ", ".join(f"{count} {reason}" for reason, count in self.skipped.most_common())
        return f"{line}; {left_out} skipped: {why}" if left_out else line


class Choice:
    """Takes the entries of recordings as they are read, and chooses when all were."""

    def __init__(self, apis: Sequence[Api], place: Place) -> None:
        self._apis, self._place = apis, place
        self._recorded: list[Recorded] = []
        self._skipped: Counter[Skip] = Counter()
        self._paths: Counter[str] = Counter()
        self._advice: list[str] = []
        self._known: set[int] = set()

    def unwanted(self, method: str, url: str) -> Skip | None:
        """Return why an entry cannot be judged, None where it may be of one of the APIs."""
        if not any(self._place.base(api, method, url) for api in self._apis):
            return Skip.ELSEWHERE
        return Skip.SURPLUS if len(self._recorded) >= MOST else None

    def take(self, items: Iterable[Item]) -> None:
        """Take entries."""
        for item in items:
            if isinstance(item, Skipped):
                self._skip(item)
            elif not item.own and self._is_known(item.exchange):
                self._skipped[Skip.REPEATED] += 1
            elif len(self._recorded) >= MOST:
                self._skipped[Skip.SURPLUS] += 1
            else:
                self._recorded.append(item)

    def _skip(self, item: Skipped) -> None:
        self._skipped[item.reason] += 1
        self._advice += [item.advice] if item.advice else []
        if item.path and len(self._paths) < 10_000:
            self._paths[item.path.partition("?")[0]] += 1

    def _is_known(self, exchange: Exchange) -> bool:
        """Tell whether it is in another file as well: exported twice."""
        said = hash((exchange.started, exchange.seconds, exchange.request, exchange.response))
        known = said in self._known
        self._known.add(said)
        return known

    def chosen(self) -> Chosen:
        """Choose the API and its base URL.

        Raises:
            UsageTrouble: nothing is recognised, or more than one API or base URL may be meant.
        """
        if len(self._apis) == 1 and not self._recorded and not self._skipped:
            return Chosen(self._apis[0], self._place.target, [], self._skipped)  # a run that was killed at once
        found = [(api, bases) for api in self._apis if (bases := self._bases(api))]
        sure = [(api, bases) for api, bases in found if any(map(_is_sure, bases.values()))] or found
        documented = [(api, bases) for api, bases in sure if api.profile.base_url.lower() in bases] or sure
        if not documented:
            raise UsageTrouble(self._nothing())
        if len(documented) > 1:
            ids = ", ".join(api.id for api, _ in documented)
            raise UsageTrouble(f"the requests may be of {ids}: say which with --api")
        api, bases = documented[0]
        return self._below(api, bases, _one_base(api, bases))

    def _bases(self, api: Api) -> dict[str, list[tuple[Recorded, Operation]]]:
        """Return the recognised entries of other programs by their base URL, ours under the name of none."""
        bases: dict[str, list[tuple[Recorded, Operation]]] = defaultdict(list)
        for each in self._recorded:
            request = each.exchange.request
            if found := self._place.base(api, request.method, request.url):
                bases[_OWN if each.own else found[0]].append((each, found[1]))
        return {base: entries for base, entries in bases.items() if base == _OWN or _is_spoken(entries)}

    def _below(self, api: Api, bases: dict[str, list[tuple[Recorded, Operation]]], base: str) -> Chosen:
        meant = {id(each) for name in {base, _OWN} & bases.keys() for each, _ in bases[name]}
        kept = [each for each in self._recorded if each.own or id(each) in meant]
        skipped = self._skipped + Counter({Skip.ELSEWHERE: len(self._recorded) - len(kept)})
        exchanges = _shown([each for each in kept if not each.own], api)
        owned = {id(each): each.exchange for each in kept if each.own}
        ordered = [owned.get(id(each)) or exchanges[id(each)] for each in kept]
        known = self._place.target or ("" if owned else base)
        return Chosen(api, known, ordered, +skipped, self._advice)

    def _nothing(self) -> str:
        seen = Counter(self._paths)
        for each in self._recorded:
            seen[each.exchange.request.url.partition("?")[0]] += 1
        shown = ", ".join(path for path, _ in seen.most_common(_PATHS_SHOWN)) or "no path at all"
        more = f" and {len(seen) - _PATHS_SHOWN} more" if len(seen) > _PATHS_SHOWN else ""
        apis = self._apis[0].id if len(self._apis) == 1 else "any API"
        why = ", ".join(f"{count} {reason}" for reason, count in self._skipped.most_common())
        advice = "" if not self._advice else f"; {self._advice[0]}"
        hint = "--base-path says where the API begins, --api which it is"
        return f"nothing is recognised as of {apis}: seen {shown}{more} ({why or 'no entry'}); {hint}{advice}"


def _is_spoken(entries: list[tuple[Recorded, Operation]]) -> bool:
    """Tell whether a base is the API's, rather than a site with a page of the same name."""
    return any(
        operation.has_body or (each.exchange.response and each.exchange.response.media_type.endswith("json"))
        for each, operation in entries
    )


def _is_sure(entries: list[tuple[Recorded, Operation]]) -> bool:
    return any(operation.has_body for _, operation in entries)


def _one_base(api: Api, bases: dict[str, list[tuple[Recorded, Operation]]]) -> str:
    """Return the base URL of the entries of other programs; ours alone need none.

    Raises:
        UsageTrouble: several may be meant.
    """
    foreign = {base: entries for base, entries in bases.items() if base != _OWN}
    sure = {base: entries for base, entries in foreign.items() if _is_sure(entries)} or foreign
    if len(sure) > 1:
        counts = ", ".join(f"{base} ({len(entries)})" for base, entries in sorted(sure.items()))
        raise UsageTrouble(f"{api.id} is recognised below several base URLs: {counts}; say which with --target")
    return next(iter(sure), _OWN)


def _shown(recorded: list[Recorded], api: Api) -> dict[int, Exchange]:
    """Return the exchanges of other programs; header fields are believed absent where their file shows them at all."""
    shown: dict[str, set[str]] = defaultdict(set)
    for each in recorded:
        shown[each.file].update(name.lower() for name, _ in each.exchange.request.headers)
    ways = {way.header.lower() for way in api.profile.credentials}
    beside = {companion.header.lower() for companion in api.profile.companions}
    usual = ways & {"authorization"} or ways  # what exporters take out first
    told = {file for file, names in shown.items() if file and usual & names and beside <= names}
    return {id(each): _believed(each) if each.file in told else each.exchange for each in recorded}


def _believed(each: Recorded) -> Exchange:
    return replace(each.exchange, unseen=each.exchange.unseen - {Unseen.REQUEST_HEAD})
