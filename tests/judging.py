"""A judged run against the bundled server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drawnonce import drawn_once
from playing import collector

from conformance.claims import claimed, scope_called
from conformance.contract.load import load_api
from conformance.generation.effort import Effort
from conformance.reference.deviations.registry import catalogue
from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings, application, base_path
from conformance.run import execute
from conformance.settings import runs
from conformance.transport.collect import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from conformance.exchange.model import Exchange
    from conformance.report import Report

_NOWHERE = "http://127.0.0.1:1"
"""Nothing is ever sent there: a run that is played opens no connection."""


def judged(api: str, *deviations: str) -> Report:
    """Judge one API of a reference server that deviates as named, with every flag and group on.

    The run is played in this process, but for deviations below HTTP, which need a real connection.
    """
    raw = any(catalogue()[name].raw for name in deviations)
    return judged_over_loopback(api, *deviations) if raw else judged_in_process(api, *deviations)


def judged_over_loopback(api: str, *deviations: str) -> Report:
    """Judge one API of a reference server that listens on a port."""
    with ReferenceServer(Settings(apis=(api,), deviations=deviations)) as server:
        return _judged(api, server.url(api), Collector)


def judged_in_process(api: str, *deviations: str) -> Report:
    """Judge one API of the reference application, with no sockets and in virtual time."""
    app = application(Settings(apis=(api,), deviations=deviations))
    return _judged(api, _NOWHERE + base_path(api), collector(app))


def judged_generated(
    api: str, *deviations: str, effort: Effort = Effort.STANDARD, seed: int = 0
) -> tuple[Report, dict[str, Exchange]]:
    """Judge one API of the reference application by generated requests, too; returns the exchanges by id as well."""
    app = application(Settings(apis=(api,), deviations=deviations))
    with drawn_once():
        return _executed(api, _NOWHERE + base_path(api), collector(app), effort, seed)


def _judged(api: str, url: str, collecting: Callable[..., Collector]) -> Report:
    return _executed(api, url, collecting, Effort.SMOKE, 0)[0]


def _executed(
    api: str, url: str, collecting: Callable[..., Collector], effort: Effort, seed: int
) -> tuple[Report, dict[str, Exchange]]:
    known = load_api(api)
    groups = [f"{api}:{operation.optional}" for operation in known.operations if operation.optional]
    with runs([api], target=url, key=DEFAULT_KEY, configure=True, optional=groups, effort=effort, seed=seed) as found:
        return execute(found[0], {row.id for row in known.requirements}, collector=collecting)


def judged_claiming(api: str, offers: Iterable[str], *deviations: str, set_name: str = "") -> Report:
    """Judge one API of the reference application of which capabilities are claimed, scored by a set if one is named."""
    app = application(Settings(apis=(api,), deviations=deviations))
    known = load_api(api)
    groups = [f"{api}:{operation.optional}" for operation in known.operations if operation.optional]
    url = _NOWHERE + base_path(api)
    with runs([api], target=url, key=DEFAULT_KEY, configure=True, optional=groups) as found:
        (run,) = claimed(found, offers, scope_called(set_name) if set_name else None)
        return execute(run, {row.id for row in run.api.requirements}, collector=collector(app))[0]
