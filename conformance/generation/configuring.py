"""Generated changes of the deployment, of a model that nothing else depends on, undone at the end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.contract import requestfields
from conformance.generation.draft import MODEL, Draft, addressed
from conformance.probes.configuration import spare

if TYPE_CHECKING:
    from conformance.contract.model import Operation
    from conformance.probes.call import Calls
    from conformance.probes.target import Target


def configure(target: Target, operation: Operation, drafts: tuple[Draft, ...]) -> Calls:
    """Send each configuration, then the documented one; nothing where no model can be spared."""
    name = spare(target)
    named = any(value == MODEL for draft in drafts for _, value in draft.path)
    if named and name == target.model:
        return
    for draft in drafts:
        path = tuple((key, name) for key, _ in draft.path)
        yield addressed(replace(draft, path=path), target)
    documented = requestfields.example(target.api, operation, "documented")
    path = tuple((key, name) for key, _ in drafts[0].path) if drafts else ()
    yield addressed(Draft(operation.id, "as documented", documented, path), target)
