"""A judged run against the bundled server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.run import execute
from conformance.settings import runs

if TYPE_CHECKING:
    from conformance.report import Report
    from conformance.run import Run


def judged(api: str, *deviations: str) -> Report:
    """Judge one API of a reference server that deviates as named, with every flag and group on."""
    from conformance.contract.load import load_api
    from conformance.reference.server import DEFAULT_KEY, ReferenceServer, Settings

    known = load_api(api)
    groups = [f"{api}:{operation.optional}" for operation in known.operations if operation.optional]
    with (
        ReferenceServer(Settings(apis=(api,), deviations=deviations)) as server,
        runs([api], target=server.url(api), key=DEFAULT_KEY, configure=True, optional=groups) as found,
    ):
        run: Run = found[0]
        report, _ = execute(run, {row.id for row in known.requirements})
    return report
