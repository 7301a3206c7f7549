"""Draws the generated requests of a certificate again, and looks for them among its exchanges."""

from __future__ import annotations

import platform
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from conformance.certification.archive import BundleTrouble
from conformance.certification.suitefiles import suite_digest
from conformance.exchange.model import FILTERED
from conformance.generation.effort import Effort
from conformance.probes.discovery import discover
from conformance.probes.target import Target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conformance.contract.model import Api
    from conformance.exchange.model import Exchange
    from conformance.generation.cases import Case, Corpus
    from conformance.probes.call import Call
    from conformance.storedreport import Stored

_SENT_AGAIN = frozenset({429, 503})
"""Statuses after which the same request is sent again."""


def redrawn(api: Api, manifest: Mapping[str, Any], stored: Stored, exchanges: Sequence[Exchange]) -> str:
    """Check that what was drawn is what this suite draws of the same seed, and that it was sent; says so in words.

    Raises:
        BundleTrouble: something else was sent, or something that is said to be sent is missing.
    """
    if not manifest["corpus"]:
        return "nothing was drawn"
    if why := _elsewhere(manifest["suite"]):
        return f"what was drawn was not drawn again: {why}"
    from conformance.generation.corpus import corpus  # Schemathesis takes a while to load

    plain = Target(api, stored.target, "", configure=manifest["configure"], optional=frozenset(manifest["optional"]))
    drawn = corpus(plain, Effort(stored.effort), stored.seed)
    if drawn.digest != manifest["corpus"]:
        raise BundleTrouble(f"its seed {stored.seed} draws other requests than it says")
    target = _discovered(replace(plain, model=manifest["named"] or ""), exchanges)
    sent = {exchange.id: exchange for exchange in exchanges}
    found = [case for case in drawn.cases if _was_sent(case, target, sent)]
    _check_counts(drawn, {case.name for case in found}, stored)
    return f"{len(found)} of {len(drawn.cases)} generated cases are there, drawn again of seed {stored.seed}"


def _elsewhere(suite: Mapping[str, str]) -> str:
    """Return why this machine may draw otherwise than the one that made a certificate; empty where it cannot."""
    if suite["digest"] != suite_digest():
        return f"suite {suite['version']} of another build drew it"
    generators = ", ".join(f"{name} {version(name)}" for name in ("hypothesis", "schemathesis"))
    if suite["generators"] != generators:
        return f"{suite['generators']} drew it, here is {generators}"
    if suite["python"].split(".")[:2] != list(platform.python_version_tuple()[:2]):
        return f"Python {suite['python']} drew it, here is {platform.python_version()}"
    return ""


def _discovered(target: Target, exchanges: Sequence[Exchange]) -> Target:
    """Return the target as the run found it, by what the discovery was answered."""
    named = {exchange.id.rpartition(".")[2]: exchange for exchange in exchanges if _is_discovery(exchange)}
    answers = [named[number] for number in sorted(named, key=int)]
    discovery = discover(target)
    try:
        next(discovery)
        for place, answer in enumerate(answers):
            following = answers[place + 1] if place + 1 < len(answers) else None
            again = following and following.request == answer.request
            if not (again and answer.status in _SENT_AGAIN):
                discovery.send(answer)
    except StopIteration as end:
        found: Target = end.value
        return found
    return target


def _is_discovery(exchange: Exchange) -> bool:
    probe, _, number = exchange.id.rpartition(".")
    return probe == "discovery" and number.isascii() and number.isdigit()


def _was_sent(case: Case, target: Target, sent: Mapping[str, Exchange]) -> bool:
    """Tell whether a case has an exchange; the request of one that has a single one must be the drawn one."""
    exchange = sent.get(f"{case.name}.1")
    if exchange is not None and case.draft is not None:
        call = next(case.start(target))
        if not _is_same(call, exchange):
            raise BundleTrouble(f"its exchange {exchange.id} holds another request than its seed draws")
    return exchange is not None


def _is_same(call: Call, exchange: Exchange) -> bool:
    request = exchange.request
    hidden = FILTERED in request.url or FILTERED.encode() in request.body
    return hidden or (call.method, call.url, call.body) == (request.method, request.url, request.body)


def _check_counts(drawn: Corpus, found: set[str], stored: Stored) -> None:
    """Check that each part of the run has as many cases as its report says.

    Raises:
        BundleTrouble: one has not.
    """
    said = {(part["operation"], part["kind"]): part for part in stored.document["generated"]["parts"]}
    for part in {case.part for case in drawn.cases} | said.keys():
        names = [case.name for case in drawn.cases if case.part == part]
        told = said.get(part, {"cases": 0, "sent": 0})
        if told["cases"] != len(names) or told["sent"] > sum(name in found for name in names):
            raise BundleTrouble(f"its exchanges lack generated requests of {' '.join(part)} that it says were sent")
