"""Puts the reports of a run's shards together again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from conformance.contract.digest import specification_digest
from conformance.contract.model import Level
from conformance.contract.sets import newest
from conformance.report import Drawing, Generated, Report, Result, Spent, Verdict
from conformance.scored import Offer
from conformance.scoring import score
from conformance.usage import UsageTrouble, known_api

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from conformance.contract.model import Api, Requirement
    from conformance.report import Finding
    from conformance.storedreport import Stored

_WEAK = (Verdict.WARN, Verdict.NOTE)
_PARTS = (Verdict.ERROR, Verdict.FAIL, Verdict.UNTESTED, Verdict.WARN, Verdict.PASS)
"""The verdicts on generated parts, the gravest first."""


@dataclass(frozen=True)
class Merged:
    """The report of a whole run; `replays` are the lines that show its findings again, by requirement and finding."""

    report: Report
    replays: Mapping[tuple[str, Finding], str]


def merged(stored: Iterable[Stored]) -> list[Merged]:
    """Return one report an API, made of those of all shards of its run.

    Raises:
        UsageTrouble: they are not all the shards of one run each, or another suite made them.
    """
    by_api: dict[str, list[Stored]] = {}
    for each in stored:
        by_api.setdefault(each.api, []).append(each)
    return [_whole(_complete(api, shards)) for api, shards in by_api.items()]


def _complete(api: str, stored: Sequence[Stored]) -> list[Stored]:
    """Return the shards of one run in their order.

    Raises:
        UsageTrouble: they are not, or not all.
    """
    known_api(api)
    shards = [each.document.get("shard") for each in stored]
    if not all(shards):
        raise UsageTrouble(f"a report of {api} is of no shard: it is the report of a whole run")
    if len({(shard["run"], shard["of"]) for shard in shards if shard}) > 1:
        raise UsageTrouble(
            f"the reports of {api} are of several runs: API, target, specification, suite, seed, effort or flags differ"
        )
    first = stored[0]
    if first.suite_version != version("llm-conformance") or first.specification != specification_digest(api):
        raise UsageTrouble(
            f"the reports of {api} are of another llm-conformance ({first.suite_version}): merge with it"
        )
    counts = Counter(shard["index"] for shard in shards if shard)
    of = max(shard["of"] for shard in shards if shard)
    if doubled := [index for index, times in sorted(counts.items()) if times > 1]:
        raise UsageTrouble(f"shard {doubled[0]}/{of} of {api} is given more than once")
    if missing := [str(index) for index in range(1, of + 1) if index not in counts]:
        raise UsageTrouble(f"not all of the {of} shards of {api} are given: there is no {', '.join(missing)}")
    if len(counts) > of:
        raise UsageTrouble(f"shard {max(counts)}/{of} of {api} cannot be")
    return sorted(stored, key=lambda each: each.document["shard"]["index"])


def _whole(stored: Sequence[Stored]) -> Merged:
    api, first = known_api(stored[0].api), stored[0].document
    results = _settled(api, _results(api, stored))
    documents = [each.document for each in stored]
    chosen = newest(api.id)
    report = Report(
        api=api.id,
        title=api.profile.title,
        target=first["target"],
        suite_version=first["suite_version"],
        started=min(datetime.fromisoformat(each["started"]).timestamp() for each in documents),
        spent=Spent(
            sum(each["spent"]["requests"] for each in documents),
            sum(each["spent"]["output_tokens"] for each in documents),
            sum(each["spent"]["seconds"] for each in documents),
        ),
        seed=first["seed"],
        results=results,
        strict=first["strict"],
        interrupted=any(each["interrupted"] for each in documents),
        trouble=next((each["trouble"] for each in documents if each["trouble"]), ""),
        lost=tuple(name for each in documents for name in each.get("lost", ())),
        drawing=_drawing([each["generated"] for each in documents]),
        offers=_offers(documents),
        score=score(results, api, chosen) if chosen else None,
        specification=first["specification"] or "",
    )
    return Merged(report, _replays(stored))


def _results(api: Api, stored: Sequence[Stored]) -> list[Result]:
    """Return the result of each requirement by the shard that it belongs to, with what the others found.

    Raises:
        UsageTrouble: a requirement belongs to two shards, or a shard judged one that the API does not have.
    """
    known = {row.id: row for row in api.requirements}
    owned: dict[str, Result] = {}
    shared: dict[str, list[Result]] = {}
    for each in stored:
        for row in each.document["requirements"]:
            if row["id"] not in known:
                raise UsageTrouble(f"{api.id} has no requirement {row['id']!r}")
            name = str(row["id"])
            found = each.requirements[name]
            result = Result(known[name], found.verdict, found.reason, found.findings, row["judged"])
            if name in each.document["shard"]["others"]:
                shared.setdefault(name, []).append(result)
            elif name in owned:
                raise UsageTrouble(f"{api.id}: two shards judged {name}: the reports are not of one run")
            else:
                owned[name] = result
    return [_joined(owned[name], shared.get(name, ())) for name in known if name in owned]


def _joined(own: Result, others: Iterable[Result]) -> Result:
    """Return a result with what other shards found; it has the worst verdict.

    A weaker fault says nothing of what was not judged, as in one run.
    """
    row = own.requirement
    for other in others:
        findings = tuple(dict.fromkeys((*own.findings, *other.findings)))
        whole = any(finding.level is row.level for finding in other.findings) or other.verdict is Verdict.ERROR
        worse = list(Verdict).index(other.verdict) < list(Verdict).index(own.verdict)
        told = own.verdict in {Verdict.UNTESTED, Verdict.NOT_APPLICABLE}
        taken = whole if told else worse
        verdict, reason = (other.verdict, other.reason) if taken else (own.verdict, own.reason)
        own = Result(row, verdict, reason, tuple(sorted(findings, key=_rank)), own.judged + other.judged)
    return own


def _rank(finding: Finding) -> int:
    return (finding.level or Level.MUST).rank


def _settled(api: Api, results: Sequence[Result]) -> tuple[Result, ...]:
    """Return the results where those of requirements that need a broken one are not applicable, as in one run."""
    known = {result.requirement.id: result for result in results}
    done: dict[str, Result] = {}

    def settle(row: Requirement) -> Result:
        if row.id not in done:
            broken = next(
                (name for name in row.needs if name in known and _is_broken(settle(api.requirement(name)))), ""
            )
            own = known[row.id]
            done[row.id] = Result(row, Verdict.NOT_APPLICABLE, f"{broken} is broken") if broken else own
        return done[row.id]

    return tuple(settle(result.requirement) for result in results)


def _is_broken(result: Result) -> bool:
    return result.verdict in {Verdict.FAIL, Verdict.WARN} and bool(result.findings)


def _drawing(drawn: Sequence[Mapping[str, Any]]) -> Drawing:
    by_part: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for part in (part for each in drawn for part in each["parts"]):
        by_part.setdefault((part["operation"], part["kind"]), []).append(part)
    return Drawing(
        effort=drawn[0]["effort"],
        digest=next((each["digest"] for each in drawn if each["digest"]), ""),
        generators=next((each["generators"] for each in drawn if each["generators"]), ""),
        parts=tuple(_part(*name, parts) for name, parts in by_part.items()),
    )


def _part(operation: str, kind: str, parts: Sequence[Mapping[str, Any]]) -> Generated:
    return Generated(
        operation=operation,
        kind=kind,
        cases=sum(part["cases"] for part in parts),
        sent=sum(part["sent"] for part in parts),
        verdict=min((Verdict(part["verdict"]) for part in parts), key=_PARTS.index),
        broken=tuple(sorted({name for part in parts for name in part["broken"]})),
        shrunk=tuple(dict.fromkeys(name for part in parts for name in part["shrunk"])),
        reason=next((part["reason"] for part in parts if part["reason"]), ""),
    )


def _offers(documents: Sequence[Mapping[str, Any]]) -> tuple[Offer, ...]:
    """Return the capabilities: offered where any shard saw it, absent where one saw that and none saw it."""
    found: dict[str, Offer] = {}
    for said in (said for each in documents for said in each.get("capabilities", ())):
        offer = Offer(said["name"], said["statement"], said["declared"], said["offered"], said["reason"] or "")
        before = found.setdefault(offer.name, offer)
        if offer.offered is True or before.offered is None:
            found[offer.name] = replace(offer, declared=offer.declared or before.declared)
    return tuple(found.values())


def _replays(stored: Sequence[Stored]) -> dict[tuple[str, Finding], str]:
    return {
        (row["id"], finding): said["replay"]
        for each in stored
        for row in each.document["requirements"]
        for finding, said in zip(each.requirements[row["id"]].findings, row["findings"], strict=True)
        if said["replay"]
    }
